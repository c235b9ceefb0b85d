"""Strategic merge patch: the behaviours that its documentation describes, and its laws."""

import copy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bouvier.meta.errors import ApiError
from bouvier.meta.patches.strategic import strategic_merge_patch
from tests.unit.meta.patches.structures import DEPLOYMENT, DictStructure

WEB = {"name": "web", "image": "web:1", "env": [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}]}
LOG = {"name": "log", "image": "log:1"}


def pod_spec(doc: dict) -> dict:
    return {"spec": {"template": {"spec": doc}}}


def patched(doc: dict, patch: dict) -> dict:
    """Patch the pod template's spec of a Deployment."""
    return strategic_merge_patch(pod_spec(doc), pod_spec(patch), DEPLOYMENT)["spec"]["template"]["spec"]


def refusal(doc: dict, patch: dict) -> str:
    with pytest.raises(ApiError) as raised:
        patched(doc, patch)
    assert raised.value.reason == "BadRequest"
    return raised.value.message


def test_containers_merge_by_name():
    """A patch that names one container changes that one and keeps the others."""
    result = patched({"containers": [WEB, LOG]}, {"containers": [{"name": "log", "image": "log:2"}]})
    assert sorted(result["containers"], key=lambda c: c["name"]) == [{"name": "log", "image": "log:2"}, WEB]


def test_new_items_come_first_unless_an_order_is_set():
    """An added container stands before the live ones, as in the example of Kubernetes' documentation."""
    result = patched({"containers": [WEB, LOG]}, {"containers": [{"name": "new"}]})
    assert [container["name"] for container in result["containers"]] == ["new", "web", "log"]


def test_lists_without_strategy_are_replaced():
    """Tolerations and arguments are replaced as a whole."""
    result = patched({"tolerations": [{"key": "a"}]}, {"tolerations": [{"key": "b"}]})
    assert result == {"tolerations": [{"key": "b"}]}


def test_null_deletes_and_unknown_null_is_dropped():
    """Null removes a field; in a new object nulls do not remain."""
    result = patched({"terminationGracePeriodSeconds": 3}, {"terminationGracePeriodSeconds": None, "x": {"y": None}})
    assert result == {"x": {}}


def test_delete_directive_removes_an_item():
    """`$patch: delete` with a merge key removes that item and no other."""
    result = patched({"containers": [WEB, LOG]}, {"containers": [{"$patch": "delete", "name": "web"}]})
    assert result == {"containers": [LOG]}


def test_delete_directive_in_a_nested_list():
    """Directives work at every depth."""
    env = [{"$patch": "delete", "name": "A"}, {"name": "C", "value": "3"}]
    result = patched({"containers": [WEB]}, {"containers": [{"name": "web", "env": env}]})
    assert result["containers"][0]["env"] == [{"name": "C", "value": "3"}, {"name": "B", "value": "2"}]


def test_replace_directive_in_a_list_replaces_all_items():
    """An item `$patch: replace` makes the rest of the patch the whole list."""
    result = patched({"containers": [WEB, LOG]}, {"containers": [{"$patch": "replace"}, {"name": "new"}]})
    assert result == {"containers": [{"name": "new"}]}
    assert patched({"containers": [WEB]}, {"containers": [{"$patch": "replace"}]}) == {"containers": []}


def test_replaced_items_may_share_their_key():
    """Kubelets write two addresses of one kind this way; they are not merged with each other."""
    twins = [{"name": "new", "image": "a"}, {"name": "new", "command": ["b"]}, LOG]
    assert patched({"containers": [WEB, LOG]}, {"containers": [*twins, {"$patch": "replace"}]}) == {"containers": twins}


def test_directives_on_objects():
    """An object can be replaced, emptied or merged by directive."""
    spec = {"spec": {"replicas": 1, "paused": True}}
    assert strategic_merge_patch(spec, {"spec": {"$patch": "replace", "replicas": 2}}, DEPLOYMENT) == {
        "spec": {"replicas": 2}
    }
    assert strategic_merge_patch(spec, {"spec": {"$patch": "delete"}}, DEPLOYMENT) == {"spec": {}}
    assert (
        strategic_merge_patch(spec, {"spec": {"$patch": "merge", "replicas": 2}}, DEPLOYMENT)["spec"]["paused"] is True
    )
    assert strategic_merge_patch({}, {"spec": {"$patch": "delete"}}, DEPLOYMENT) == {"spec": {}}


def test_merge_directive_on_an_item_is_an_ordinary_merge():
    """`$patch: merge` in an item says what happens anyway."""
    result = patched({"containers": [WEB]}, {"containers": [{"$patch": "merge", "name": "web", "image": "web:2"}]})
    assert result["containers"][0]["image"] == "web:2"
    assert len(result["containers"][0]["env"]) == 2


