"""`metadata.managedFields`: who wrote which field.

One entry for each (manager, operation, subresource) and, for updates, API version. Entries are immutable: changed ones
are replaced, so that lists of entries may be shared between versions of an object. Fields of entries written through
another API version are taken by their paths as they stand: paths are not converted between versions.

Source: https://kubernetes.io/docs/reference/using-api/server-side-apply/#field-management
"""

from __future__ import annotations

from typing import Any

from bouvier.meta.errors import ApiError
from bouvier.meta.objects import Obj
from bouvier.meta.patches.compare import compare_objects, written_fields
from bouvier.meta.patches.fieldset import Fields, check_fields, difference, union, without_paths
from bouvier.meta.patches.structure import Structure

Entry = dict[str, Any]

UPDATE = "Update"
APPLY = "Apply"

MAX_UPDATE_ENTRIES = 10
"""As upstream: older update entries are gathered in one entry of `ANCIENT` for each API version."""
ANCIENT = "ancient-changes"


def track(
    old: Obj | None,
    new: Obj,
    manager: str,
    structure: Structure | None,
    *,
    api_version: str,
    now: str,
    subresource: str = "",
) -> None:
    """Bring `new["metadata"]["managedFields"]` up to date in place after a create (`old` is None), update or patch.

    The manager owns what it added or changed, nobody owns what was removed. An object whose managed fields are empty
    stays without until somebody applies to it.

    """
    mine = make_entry(manager, UPDATE, api_version, {}, now=now, subresource=subresource)
    if old is None:
        store_entries(new, [mine | {"fieldsV1": written_fields(new, structure)}])
        return
    entries = _starting_entries(old, new, subresource)
    if not entries:
        store_entries(new, [])
        return
    changed, removed = compare_objects(old, new, structure)
    if changed or removed:
        entries = sort_entries(_cap(_updated(entries, mine, changed, removed)))
    store_entries(new, entries)


def make_entry(
    manager: str, operation: str, api_version: str, fields: Fields, *, now: str, subresource: str = ""
) -> Entry:
    """Return a new entry of `managedFields`."""
    entry = {
        "manager": manager,
        "operation": operation,
        "apiVersion": api_version,
        "time": now,
        "fieldsType": "FieldsV1",
        "fieldsV1": fields,
    }
    if subresource:
        entry["subresource"] = subresource
    return entry


def entries_of(obj: Obj) -> list[Entry]:
    """Return the entries of an object, empty when there are none."""
    return obj["metadata"].get("managedFields") or []


def store_entries(obj: Obj, entries: list[Entry]) -> None:
    """Set the entries of an object, leaving out those without fields, and the field itself when none is left."""
    kept = [entry for entry in entries if entry["fieldsV1"]]
    if kept:
        obj["metadata"]["managedFields"] = kept
    else:
        obj["metadata"].pop("managedFields", None)


def same_owner(left: Entry, right: Entry) -> bool:
    """Tell whether two entries are one manager's: for applied entries the API version does not count."""
    return (
        left.get("manager") == right.get("manager")
        and left.get("operation") == right.get("operation")
        and left.get("subresource", "") == right.get("subresource", "")
        and (left.get("operation") == APPLY or left.get("apiVersion") == right.get("apiVersion"))
    )


def take_from(entry: Entry, changed: Fields, removed: Fields) -> Entry:
    """Return the entry without the fields that somebody else changed or removed; the same entry when it had none."""
    fields = entry["fieldsV1"]
    left = without_paths(difference(fields, changed), removed)
    return entry if left is fields else entry | {"fieldsV1": left}


def sort_entries(entries: list[Entry]) -> list[Entry]:
    """Return the entries in the order of the API: applied ones first, older before newer."""
    return sorted(
        entries,
        key=lambda entry: (
            entry["operation"],
            entry.get("time") or "",
            entry.get("manager", ""),
            entry.get("apiVersion", ""),
            entry.get("subresource", ""),
        ),
    )


def are_readable(entries: Any) -> bool:
    """Tell whether managed fields that a client made up have the right form."""
    return isinstance(entries, list) and all(_is_readable(entry) for entry in entries)


def _is_readable(entry: Any) -> bool:
    if not isinstance(entry, dict) or entry.get("operation") not in (APPLY, UPDATE):
        return False
    if not entry.get("apiVersion") or entry.get("fieldsType") != "FieldsV1":
        return False
    if not all(isinstance(entry.get(name, ""), str) for name in ("apiVersion", "manager", "subresource", "time")):
        return False
    try:
        check_fields(entry.get("fieldsV1", {}))
    except ApiError:
        return False
    return True


def _starting_entries(old: Obj, new: Obj, subresource: str) -> list[Entry]:
    """Return the entries to start from: the client's, if it set any on the object itself, else the stored ones.

    An empty list, or one with an empty entry, resets managed fields; an absent one, as sent by clients that do not know
    them, does not, nor does one that cannot be read.
    """
    stored = entries_of(old)
    sent = new["metadata"].get("managedFields")
    if subresource or sent is None or sent == stored:
        return stored
    if sent in ([], [{}]):
        return []
    if not are_readable(sent):
        return stored
    return [entry | {"fieldsV1": entry.get("fieldsV1", {})} for entry in sent]


def _updated(entries: list[Entry], mine: Entry, changed: Fields, removed: Fields) -> list[Entry]:
    result: list[Entry] = []
    found = False
    for entry in entries:
        if not same_owner(entry, mine):
            result.append(take_from(entry, changed, removed))
            continue
        found = True
        fields = union(without_paths(entry["fieldsV1"], removed), changed)
        # The time moves with every value that the manager sets, not with what it takes away.
        result.append(mine | {"fieldsV1": fields} if changed else entry | {"fieldsV1": fields})
    if not found:
        result.append(mine | {"fieldsV1": changed})
    return result


def _cap(entries: list[Entry]) -> list[Entry]:
    """Gather the oldest update entries in one for each API version when there are too many."""
    updates = [entry for entry in sort_entries(entries) if entry["operation"] == UPDATE and entry["fieldsV1"]]
    surplus = len(updates) - MAX_UPDATE_ENTRIES
    if surplus <= 0:
        return entries
    buckets: dict[str, list[Entry]] = {}
    for entry in updates:
        bucket = buckets.setdefault(entry["apiVersion"], [])
        if surplus > 0 or not bucket:
            bucket.append(entry)
            surplus -= len(bucket) > 1
    gathered = [bucket for bucket in buckets.values() if len(bucket) > 1]
    old = {id(entry) for bucket in gathered for entry in bucket}
    return [entry for entry in entries if id(entry) not in old] + [_ancient(bucket) for bucket in gathered]


def _ancient(bucket: list[Entry]) -> Entry:
    fields: Fields = {}
    for entry in bucket:
        fields = union(fields, entry["fieldsV1"])
    newest = bucket[-1]
    return make_entry(ANCIENT, UPDATE, newest["apiVersion"], fields, now=newest.get("time") or "")
