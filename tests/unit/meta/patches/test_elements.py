"""Path elements: how items are named, read and shown."""

import pytest

from bouvier.meta.patches.elements import Several, check_element, items_by_element, namer, show_element
from tests.unit.meta.patches.structures import DictStructure

PORTS = DictStructure({"items": {}, "list_type": "map", "keys": ["port", "protocol"], "defaults": {"protocol": "TCP"}})
VALUES = DictStructure({"items": {}, "list_type": "set"})
NAMES = DictStructure({"items": {}, "list_type": "map", "keys": ["name"]})


def named(item, structure):
    """Return the name of an item."""
    name = namer(structure)
    assert name is not None
    return name(item)


def test_items_are_named_by_their_keys_in_order():
    """Keys are sorted, and a key that is left out counts as its default."""
    assert named({"protocol": "UDP", "port": 53}, PORTS) == 'k:{"port":53,"protocol":"UDP"}'
    assert named({"port": 53}, PORTS) == named({"port": 53, "protocol": "TCP"}, PORTS)
    assert named({"name": 'a "b"'}, NAMES) == r'k:{"name":"a \"b\""}'


def test_values_of_sets_are_named_by_themselves():
    """Text, numbers and truth values differ."""
    assert [named(value, VALUES) for value in ["1", 1, True]] == ['v:"1"', "v:1", "v:true"]


@pytest.mark.parametrize(
    ("item", "structure", "message"),
    [
        ({"protocol": "TCP"}, PORTS, 'omits key field "port"'),
        ("x", PORTS, "not an object"),
        ("x", NAMES, "not an object"),
        ({"name": None}, NAMES, 'omits key field "name"'),
        ({"a": 1}, VALUES, "a set"),
        (None, VALUES, "a set"),
    ],
)
def test_items_without_a_name_are_refused(item, structure, message):
    """The message says what is missing."""
    with pytest.raises(ValueError, match=message):
        named(item, structure)


def test_repeated_items_are_gathered():
    """Items with one name stay together; an item without a name makes the whole list one value."""
    found = items_by_element([{"port": 1}, {"port": 2}, {"port": 1, "protocol": "TCP"}], PORTS)
    assert found is not None
    assert [type(item) for item in found.values()] == [Several, dict]
    assert items_by_element([{"port": 1}, {}], PORTS) is None
    assert items_by_element([1, 2], None) is None


@pytest.mark.parametrize(
    ("element", "shown"),
    [
        ("f:spec", ".spec"),
        ("f:app.kubernetes.io/name", ".app.kubernetes.io/name"),
        ('k:{"containerPort":80,"protocol":"TCP"}', '[containerPort=80,protocol="TCP"]'),
        ('v:"x"', '[="x"]'),
        ("i:3", "[3]"),
    ],
)
def test_elements_are_shown_as_paths(element, shown):
    """Messages show paths as Kubernetes does."""
    check_element(element)
    assert show_element(element) == shown


@pytest.mark.parametrize("element", ["", "x", "f", "k:", "k:{}", "k:[1]", "k:{", "v:", "v:x", "i:", "i:x", "z:1", ".."])
def test_malformed_elements_are_refused(element):
    """What is not a path element is refused."""
    with pytest.raises(ValueError, match="path element"):
        check_element(element)