def test_directives_never_stay_in_the_result():
    """Directives in parts that are new are obeyed too, not stored."""
    result = patched(
        {}, {"containers": [{"name": "a", "env": [{"$patch": "delete", "name": "X"}], "$retainKeys": ["name", "env"]}]}
    )
    assert result == {"containers": [{"name": "a", "env": []}]}


def test_primitive_lists_merge_as_sets():
    """Values are added once; deletion names the values to remove."""
    doc = {"metadata": {"finalizers": ["a", "b"]}}
    added = strategic_merge_patch(doc, {"metadata": {"finalizers": ["b", "c"]}}, DEPLOYMENT)
    assert sorted(added["metadata"]["finalizers"]) == ["a", "b", "c"]
    deletion = {"metadata": {"$deleteFromPrimitiveList/finalizers": ["a", "z"]}}
    assert strategic_merge_patch(doc, deletion, DEPLOYMENT) == {"metadata": {"finalizers": ["b"]}}
    assert strategic_merge_patch({"metadata": {}}, deletion, DEPLOYMENT) == {"metadata": {}}


def test_delete_and_add_primitives_together():
    """One patch can both remove values and add others, in a set order."""
    doc = {"metadata": {"finalizers": ["a", "b", "c"]}}
    patch = {
        "$deleteFromPrimitiveList/finalizers": ["b"],
        "$setElementOrder/finalizers": ["d", "c", "a"],
        "finalizers": ["d"],
    }
    assert strategic_merge_patch(doc, {"metadata": patch}, DEPLOYMENT) == {"metadata": {"finalizers": ["d", "c", "a"]}}


def test_element_order_of_objects():
    """The order directive sorts without changing items; items it does not name keep their place among the others."""
    doc = {"containers": [{"name": "a"}, {"name": "live"}, {"name": "b"}]}
    patch = {"$setElementOrder/containers": [{"name": "b"}, {"name": "a"}]}
    assert [c["name"] for c in patched(doc, patch)["containers"]] == ["live", "b", "a"]
    patch = {
        "$setElementOrder/containers": [{"name": "a"}, {"name": "c"}, {"name": "b"}],
        "containers": [{"name": "c"}],
    }
    assert [c["name"] for c in patched(doc, patch)["containers"]] == ["a", "c", "live", "b"]


def test_element_order_without_a_list_does_nothing():
    """An order for a list that exists nowhere is ignored, and null still deletes."""
    assert patched({}, {"$setElementOrder/containers": [{"name": "a"}]}) == {}
    assert patched({"containers": [WEB]}, {"$setElementOrder/containers": [], "containers": None}) == {}


def test_element_order_of_a_replaced_list():
    """A list that does not merge is replaced; an order for it is redundant."""
    doc = {"tolerations": [{"key": "a"}]}
    assert patched(doc, {"$setElementOrder/tolerations": [], "tolerations": []}) == {"tolerations": []}
    assert patched(doc, {"$setElementOrder/tolerations": []}) == doc


def test_retain_keys_switches_a_union():
    """Changing the kind of a volume removes the fields of the old kind."""
    doc = {"volumes": [{"name": "data", "emptyDir": {"medium": "Memory"}}]}
    volume = {"name": "data", "hostPath": {"path": "/data"}, "$retainKeys": ["name", "hostPath"]}
    assert patched(doc, {"volumes": [volume]}) == {"volumes": [{"name": "data", "hostPath": {"path": "/data"}}]}


