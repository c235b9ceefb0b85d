"""Field sets: the algebra of sets of paths, checked against Python's own sets."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bouvier.meta.errors import ApiError
from bouvier.meta.patches.fieldset import check_fields, difference, intersection, paths, show_path, union, without_paths

ELEMENTS = st.sampled_from(["f:a", "f:b", 'k:{"name":"x"}'])
PATHS = st.lists(ELEMENTS, min_size=1, max_size=3).map(tuple)
PATH_SETS = st.frozensets(PATHS, max_size=8)


def build(members):
    """Return the field set that has exactly these paths."""
    fields: dict = {}
    for path in members:
        node = fields
        for element in path:
            node = node.setdefault(element, {})
        node["."] = {}
    return _normal(fields)


def _normal(node):
    below = {element: _normal(child) for element, child in node.items() if element != "."}
    return {".": {}, **below} if below and "." in node else below


def members(fields):
    return frozenset(paths(fields))


@given(PATH_SETS)
def test_paths_are_what_the_set_was_built_from(chosen):
    """The wire form keeps exactly the members."""
    check_fields(build(chosen))
    assert members(build(chosen)) == chosen


@given(PATH_SETS, PATH_SETS)
def test_operations_are_those_of_sets(left, right):
    """Union, difference and intersection have the members that they should, in the one canonical form."""
    assert union(build(left), build(right)) == build(left | right)
    assert difference(build(left), build(right)) == build(left - right)
    assert intersection(build(left), build(right)) == build(left & right)


@given(PATH_SETS, PATH_SETS)
def test_removing_paths_removes_what_is_below(left, gone):
    """A removed path takes everything under it along."""
    kept = frozenset(path for path in left if not any(path[: len(top)] == top for top in gone))
    assert without_paths(build(left), build(gone)) == build(kept)


@given(PATH_SETS, PATH_SETS)
def test_sets_without_effect_are_returned_unchanged(left, right):
    """The very same set comes back when nothing changes, so that callers can compare by identity."""
    fields = build(left)
    if right <= left and left:
        assert union(fields, build(right)) is fields
    if not right & left:
        assert difference(fields, build(right)) is fields


def test_paths_are_shown_as_in_messages():
    """A path reads like a field of the object."""
    (path,) = paths({"f:spec": {"f:containers": {'k:{"name":"web"}': {"f:image": {}}}}})
    assert show_path(path) == '.spec.containers[name="web"].image'


@pytest.mark.parametrize(
    "fields",
    [None, [], {"f:a": None}, {"f:a": 1}, {"a": {}}, {".": {"f:a": {}}}, {"f:a": {"k:{": {}}}, {"f:a": {"v:nope": {}}}],
)
def test_malformed_sets_are_bad_requests(fields):
    """What is not a field set is refused with BadRequest."""
    with pytest.raises(ApiError) as raised:
        check_fields(fields)
    assert raised.value.reason == "BadRequest"
