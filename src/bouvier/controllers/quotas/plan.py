"""Decides what a ResourceQuota reports (pure).

The API server raises `used` when it accepts a write, before the object is stored; only this controller lowers it. A
number is lowered no sooner than a moment after it was last raised: until then an accepted object may be on its way.
Raising waits for nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from bouvier.kinds.usage.amounts import Amounts, add, amounts_of, texts
from bouvier.kinds.usage.objects import usage
from bouvier.kinds.usage.scopes import matches
from bouvier.meta.gvk import Resource
from bouvier.meta.objects import Obj

QUIET_SECONDS = 1.0
"""A write is stored or refused within milliseconds of its charge, and seen by the caches some milliseconds later."""


@dataclass(frozen=True, slots=True)
class QuotaPlan:
    """The status, and when to look again because something may soon be lowered."""

    status: dict[str, Any]
    again_seconds: float | None = None


def measured(quota: Obj, objects: Iterable[tuple[Resource, Obj]]) -> Amounts:
    """Return what the objects use of what the quota limits."""
    hard = quota["spec"].get("hard") or {}
    total: Amounts = {}
    for resource, obj in objects:
        if matches(quota, resource, obj):
            add(total, {name: amount for name, amount in usage(resource, obj).items() if name in hard})
    return total


def plan(quota: Obj, found: Amounts, quiet_seconds: float) -> QuotaPlan:
    """Return the status for what was found, `quiet_seconds` after `used` was last raised."""
    hard = quota["spec"].get("hard") or {}
    before = amounts_of((quota.get("status") or {}).get("used"))
    used: Amounts = {}
    is_waiting = False
    for name in hard:
        amount = found.get(name, Decimal(0))
        charged = before.get(name, amount)
        if amount < charged and quiet_seconds < QUIET_SECONDS:
            is_waiting, amount = True, charged
        used[name] = amount
    again = QUIET_SECONDS - quiet_seconds if is_waiting else None
    return QuotaPlan({"hard": dict(hard), "used": texts(used)}, again)


def raised(old: Obj, new: Obj) -> bool:
    """Tell whether something in `used` grew."""
    before = amounts_of((old.get("status") or {}).get("used"))
    after = amounts_of((new.get("status") or {}).get("used"))
    return any(amount > before.get(name, Decimal(0)) for name, amount in after.items())
