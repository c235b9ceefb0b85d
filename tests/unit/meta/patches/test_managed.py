"""Managed fields of creates, updates and patches."""

import copy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bouvier.meta.patches.compare import compare_objects, written_fields
from bouvier.meta.patches.fieldset import check_fields, paths, show_path
from bouvier.meta.patches.managed import ANCIENT, MAX_UPDATE_ENTRIES, are_readable, track
from tests.unit.meta.patches.objects import MAP, OBJECTS
from tests.unit.meta.patches.structures import DEPLOYMENT

NOON, LATER = "2030-01-01T12:00:00Z", "2030-01-01T13:00:00Z"


def deployment(**spec) -> dict:
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web", "uid": "1"}, "spec": spec}


def created(obj, manager="creator"):
    obj = copy.deepcopy(obj)
    track(None, obj, manager, DEPLOYMENT, api_version="apps/v1", now=NOON)
    return obj


def updated(old, manager="editor", *, now=LATER, subresource="", api_version="apps/v1", **changes):
    """Return a copy of the object with top-level fields replaced, tracked."""
    new = copy.deepcopy(old) | copy.deepcopy(changes)
    track(old, new, manager, DEPLOYMENT, api_version=api_version, now=now, subresource=subresource)
    return new


def owners(obj) -> dict[str, set[str]]:
    return {
        entry["manager"] + ("/" + entry["subresource"] if "subresource" in entry else ""): {
            show_path(path) for path in paths(entry["fieldsV1"])
        }
        for entry in obj["metadata"].get("managedFields", [])
    }


def entry_of(obj, manager):
    (entry,) = [entry for entry in obj["metadata"]["managedFields"] if entry["manager"] == manager]
    return entry


def test_creator_owns_everything_but_identity():
    """After a create there is one entry, complete and in the form of the API."""
    obj = created(deployment(replicas=1))
    assert obj["metadata"]["managedFields"] == [
        {
            "manager": "creator",
            "operation": "Update",
            "apiVersion": "apps/v1",
            "time": NOON,
            "fieldsType": "FieldsV1",
            "fieldsV1": {"f:spec": {".": {}, "f:replicas": {}}},
        }
    ]


def test_changing_a_field_takes_it_over():
    """The last writer of a field is its only owner."""
    obj = updated(created(deployment(replicas=1, paused=True)), spec={"replicas": 2, "paused": True})
    assert owners(obj) == {"creator": {".spec", ".spec.paused"}, "editor": {".spec.replicas"}}


def test_removing_a_field_leaves_it_to_nobody():
    """A removed field has no owner; an entry without fields goes."""
    obj = updated(created(deployment(replicas=1)), spec={"replicas": 2})
    obj = updated(obj, "cleaner", spec={})
    assert owners(obj) == {"creator": {".spec"}}


def test_unchanged_objects_keep_their_entries():
    """An update that changes nothing adds no owner and moves no time."""
    obj = created(deployment(replicas=1))
    assert updated(obj)["metadata"]["managedFields"] == obj["metadata"]["managedFields"]


def test_time_moves_with_the_set():
    """A manager's time tells when it last gained fields; those who lose fields keep theirs."""
    obj = created(deployment(replicas=1))
    obj = updated(obj, "creator", spec={"replicas": 1, "paused": True})
    assert entry_of(obj, "creator")["time"] == LATER
    obj = updated(obj, "editor", now="2030-01-02T00:00:00Z", spec={"replicas": 1, "paused": False})
    assert entry_of(obj, "creator")["time"] == LATER
    assert entry_of(obj, "editor")["time"] == "2030-01-02T00:00:00Z"


def test_subresources_and_versions_have_entries_of_their_own():
    """One manager writing spec, status and another API version has three entries."""
    obj = created(deployment(replicas=1), "m")
    obj = updated(obj, "m", subresource="status", status={"replicas": 1})
    obj = updated(obj, "m", api_version="apps/v2", spec={"replicas": 1, "paused": True})
    entries = obj["metadata"]["managedFields"]
    assert [(entry.get("subresource"), entry["apiVersion"]) for entry in entries] == [
        (None, "apps/v1"), ("status", "apps/v1"), (None, "apps/v2"),
    ]  # fmt: skip


def test_entries_are_sorted_by_operation_and_time():
    """Applied entries come first, then updates, older before newer."""
    obj = created(deployment(replicas=1), "zebra")
    applied = {"manager": "z", "operation": "Apply", "apiVersion": "v1", "time": LATER, "fieldsType": "FieldsV1"}
    obj["metadata"]["managedFields"].append(applied | {"fieldsV1": {"f:x": {}}})
    obj = updated(obj, "aaa", spec={"replicas": 1, "paused": True})
    assert [entry["manager"] for entry in obj["metadata"]["managedFields"]] == ["z", "zebra", "aaa"]


