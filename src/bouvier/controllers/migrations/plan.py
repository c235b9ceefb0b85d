"""What a StorageVersionMigration says about itself, as pure functions."""

from __future__ import annotations

from collections.abc import Iterable

from bouvier.controllers.garbage.discovery import Served
from bouvier.kinds.storagemigration_v1.storageversionmigrations import FAILED, RUNNING, SUCCEEDED
from bouvier.meta.objects import Obj, condition_of, is_condition_true

REASONS = {
    RUNNING: "StorageVersionMigrationInProgress",
    SUCCEEDED: "StorageVersionMigrationSucceeded",
    FAILED: "StorageVersionMigrationFailed",
}
NEEDED = frozenset({"get", "list", "patch"})
"""What must be possible with a resource whose objects are to be written anew."""


def has_ended(migration: Obj) -> bool:
    """Tell whether nothing is left to do."""
    return is_condition_true(migration, SUCCEEDED) or is_condition_true(migration, FAILED)


def named(migration: Obj) -> tuple[str, str]:
    """Return group and plural of the resource to migrate."""
    wanted = (migration.get("spec") or {}).get("resource") or {}
    return wanted.get("group") or "", wanted.get("resource") or ""


def found(served: Iterable[Served], group: str, plural: str) -> Served | None:
    """Return the resource in its preferred version, None when there is none whose objects can be written."""
    for one in served:
        if (one.resource.group, one.resource.plural) == (group, plural) and one.verbs >= NEEDED:
            return one
    return None


def reported(migration: Obj, condition: str, now: str, *, message: str = "", revision: str = "") -> Obj:
    """Return the status with one condition true: running, or one of the two ends, which takes running back."""
    status = dict(migration.get("status") or {})
    if revision:
        status["resourceVersion"] = revision
    made = [_condition(migration, condition, "True", now, message)]
    if condition != RUNNING and condition_of(migration, RUNNING) is not None:
        made.append(_condition(migration, RUNNING, "False", now, ""))
    changed = {one["type"] for one in made}
    kept = [one for one in status.get("conditions") or () if one.get("type") not in changed]
    return status | {"conditions": kept + made}


def _condition(migration: Obj, kind: str, state: str, now: str, message: str) -> Obj:
    before = condition_of(migration, kind)
    is_same = before is not None and before.get("status") == state
    moment = before["lastTransitionTime"] if is_same and before is not None else now
    reason = REASONS[kind]
    return {"type": kind, "status": state, "reason": reason, "message": message, "lastTransitionTime": moment}
