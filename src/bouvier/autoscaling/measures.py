"""From what pods use to how many there should be. Pure.

Source: https://kubernetes.io/docs/tasks/run-application/horizontal-pod-autoscale/#algorithm-details
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from bouvier.meta.objects import Obj, condition_of, is_condition_true, is_deleting, name_of
from bouvier.meta.quantities import millis
from bouvier.util.clock import parse_time

TOLERANCE = 0.1
"""The original's default: within 10 % of the target nothing happens."""
INITIALIZATION = timedelta(minutes=5)
"""So long after a pod's start its processor use counts only while it is ready."""
READINESS_DELAY = timedelta(seconds=30)
"""A pod that turned unready so soon after its start was never ready."""


class CannotMeasureError(Exception):
    """Raised when no number can be had; `reason` is the condition's."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


class Target(NamedTuple):
    """What a resource metric shall be."""

    resource: str
    container: str
    """One container's use alone; empty: the whole pod's."""
    utilization: int
    """Percent of the requests; 0 when an amount is given."""
    average_millis: int
    """Thousandths of the resource for each pod; 0 when a percentage is given."""


class Tolerances(NamedTuple):
    """How far from the target nothing happens yet, by direction, as a share."""

    up: float = TOLERANCE
    down: float = TOLERANCE

    def covers(self, ratio: float) -> bool:
        """Tell whether a ratio is as good as one."""
        return 1.0 - self.down <= ratio <= 1.0 + self.up


class Wish(NamedTuple):
    """How many replicas one metric asks for, and why."""

    replicas: int
    utilization: int | None
    """Measured percent of the requests."""
    average_millis: int
    """Measured thousandths a pod."""


class _Groups(NamedTuple):
    measured: dict[str, int]
    unready: list[str]
    missing: list[str]


def wish(
    current: int,
    pods: Sequence[Obj],
    usage: Mapping[str, int],
    target: Target,
    *,
    now: datetime,
    tolerances: Tolerances,
) -> Wish:
    """Return how many replicas a target asks for.

    `usage` maps pod names to thousandths of the resource.

    Raises:
        CannotMeasureError: no pod has been measured, or a request is missing for a percentage.
    """
    groups = _group(pods, usage, target, now)
    if not groups.measured:
        raise CannotMeasureError("FailedGetResourceMetric", f"no measurement of {target.resource} yet for any pod")
    requests = {name_of(pod): _request(pod, target) for pod in pods} if target.utilization else {}
    used = sum(groups.measured.values())
    average = used // len(groups.measured)
    ratio, percent = _ratio(groups.measured, requests, target)
    if not groups.unready and not groups.missing:
        if tolerances.covers(ratio):
            return Wish(current, percent, average)
        return Wish(math.ceil(ratio * len(groups.measured)), percent, average)
    filled = _fill(groups, requests, target, ratio)
    rebased, _ = _ratio(filled, requests, target)
    wanted = math.ceil(rebased * len(filled))
    turned = (ratio < 1.0 < rebased) or (rebased < 1.0 < ratio)
    backwards = (rebased < 1.0 and wanted > current) or (rebased > 1.0 and wanted < current)
    if tolerances.covers(rebased) or turned or backwards:
        return Wish(current, percent, average)
    return Wish(wanted, percent, average)


def _group(pods: Sequence[Obj], usage: Mapping[str, int], target: Target, now: datetime) -> _Groups:
    measured: dict[str, int] = {}
    unready, missing = [], []
    for pod in pods:
        name = name_of(pod)
        phase = (pod.get("status") or {}).get("phase")
        if is_deleting(pod) or phase in ("Failed", "Succeeded"):
            continue
        if phase == "Pending":
            unready.append(name)
        elif name not in usage:
            missing.append(name)
        elif target.resource == "cpu" and _starts_still(pod, now):
            unready.append(name)
        else:
            measured[name] = usage[name]
    return _Groups(measured, unready, missing)


def _starts_still(pod: Obj, now: datetime) -> bool:
    """Tell whether a pod's processor use is that of its start."""
    ready, start = condition_of(pod, "Ready"), (pod.get("status") or {}).get("startTime")
    if ready is None or not start:
        return True
    started = parse_time(start)
    if started + INITIALIZATION > now:
        return not is_condition_true(pod, "Ready")
    turned = ready.get("lastTransitionTime")
    return not is_condition_true(pod, "Ready") and (not turned or parse_time(turned) < started + READINESS_DELAY)


def _request(pod: Obj, target: Target) -> int:
    """Return what a pod requests of the resource, in thousandths."""
    total = 0
    for container in pod["spec"]["containers"]:
        if target.container and container["name"] != target.container:
            continue
        request = ((container.get("resources") or {}).get("requests") or {}).get(target.resource)
        if request is None:
            what = f"missing request for {target.resource} in container {container['name']} of Pod {name_of(pod)}"
            raise CannotMeasureError("FailedGetResourceMetric", what)
        total += millis(request)
    return total


def _ratio(used: Mapping[str, int], requests: Mapping[str, int], target: Target) -> tuple[float, int | None]:
    total = sum(used.values())
    if not target.utilization:
        return total / (target.average_millis * len(used)), None
    requested = sum(requests[name] for name in used) or 1
    percent = total * 100 // requested
    return percent / target.utilization, percent


def _fill(groups: _Groups, requests: Mapping[str, int], target: Target, ratio: float) -> dict[str, int]:
    """Assume the careful number for pods without one: all of it when scaling down, nothing when scaling up."""
    filled = dict(groups.measured)
    for name in groups.missing:
        full = requests.get(name, target.average_millis)
        filled[name] = full * max(100, target.utilization) // 100 if ratio < 1.0 else 0
    if ratio > 1.0:
        filled |= dict.fromkeys(groups.unready, 0)
    return filled
