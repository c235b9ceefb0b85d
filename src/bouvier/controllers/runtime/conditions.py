"""Setting status conditions the way Kubernetes does: a transition time moves only when the status does."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

Condition = dict[str, Any]


def time_text(moment: datetime) -> str:
    """Return a moment in the form of `metav1.Time`."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def find(conditions: list[Condition], kind: str) -> Condition | None:
    """Return the condition of that type, if present."""
    return next((condition for condition in conditions if condition.get("type") == kind), None)


def without(conditions: list[Condition], kind: str) -> list[Condition]:
    """Return the conditions except the one of that type."""
    return [condition for condition in conditions if condition.get("type") != kind]


def put(conditions: list[Condition], new: Condition, now: datetime) -> list[Condition]:
    """Return the conditions with `new` in place of the one of its type.

    `lastTransitionTime` of `new` is filled in: the old one while status stays, else `now`. An equal condition is kept.
    """
    old = find(conditions, new["type"])
    if old and all(old.get(part, "") == new.get(part, "") for part in ("status", "reason", "message")):
        return conditions
    since = old.get("lastTransitionTime") if old and old.get("status") == new["status"] else None
    return [*without(conditions, new["type"]), {**new, "lastTransitionTime": since or time_text(now)}]
