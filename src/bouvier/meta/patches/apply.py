"""Server-side apply: a manager declares its part of an object, and the server merges, remembers and refuses.

1. The configuration is laid over the live object (`combine.overlay`).
2. What the manager applied last time and no longer does goes, unless somebody else owns it (`combine.prune`).
3. Fields of others that would change are conflicts: refused, or taken over with `force`.
4. The manager owns exactly the fields of its configuration; equal values are owned by several managers together.

Callers leave out of `applied` what the endpoint may not write (status on the main resource, all but status on
`/status`). Ownership recorded under another API version is compared by path, without conversion.

Source: https://kubernetes.io/docs/reference/using-api/server-side-apply/
"""

from __future__ import annotations

from typing import Any

from bouvier.meta.errors import bad_request
from bouvier.meta.objects import Obj
from bouvier.meta.patches.combine import Nulled, overlay, prune
from bouvier.meta.patches.compare import UNOWNED_METADATA, applied_fields, compare_objects, written_fields
from bouvier.meta.patches.conflicts import FieldConflict, conflict_error, show_manager
from bouvier.meta.patches.copies import copy_json
from bouvier.meta.patches.fieldset import Fields, difference, intersection, paths, union
from bouvier.meta.patches.lastapplied import MANAGER, fields_of_annotation, refresh_annotation
from bouvier.meta.patches.managed import (
    APPLY,
    UPDATE,
    Entry,
    entries_of,
    make_entry,
    same_owner,
    sort_entries,
    store_entries,
    take_from,
)
from bouvier.meta.patches.structure import Structure

BEFORE_FIRST_APPLY = "before-first-apply"
"""Owner of everything in an object that had no managed fields when somebody first applied to it."""


def apply(
    live: Obj | None,
    applied: Obj,
    manager: str,
    structure: Structure | None,
    *,
    api_version: str,
    now: str,
    force: bool = False,
    subresource: str = "",
) -> Obj:
    """Return the object with the configuration applied and its managed fields set; no argument is changed.

    An apply that changes nothing returns an object equal to `live`, times included. `live` is None to create.

    Raises:
        ApiError: Conflict: fields of other managers would change and `force` is not set; BadRequest: the configuration
            is malformed.
    """
    _check_applied(applied)
    mine = make_entry(manager, APPLY, api_version, applied_fields(applied, structure), now=now, subresource=subresource)
    before, entries = _start(live, applied, structure, mine)
    last, others = _split(entries, mine)
    merged, nulled = _merge(before, applied, structure)
    if last is not None:
        _prune(merged, structure, last["fieldsV1"], mine["fieldsV1"], others)
    changed, removed = compare_objects(before, merged, structure)
    if not force:
        allowed = fields_of_annotation(before, structure, api_version) if manager == MANAGER else {}
        _refuse_conflicts(others, difference(changed, allowed))
    _drop_nulls(nulled)
    if manager == MANAGER:
        refresh_annotation(merged, applied)
    is_same = last is not None and last["fieldsV1"] == mine["fieldsV1"] and merged == before
    own = last | {"apiVersion": api_version} if is_same and last is not None else mine
    kept = [take_from(entry, changed, removed) for entry in others]
    store_entries(merged, sort_entries([*kept, own]))
    return merged


def _check_applied(applied: Any) -> None:
    if not isinstance(applied, dict):
        raise bad_request("an apply patch must be an object")
    if not isinstance(applied.get("metadata"), dict):
        raise bad_request("metadata: an apply patch must have metadata")
    if applied["metadata"].get("managedFields") is not None:
        raise bad_request("metadata.managedFields must be nil")


def _start(live: Obj | None, applied: Obj, structure: Structure | None, mine: Entry) -> tuple[Obj, list[Entry]]:
    """Return the live object without its managed fields (an empty one to create), and its entries."""
    if live is None:
        return {"apiVersion": applied.get("apiVersion"), "kind": applied.get("kind"), "metadata": {}}, []
    metadata = {name: value for name, value in live["metadata"].items() if name != "managedFields"}
    before = live | {"metadata": metadata}
    entries = entries_of(live)
    if not entries:
        owner = {"manager": BEFORE_FIRST_APPLY, "operation": UPDATE, "fieldsV1": written_fields(before, structure)}
        entries = [mine | owner]
    return before, entries


def _split(entries: list[Entry], mine: Entry) -> tuple[Entry | None, list[Entry]]:
    last: Entry | None = None
    others: list[Entry] = []
    for entry in entries:
        if same_owner(entry, mine):
            last = entry
        else:
            others.append(entry)
    return last, others


def _merge(before: Obj, applied: Obj, structure: Structure | None) -> tuple[Obj, Nulled]:
    nulled: Nulled = []
    configuration = copy_json(applied)
    metadata = configuration["metadata"]
    # Clients write `creationTimestamp: null`: that is not a wish to lose it.
    configuration["metadata"] = {
        name: value for name, value in metadata.items() if value is not None or name not in UNOWNED_METADATA
    }
    return overlay(copy_json(before), configuration, structure, nulled), nulled


def _prune(merged: Obj, structure: Structure | None, last: Fields, own: Fields, others: list[Entry]) -> None:
    """Remove what the manager no longer applies; the metadata themselves stay, whoever owns fields in them."""
    dropped, managed = difference(last, own), own
    if not dropped:
        return
    for entry in others:
        dropped = difference(dropped, entry["fieldsV1"])
        managed = union(managed, entry["fieldsV1"])
    below = structure.field("metadata") if structure is not None else None
    prune(merged["metadata"], below, dropped.get("f:metadata", {}), managed.get("f:metadata", {}))
    prune(merged, structure, {name: node for name, node in dropped.items() if name != "f:metadata"}, managed)


def _refuse_conflicts(others: list[Entry], changed: Fields) -> None:
    conflicts = [
        FieldConflict(show_manager(entry), path)
        for entry in others
        for path in paths(intersection(entry["fieldsV1"], changed))
    ]
    if conflicts:
        raise conflict_error(conflicts)


def _drop_nulls(nulled: Nulled) -> None:
    for owner, name in nulled:
        if owner.get(name) is None:
            owner.pop(name, None)
