"""Field sets made from objects."""

import pytest
from hypothesis import given

from bouvier.meta.errors import ApiError
from bouvier.meta.patches.compare import applied_fields, compare_objects, written_fields
from bouvier.meta.patches.fieldset import check_fields, paths, show_path
from tests.unit.meta.patches.objects import MAP, OBJECTS
from tests.unit.meta.patches.structures import DEPLOYMENT


def shown(fields):
    return {show_path(path) for path in paths(fields)}


DEPLOYED = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {"name": "web", "uid": "1", "labels": {"app": "web"}, "finalizers": ["a"], "managedFields": []},
    "spec": {
        "selector": {"matchLabels": {"app": "web"}},
        "template": {
            "spec": {
                "nodeSelector": {"disk": "ssd"},
                "tolerations": [{"key": "a"}],
                "containers": [{"name": "web", "args": ["x"], "ports": [{"containerPort": 80}], "resources": {}}],
            }
        },
    },
}


def test_creation_writes_leaves_and_what_holds_them():
    """Maps, lists and items count with their contents; atomic ones are one path; identity belongs to nobody."""
    container = '.spec.template.spec.containers[name="web"]'
    port = container + '.ports[containerPort=80,protocol="TCP"]'
    assert shown(written_fields(DEPLOYED, DEPLOYMENT)) == {
        ".metadata.labels", ".metadata.labels.app", ".metadata.finalizers", '.metadata.finalizers[="a"]',
        ".spec", ".spec.selector", ".spec.template", ".spec.template.spec", ".spec.template.spec.nodeSelector",
        ".spec.template.spec.tolerations", ".spec.template.spec.containers", container, container + ".name",
        container + ".args", container + ".resources", container + ".ports", port, port + ".containerPort",
    }  # fmt: skip


def test_a_configuration_claims_leaves_and_items():
    """The objects and lists on the way stay free for other managers."""
    container = '.spec.template.spec.containers[name="web"]'
    port = container + '.ports[containerPort=80,protocol="TCP"]'
    assert shown(applied_fields(DEPLOYED, DEPLOYMENT)) == {
        ".metadata.labels.app", '.metadata.finalizers[="a"]', ".spec.selector", ".spec.template.spec.nodeSelector",
        ".spec.template.spec.tolerations", container, container + ".name", container + ".args",
        container + ".resources", port, port + ".containerPort",
    }  # fmt: skip


def test_without_structure_maps_are_granular_and_lists_atomic():
    """Unknown fields are owned key by key, lists as a whole."""
    obj = {"metadata": {"name": "a"}, "spec": {"a": {"b": 1}, "l": [{"name": "x"}]}}
    assert shown(applied_fields(obj, None)) == {".spec.a.b", ".spec.l"}


@pytest.mark.parametrize(
    ("containers", "message"),
    [
        ([{"image": "x"}], '.spec.template.spec.containers: element 0: associative list with keys has an element that omits key field "name"'),
        ([{"name": "a"}, {"name": "a"}], 'duplicate entries for key [name="a"]'),
        (["a"], "not an object"),
    ],
)  # fmt: skip
def test_configurations_with_nameless_items_are_refused(containers, message):
    """A list item must be identifiable; the message has the path."""
    obj = {"metadata": {}, "spec": {"template": {"spec": {"containers": containers}}}}
    with pytest.raises(ApiError) as raised:
        applied_fields(obj, DEPLOYMENT)
    assert raised.value.reason == "BadRequest"
    assert message in raised.value.message


def test_differences_are_found_by_key():
    """Items are compared with the item of their key, wherever it stands."""

    def spec(*containers):
        return {"metadata": {}, "spec": {"template": {"spec": {"containers": list(containers)}}}}

    old = spec({"name": "a", "image": "1"}, {"name": "b", "image": "1"}, {"name": "c"})
    new = spec({"name": "b", "image": "2"}, {"name": "a", "image": "1"}, {"name": "d"})
    changed, removed = compare_objects(old, new, DEPLOYMENT)
    prefix = ".spec.template.spec.containers"
    assert shown(changed) == {prefix + '[name="b"].image', prefix + '[name="d"]', prefix + '[name="d"].name'}
    assert shown(removed) == {prefix + '[name="c"]'}


def test_reordering_changes_no_field():
    """The order of a list of keys is nobody's."""
    old = {"metadata": {"finalizers": ["a", "b"]}}
    assert compare_objects(old, {"metadata": {"finalizers": ["b", "a"]}}, DEPLOYMENT) == ({}, {})


def test_a_change_of_type_removes_what_was_below():
    """A map that becomes text is changed, and its entries are gone."""
    changed, removed = compare_objects({"metadata": {}, "a": {"b": 1}}, {"metadata": {}, "a": "x"}, None)
    assert (shown(changed), shown(removed)) == ({".a"}, {".a.b"})


def test_repeated_items_are_one_value():
    """Duplicates, which updates may write, are owned together."""

    def env(*items):
        return {"metadata": {}, "spec": {"template": {"spec": {"containers": [{"name": "a", "env": list(items)}]}}}}

    one, two = {"name": "A", "value": "1"}, {"name": "A", "value": "2"}
    path = '.spec.template.spec.containers[name="a"].env[name="A"]'
    assert shown(compare_objects(env(one), env(one, two), DEPLOYMENT)[0]) == {path}
    assert shown(compare_objects(env(one, two), env(two), DEPLOYMENT)[0]) == {path, path + ".name", path + ".value"}


@given(OBJECTS, OBJECTS)
def test_differences_and_only_they_are_reported(old, new):
    """Equal objects differ nowhere; what is reported lies in the new object or was in the old one."""
    changed, removed = compare_objects(old, new, MAP)
    check_fields(changed)
    check_fields(removed)
    assert compare_objects(old, old, MAP) == ({}, {})
    assert shown(changed) <= shown(written_fields(new, MAP))
    assert shown(removed) <= shown(written_fields(old, MAP))
    assert not shown(removed) & shown(written_fields(new, MAP))


@given(OBJECTS)
def test_claims_are_part_of_what_is_written(obj):
    """An applied configuration claims no path that creating it would not write."""
    assert shown(applied_fields(obj, MAP)) <= shown(written_fields(obj, MAP))
