"""What is to be done for a release next: pure decisions over its spec and its revisions.

A revision goes through stages: `crds`, `pre` (hooks), `apply`, `post` (hooks), `done`. Each stage is repeated from its
beginning after a crash; all of them may be.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from bouvier.catalog.releases.revisions import DEPLOYED, FAILED, SUPERSEDED, HookRun, Revision
from bouvier.meta.objects import Obj

STAGES = ("crds", "pre", "apply", "post", "done")
Key = tuple[str, str, str, str]
"""apiVersion without its version, kind, namespace, name of an object."""


class Refused(Exception):  # noqa: N818 - what happened to the wish, not a defect
    """A release cannot be as its spec says; nothing was changed. `reason` is for the condition."""

    def __init__(self, reason: str, errors: Sequence[str]) -> None:
        super().__init__("; ".join(errors))
        self.reason, self.errors = reason, list(errors)


def latest(revisions: Sequence[Revision]) -> Revision | None:
    """Return the newest revision."""
    return max(revisions, key=lambda one: one.number, default=None)


def current(revisions: Sequence[Revision]) -> Revision | None:
    """Return the newest revision that was carried out in full."""
    return latest([one for one in revisions if one.status in (DEPLOYED, SUPERSEDED)])


def next_action(spec: dict[str, Any], revisions: Sequence[Revision]) -> str:
    """Return what the next revision is: `install`, `upgrade` or `rollback`."""
    if spec.get("rollbackTo"):
        return "rollback"
    return "upgrade" if any(one.status in (DEPLOYED, SUPERSEDED) for one in revisions) else "install"


def rollback_target(revisions: Sequence[Revision], number: int) -> Revision:
    """Return the revision to go back to.

    Raises:
        Refused: there is none of that number, or it never ran.
    """
    found = next((one for one in revisions if one.number == number), None)
    usable = [one.number for one in revisions if one.status in (DEPLOYED, SUPERSEDED)]
    if found is None or found.number not in usable:
        have = ", ".join(map(str, sorted(usable))) or "none"
        why = "failed" if found is not None and found.status == FAILED else "is not kept"
        raise Refused("RevisionNotFound", [f"revision {number} {why}; there is {have} to go back to"])
    return found


def object_key(obj: Obj) -> Key:
    """Return what identifies an object, whatever version of its group it is written in."""
    group = obj["apiVersion"].rpartition("/")[0]
    return (group, obj["kind"], obj["metadata"].get("namespace", ""), obj["metadata"]["name"])


def to_prune(old: Sequence[Obj], new: Sequence[Obj]) -> list[Obj]:
    """Return the objects that a new revision no longer has, in the order of their removal."""
    kept = {object_key(obj) for obj in new}
    return [obj for obj in reversed(old) if object_key(obj) not in kept]


def next_stage(stage: str) -> str:
    """Return the stage after one."""
    return STAGES[STAGES.index(stage) + 1]


def next_hook(hooks: Sequence[HookRun], event: str) -> HookRun | None:
    """Return the hook of an event that is to be run or waited for next: by weight, then by name; None when all are done."""
    due = sorted((hook for hook in hooks if event in hook.events), key=lambda hook: (hook.weight, hook.name))
    return next((hook for hook in due if hook.ran_for != event or hook.phase != "Succeeded"), None)


class Trim(NamedTuple):
    """What becomes of older revisions when a new one is deployed."""

    superseded: list[Revision]
    removed: list[Revision]


def trim(revisions: Sequence[Revision], newest: Revision, limit: int) -> Trim:
    """Return which revisions are superseded now, and which are beyond the limit of what is kept."""
    older = sorted((one for one in revisions if one.number != newest.number), key=lambda one: -one.number)
    superseded = [one for one in older if one.status == DEPLOYED]
    return Trim(superseded, older[max(limit - 1, 0) :])
