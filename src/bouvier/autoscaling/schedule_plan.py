"""Which rule of a ScalingSchedule holds, and what it sets. Pure.

Where clocks are put forward, a time that does not exist comes at the next one that does; where they are put back, a time
that exists twice comes once: as for CronJobs.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple

from bouvier.controllers.cronjobs.schedule import due, zone
from bouvier.meta.objects import Obj

LOOK_BACK = timedelta(days=4 * 366)
"""Far enough for a rule of the 29th of February."""


class Holding(NamedTuple):
    """The rule that holds, and the next one."""

    rule: Obj | None
    since: datetime | None
    next_rule: Obj | None
    next_time: datetime | None


class Sizes(NamedTuple):
    """What stands, or is to stand, on the object that decides about the size."""

    least: int
    most: int

    @property
    def text(self) -> str:
        """Return the sizes as explanations write them."""
        return f"{self.least}-{self.most}" if self.least != self.most else str(self.least)


def holding(spec: Obj, now: datetime) -> Holding:
    """Return which rule's time came last, and whose comes next; of two at the same time the one listed later.

    Raises:
        ScheduleError: a schedule or the time zone cannot be read.
    """
    where = zone(spec.get("timeZone"))
    last: list[tuple[datetime, int]] = []
    coming: list[tuple[datetime, int]] = []
    for index, rule in enumerate(spec["rules"]):
        found = due(rule["schedule"], where, now - LOOK_BACK, now)
        if found.latest is not None:
            last.append((found.latest, index))
        if found.next is not None:
            coming.append((found.next, -index))
    rules = spec["rules"]
    since, held = max(last, default=(None, -1))
    at, ahead = min(coming, default=(None, 1))
    return Holding(rules[held] if since else None, since, rules[-ahead] if at else None, at)


def bounds(rule: Obj, present: Sizes) -> Sizes:
    """Return an autoscaler's bounds under a rule; what the rule does not name stays."""
    if "replicas" in rule:
        return Sizes(rule["replicas"], rule["replicas"])
    return Sizes(rule.get("minReplicas", present.least), rule.get("maxReplicas", present.most))


def size(rule: Obj, present: int) -> int:
    """Return the size of a workload without an autoscaler under a rule."""
    if "replicas" in rule:
        return int(rule["replicas"])
    return max(int(rule.get("minReplicas", 0)), min(present, int(rule.get("maxReplicas", present))))


def sentence(rule: Obj, spec: Obj) -> str:
    """Return a rule as explanations name it."""
    return f'rule {rule["name"]} ("{rule["schedule"]}", {spec.get("timeZone") or "UTC"})'