def test_retain_keys_on_an_object():
    """Recreate without rollingUpdate, as client-side apply sends it."""
    doc = {"spec": {"strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1}}}}
    patch = {"spec": {"strategy": {"$retainKeys": ["type"], "type": "Recreate"}}}
    assert strategic_merge_patch(doc, patch, DEPLOYMENT) == {"spec": {"strategy": {"type": "Recreate"}}}


def test_replace_strategy_on_an_object():
    """An object whose strategy is replace does not merge."""
    structure = DictStructure({"fields": {"data": {"fields": {}, "strategy": ["replace"]}}})
    assert strategic_merge_patch({"data": {"a": 1}}, {"data": {"b": 2}}, structure) == {"data": {"b": 2}}


def test_unknown_fields_merge_as_json():
    """Without a structure objects merge and lists are replaced."""
    assert strategic_merge_patch({"a": {"b": 1}, "l": [1]}, {"a": {"c": 2}, "l": [2]}, None) == {
        "a": {"b": 1, "c": 2},
        "l": [2],
    }


def test_items_with_the_same_key_are_all_kept_in_place():
    """Where the live list repeats a key, the first item takes the patch and the others stay."""
    doc = {"containers": [{"name": "a", "image": "1"}, {"name": "a", "image": "2"}]}
    result = patched(doc, {"containers": [{"name": "a", "image": "3"}]})
    assert result == {"containers": [{"name": "a", "image": "3"}, {"name": "a", "image": "2"}]}


@pytest.mark.parametrize(
    ("patch", "message"),
    [
        ({"containers": [{"image": "x"}]}, "does not contain declared merge key: name"),
        ({"containers": ["x"]}, "objects and other values"),
        ({"containers": [{"$patch": "delete"}]}, "merge key"),
        (
            {"containers": [{"$patch": "explode", "name": "web"}]},
            "unknown patch type: explode in map: map[$patch:explode",
        ),
        ({"$patch": "explode"}, "unknown patch type: explode in map: map[$patch:explode"),
        ({"$retainKeys": "x"}, "retainKeys"),
        ({"$setElementOrder/containers": 3}, "must be a list"),
        ({"$setElementOrder/containers": [{"name": "a"}], "containers": [{"name": "b"}]}, "does not match"),
        ({"$deleteFromPrimitiveList/tolerations": ["a"]}, "does not merge"),
        ({"containers": [{"name": {"a": 1}}]}, "does not merge lists of lists"),
    ],
)
def test_malformed_patches_are_bad_requests(patch, message):
    """The message names the directive or item that is wrong."""
    assert message in refusal({"containers": [WEB]}, patch)


def test_fields_beside_those_that_stay():
    """A patch cannot set what it says shall not be there."""
    with pytest.raises(ApiError, match="doesn't match retainKeys list") as raised:
        strategic_merge_patch({}, {"$retainKeys": ["a"], "b": 1}, DEPLOYMENT)
    assert raised.value.code == 422


def test_patch_must_be_an_object():
    """A list or text is no strategic merge patch."""
    with pytest.raises(ApiError, match="must be an object"):
        strategic_merge_patch({}, [], DEPLOYMENT)


NAMES = st.sampled_from("abcd")
ITEMS = st.fixed_dictionaries({"name": NAMES}, optional={"image": st.sampled_from(["1", "2"])})
CONTAINERS = st.lists(ITEMS, unique_by=lambda item: item["name"], max_size=4)
SPECS = st.fixed_dictionaries(
    {}, optional={"containers": CONTAINERS, "terminationGracePeriodSeconds": st.integers(0, 3)}
)


@given(SPECS, SPECS)
def test_patching_twice_is_patching_once(doc, patch):
    """A strategic merge patch without deletions is idempotent, and leaves its arguments alone."""
    before = copy.deepcopy((doc, patch))
    once = patched(doc, patch)
    assert patched(once, patch) == once
    assert (doc, patch) == before


@given(CONTAINERS, CONTAINERS)
def test_difference_leads_from_one_list_to_the_other(old, new):
    """The patch that a client computes (items, deletions, order) gives exactly the new list."""
    wanted = {item["name"] for item in new}
    items = [{"$patch": "replace"}] if not new else [item | {"$retainKeys": list(item)} for item in new]
    deletions = [{"$patch": "delete", "name": item["name"]} for item in old if item["name"] not in wanted]
    patch = {"$setElementOrder/containers": [{"name": item["name"]} for item in new], "containers": items + deletions}
    assert patched({"containers": old}, patch) == {"containers": new}


@given(CONTAINERS, CONTAINERS)
def test_no_item_is_lost_or_doubled(old, new):
    """After a merge each key of either list occurs once, patched items in the patch's order."""
    names = [item["name"] for item in patched({"containers": old}, {"containers": new}).get("containers", [])]
    assert sorted(names) == sorted({item["name"] for item in old + new})
    assert [name for name in names if name in {item["name"] for item in new}] == [item["name"] for item in new]


def test_new_items_take_the_places_of_removed_ones():
    """Where one item goes and another comes, the new one stands behind those that nobody names."""
    current = {"containers": [{"name": "a"}, {"name": "b"}, {"name": "c"}]}
    patch = {
        "$setElementOrder/containers": [{"name": "b"}, {"name": "d"}],
        "containers": [{"name": "d"}, {"name": "a", "$patch": "delete"}],
    }
    assert [one["name"] for one in patched(current, patch)["containers"]] == ["b", "c", "d"]


def test_order_alone_removes_no_repeated_values():
    """An order for a list of values that the patch does not change only orders it."""
    current = {"metadata": {"finalizers": ["a", "b", "b"]}}
    patch = {"metadata": {"$setElementOrder/finalizers": ["b", "a"]}}
    assert strategic_merge_patch(current, patch, DEPLOYMENT)["metadata"]["finalizers"] == ["b", "b", "a"]
