"""`metadata.managedFields`: who wrote which field.

One entry for each (manager, operation, subresource) and, for updates, API version. Entries are immutable: changed ones
are replaced, so that lists of entries may be shared between versions of an object. Fields of entries written through
another API version are taken by their paths as they stand: paths are not converted between versions.

Source: https://kubernetes.io/docs/reference/using-api/server-side-apply/#field-management
"""

from __future__ import annotations

from typing import Any

from bouvier.meta.errors import bad_request
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

    Raises:
        ApiError: BadRequest: `new` brings managed fields of its own that are malformed.
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


def check_entries(entries: Any) -> None:
    """Refuse managed fields that a client made up wrongly.

    Raises:
        ApiError: BadRequest: an entry has a wrong form; the message says which.
    """
    if not isinstance(entries, list):
        raise bad_request("metadata.managedFields: must be a list")
    for index, entry in enumerate(entries):
        where = f"metadata.managedFields[{index}]"
        if not isinstance(entry, dict):
            raise bad_request(f"{where}: must be an object")
        if entry.get("operation") not in (APPLY, UPDATE):
            raise bad_request(f"{where}.operation: must be `Apply` or `Update`")
        if not entry.get("apiVersion"):
            raise bad_request(f"{where}.apiVersion: must not be empty")
        if entry.get("fieldsType") != "FieldsV1":
            raise bad_request(f"{where}.fieldsType: must be `FieldsV1`")
        _check_texts(entry, where)
        check_fields(entry.get("fieldsV1", {}))


def _check_texts(entry: Entry, where: str) -> None:
    for name in ("apiVersion", "manager", "subresource", "time"):
        if not isinstance(entry.get(name, ""), str):
            raise bad_request(f"{where}.{name}: must be a string")


def _starting_entries(old: Obj, new: Obj, subresource: str) -> list[Entry]:
    """Return the entries to start from: the client's, if it set any on the object itself, else the stored ones.

    The list of one empty entry resets managed fields; an empty or absent list, as sent by clients that do not know
    them, does not.
    """
    stored = entries_of(old)
    sent = new["metadata"].get("managedFields")
    if subresource or not sent or sent == stored:
        return stored
    if sent == [{}]:
        return []
    check_entries(sent)
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
