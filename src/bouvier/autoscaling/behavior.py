"""How fast the number of replicas may change: stabilization windows and policies. Pure.

Source: https://kubernetes.io/docs/tasks/run-application/horizontal-pod-autoscale/#configurable-scaling-behavior
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

from bouvier.meta.objects import Obj

DOWN_WINDOW_SECONDS = 300
"""The original's default for scaling down: the highest wish of the last five minutes counts."""
KEPT_SECONDS = 3600
"""Longest window and period that the API allows."""
_UP_POLICIES: list[Obj] = [
    {"type": "Pods", "value": 4, "periodSeconds": 15},
    {"type": "Percent", "value": 100, "periodSeconds": 15},
]
_DOWN_POLICIES: list[Obj] = [{"type": "Percent", "value": 100, "periodSeconds": 15}]


class Change(NamedTuple):
    """A change that was made."""

    at: float
    """Seconds on a clock that only goes forward."""
    by: int
    """Replicas more (or, negative, fewer)."""


class Memory(NamedTuple):
    """What one autoscaler remembers: wishes and changes, newest last. Lost at a restart, as in the original."""

    wishes: tuple[tuple[float, int], ...] = ()
    changes: tuple[Change, ...] = ()

    def with_wish(self, now: float, replicas: int) -> Memory:
        """Return the memory with one more wish, without what is too old."""
        kept = tuple(w for w in self.wishes if w[0] > now - KEPT_SECONDS)
        return Memory((*kept, (now, replicas)), self.changes)

    def with_change(self, now: float, by: int) -> Memory:
        """Return the memory with one more change, without what is too old."""
        kept = tuple(c for c in self.changes if c.at > now - KEPT_SECONDS)
        return Memory(self.wishes, (*kept, Change(now, by)))


class Verdict(NamedTuple):
    """How many replicas there will be, and what held the wish back, if anything did."""

    replicas: int
    reason: str
    message: str


def limit(spec: Obj, current: int, wanted: int, memory: Memory, now: float) -> Verdict:
    """Return the replicas that the windows, policies and bounds allow; `memory` holds the present wish already."""
    behavior: Obj = spec.get("behavior") or {}
    steady, why = _stabilized(behavior, current, wanted, memory, now)
    if steady > current:
        allowed = _up_limit(behavior.get("scaleUp") or {}, current, memory.changes, now)
        moved = Verdict(min(steady, allowed), "", "")
        if moved.replicas < steady:
            moved = Verdict(
                allowed, "ScaleUpLimit", "the desired replica count is increasing faster than the maximum scale rate"
            )
    elif steady < current:
        allowed = _down_limit(behavior.get("scaleDown") or {}, current, memory.changes, now)
        moved = Verdict(max(steady, allowed), "", "")
        if moved.replicas > steady:
            moved = Verdict(
                allowed, "ScaleDownLimit", "the desired replica count is decreasing faster than the maximum scale rate"
            )
    else:
        moved = Verdict(steady, "", why)
    return _bounded(spec, moved if moved.message else moved._replace(message=why))


def _bounded(spec: Obj, verdict: Verdict) -> Verdict:
    fewest, most = spec.get("minReplicas", 1), spec["maxReplicas"]
    if verdict.replicas < fewest:
        return Verdict(fewest, "TooFewReplicas", "the desired replica count is less than the minimum replica count")
    if verdict.replicas > most:
        return Verdict(most, "TooManyReplicas", "the desired replica count is more than the maximum replica count")
    return verdict


def _stabilized(behavior: Obj, current: int, wanted: int, memory: Memory, now: float) -> tuple[int, str]:
    """Return the most careful wish of the window of its direction."""
    up_window = (behavior.get("scaleUp") or {}).get("stabilizationWindowSeconds") or 0
    down_window = (behavior.get("scaleDown") or {}).get("stabilizationWindowSeconds")
    down_window = DOWN_WINDOW_SECONDS if down_window is None else down_window
    lowest = min([wanted, *(r for at, r in memory.wishes if at >= now - up_window)])
    highest = max([wanted, *(r for at, r in memory.wishes if at >= now - down_window)])
    if current < lowest:
        return lowest, "a lower count was recommended within the window for scaling up" if lowest < wanted else ""
    if current > highest:
        return highest, "a higher count was recommended within the window for scaling down" if highest > wanted else ""
    return current, "recent recommendations were on both sides of the current size" if wanted != current else ""


def _rules(given: Obj, standard: Sequence[Obj]) -> tuple[str, Sequence[Obj]]:
    return given.get("selectPolicy") or "Max", given.get("policies") or standard


def _moved(changes: Sequence[Change], period: float, now: float, sign: int) -> int:
    """Return by how much the count went one way within a period."""
    return sum(abs(change.by) for change in changes if change.by * sign > 0 and change.at > now - period)


def _up_limit(given: Obj, current: int, changes: Sequence[Change], now: float) -> int:
    select, policies = _rules(given, _UP_POLICIES)
    if select == "Disabled":
        return current
    limits: list[int] = []
    for policy in policies:
        start = current - _moved(changes, policy["periodSeconds"], now, 1)
        value: Any = policy["value"]
        limits.append(start + value if policy["type"] == "Pods" else math.ceil(start * (1 + value / 100)))
    return max(current, min(limits) if select == "Min" else max(limits))


def _down_limit(given: Obj, current: int, changes: Sequence[Change], now: float) -> int:
    select, policies = _rules(given, _DOWN_POLICIES)
    if select == "Disabled":
        return current
    limits: list[int] = []
    for policy in policies:
        start = current + _moved(changes, policy["periodSeconds"], now, -1)
        value: Any = policy["value"]
        limits.append(start - value if policy["type"] == "Pods" else math.floor(start * (1 - value / 100)))
    return min(current, max(0, max(limits) if select == "Min" else min(limits)))