def test_clients_that_do_not_know_managed_fields_do_not_lose_them():
    """Absent managed fields in an update mean the stored ones."""
    obj = created(deployment(replicas=1))
    for sent in ({"name": "web"}, {"name": "web", "managedFields": None}):
        assert owners(updated(obj, metadata=sent)) == owners(obj)


@pytest.mark.parametrize("sent", [[{}], []])
def test_reset_by_an_empty_entry(sent):
    """A list that is empty, or of one empty entry, drops managed fields, and updates do not bring them back."""
    obj = updated(created(deployment(replicas=1)), metadata={"name": "web", "managedFields": sent})
    assert "managedFields" not in obj["metadata"]
    assert "managedFields" not in updated(obj, spec={"replicas": 3})["metadata"]


def test_clients_may_rewrite_managed_fields():
    """Entries sent on the object itself replace the stored ones; on a subresource they are ignored."""
    obj = created(deployment(replicas=1))
    sent = [entry_of(obj, "creator") | {"manager": "renamed", "operation": "Apply"}]
    metadata = {"name": "web", "managedFields": sent}
    assert list(owners(updated(obj, metadata=metadata))) == ["renamed"]
    assert list(owners(updated(obj, metadata=metadata, subresource="status"))) == ["creator"]


@pytest.mark.parametrize(
    "change",
    [
        {"operation": "Steal"},
        {"apiVersion": ""},
        {"fieldsType": "FieldsV2"},
        {"fieldsV1": {"spec": {}}},
        {"fieldsV1": []},
        {"manager": 3},
    ],
)
def test_malformed_entries_are_passed_over(change):
    """Entries that a client made up wrongly count for nothing: those of before stay."""
    obj = created(deployment(replicas=1))
    sent = {"name": "web", "managedFields": [entry_of(obj, "creator") | {"manager": "thief"} | change]}
    assert owners(updated(obj, metadata=sent)) == owners(obj)


@pytest.mark.parametrize("entries", ["x", ["x"], {}, {"a": 1}])
def test_managed_fields_are_a_list_of_objects(entries):
    """Anything else cannot be read."""
    assert not are_readable(entries)


def test_number_of_update_entries_is_bounded():
    """Many updaters are gathered in one old entry, and no field loses its owner."""
    obj = created(deployment())
    for number in range(3 * MAX_UPDATE_ENTRIES):
        labels = {f"l{i}": "x" for i in range(number + 1)}
        obj = updated(
            obj, f"m{number}", now=f"2030-01-01T12:{number:02}:00Z", metadata={"name": "web", "labels": labels}
        )
    assert len(obj["metadata"]["managedFields"]) == MAX_UPDATE_ENTRIES
    owned = owners(obj)
    assert f".metadata.labels.l{3 * MAX_UPDATE_ENTRIES - 1}" in owned[f"m{3 * MAX_UPDATE_ENTRIES - 1}"]
    assert {".spec", ".metadata.labels.l0"} <= owned[ANCIENT]
    assert sum(len(fields) for fields in owned.values()) == 3 * MAX_UPDATE_ENTRIES + 2


def test_arguments_and_shared_entries_are_not_changed():
    """Entries may be shared between versions of an object, so they are replaced and never changed."""
    old = created(deployment(replicas=1))
    before = copy.deepcopy(old)
    new = deployment(replicas=2) | {"metadata": dict(old["metadata"])}
    track(old, new, "editor", DEPLOYMENT, api_version="apps/v1", now=LATER)
    assert old == before


@given(OBJECTS, OBJECTS)
def test_an_update_is_owned_exactly_where_it_changed(old, new):
    """The updater's entry has the changed paths, all others lose them, and no owner of a removed path remains."""
    old, new = copy.deepcopy(old), copy.deepcopy(new)
    track(None, old, "creator", MAP, api_version="test/v1", now=NOON)
    track(old, new, "editor", MAP, api_version="test/v1", now=LATER)
    if "managedFields" not in old["metadata"]:
        return
    changed, _removed = compare_objects(old, new, MAP)
    owned = owners(new)
    everything = {show_path(path) for path in paths(written_fields(new, MAP))}
    assert owned.get("editor", set()) == {show_path(path) for path in paths(changed)}
    assert owned.get("creator", set()).isdisjoint(owned.get("editor", set()))
    assert set().union(*owned.values()) <= everything


@given(st.lists(st.tuples(OBJECTS, st.sampled_from(["a", "b", "c"])), min_size=1, max_size=5))
def test_every_path_has_one_updater(versions):
    """Whatever is written by whom in turn, entries are valid, non-empty, distinct, and own each path once."""
    old = None
    for obj, manager in versions:
        new = copy.deepcopy(obj)
        track(old, new, manager, MAP, api_version="test/v1", now=NOON)
        old = new
    seen: set[str] = set()
    for entry in old["metadata"].get("managedFields", []):
        check_fields(entry["fieldsV1"])
        fields = {show_path(path) for path in paths(entry["fieldsV1"])}
        assert fields
        assert seen.isdisjoint(fields)
        seen |= fields
