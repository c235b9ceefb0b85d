"""One look of an autoscaler: from measurements to a number and the sentences that explain it. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from bouvier.autoscaling import behavior
from bouvier.autoscaling.measures import TOLERANCE, CannotMeasureError, Target, Tolerances, Wish, wish
from bouvier.meta.objects import Obj
from bouvier.meta.quantities import canonical, millis, parse


class Decision(NamedTuple):
    """What to do and what to report."""

    replicas: int
    memory: behavior.Memory
    metrics: list[Obj]
    """`status.currentMetrics`."""
    conditions: list[tuple[str, str, str, str]]
    """Type, status, reason, message."""
    why: str
    """The reason of a change, for its event."""


Usage = Mapping[tuple[str, str], int]
"""Thousandths of a resource by `(pod, container)`."""


class View(NamedTuple):
    """What an autoscaler sees."""

    spec: Obj
    current: int
    pods: Sequence[Obj]
    usage: Mapping[str, Usage]
    """By resource."""
    now: datetime
    clock: float


def decide(view: View, memory: behavior.Memory) -> Decision:
    """Return the decision; a metric that cannot be had never scales down."""
    scalable = ("AbleToScale", "True", "SucceededGetScale", "the autoscaler was able to read the size of its target")
    if view.current == 0 and view.spec.get("minReplicas", 1) != 0:
        off = (
            "ScalingActive",
            "False",
            "ScalingDisabled",
            "scaling is disabled since the replica count of the target is zero",
        )
        return Decision(0, memory, [], [scalable, off], "")
    wishes, problems = _wishes(view)
    if problems and (not wishes or max(w.replicas for _, w in wishes) < view.current):
        error = problems[0]
        inactive = ("ScalingActive", "False", error.reason, str(error))
        return Decision(view.current, memory, [_current(t, w) for t, w in wishes], [scalable, inactive], "")
    target, chosen = max(wishes, key=lambda pair: pair[1].replicas)
    memory = memory.with_wish(view.clock, chosen.replicas)
    verdict = behavior.limit(view.spec, view.current, chosen.replicas, memory, view.clock)
    explained = _explain(target, chosen, view.current, verdict)
    active = ("ScalingActive", "True", "ValidMetricFound", explained)
    limited = _limited(verdict)
    return Decision(
        verdict.replicas, memory, [_current(t, w) for t, w in wishes], [scalable, active, limited], explained
    )


def _wishes(view: View) -> tuple[list[tuple[Target, Wish]], list[CannotMeasureError]]:
    wishes, problems = [], []
    for metric in view.spec["metrics"]:
        try:
            target = target_of(metric)
            used = _per_pod(view.usage.get(target.resource) or {}, target.container)
            tolerances = _tolerances(view.spec.get("behavior") or {})
            wishes.append((target, wish(view.current, view.pods, used, target, now=view.now, tolerances=tolerances)))
        except CannotMeasureError as error:
            problems.append(error)
    return wishes, problems


def target_of(metric: Obj) -> Target:
    """Return the target of a metric.

    Raises:
        CannotMeasureError: for kinds of metrics that are not measured here.
    """
    kind = metric.get("type", "")
    source: Any = metric.get("resource" if kind == "Resource" else "containerResource")
    if kind not in ("Resource", "ContainerResource") or not source or source["name"] not in ("cpu", "memory"):
        what = f"metrics of type {kind} are not available here: use Resource or ContainerResource with cpu or memory"
        raise CannotMeasureError("InvalidMetricSourceType", what)
    target = source["target"]
    average = target.get("averageValue")
    return Target(
        source["name"],
        source.get("container", ""),
        target.get("averageUtilization") or 0,
        millis(average) if average else 0,
    )


def _per_pod(usage: Usage, container: str) -> dict[str, int]:
    pods: dict[str, int] = {}
    for (pod, name), amount in usage.items():
        if not container or name == container:
            pods[pod] = pods.get(pod, 0) + amount
    return pods


def _tolerances(rules: Obj) -> Tolerances:
    def of(direction: str) -> float:
        given = (rules.get(direction) or {}).get("tolerance")
        return TOLERANCE if given is None else float(parse(given))

    return Tolerances(of("scaleUp"), of("scaleDown"))


def _explain(target: Target, chosen: Wish, current: int, verdict: behavior.Verdict) -> str:
    if chosen.utilization is not None:
        measured, goal = f"{chosen.utilization}%", f"{target.utilization}% of the requests"
    else:
        measured, goal = f"{chosen.average_millis}m", f"{target.average_millis}m a pod"
    text = f"{target.resource} is at {measured}, wanted are {goal}: {chosen.replicas} replicas for {current} now"
    held = f"; {verdict.message}, so {verdict.replicas}" if verdict.message else ""
    return text + held


def _limited(verdict: behavior.Verdict) -> tuple[str, str, str, str]:
    if verdict.reason:
        return "ScalingLimited", "True", verdict.reason, verdict.message
    return "ScalingLimited", "False", "DesiredWithinRange", "the desired count is within the acceptable range"


def _current(target: Target, found: Wish) -> Obj:
    average = canonical(f"{found.average_millis}m")
    current: Obj = {"averageValue": average}
    if found.utilization is not None:
        current["averageUtilization"] = found.utilization
    if target.container:
        source = {"name": target.resource, "container": target.container, "current": current}
        return {"type": "ContainerResource", "containerResource": source}
    return {"type": "Resource", "resource": {"name": target.resource, "current": current}}
