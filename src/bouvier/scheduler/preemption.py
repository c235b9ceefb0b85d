"""Preemption: which pods of lower priority leave a host so that a pod of higher priority fits there.

On each host that the pod's own demands allow, all pods of lower priority are taken away; if the pod fits then, as many
as possible are let stay, those first whose disruption budget has nothing left, then by priority. The host is taken that
breaks fewest budgets, then whose victims matter least, then are fewest.

The room that a pod waits for is held by a reservation: a stand-in in the snapshot that others see as a pod.
Source: https://kubernetes.io/docs/concepts/scheduling-eviction/pod-priority-preemption/
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bouvier.meta.objects import Obj, key_of, namespace_of
from bouvier.meta.selectors import from_object
from bouvier.scheduler.cycle import Evaluation
from bouvier.scheduler.filters import fit, pod_affinity, ports, spread, volumes
from bouvier.scheduler.shape import Shape
from bouvier.scheduler.snapshot import PlacedPod, Snapshot

RESERVED = "reserved:"
"""Begins the uid of a reservation."""
MOST_HOSTS = 100
"""Hosts looked at, as in the original: more choice is not worth the time."""


@dataclass(frozen=True, slots=True)
class Preemption:
    """What makes room for a pod."""

    host: str
    victims: tuple[PlacedPod, ...]
    violations: int
    """Victims that a disruption budget should have kept."""

    def cost(self) -> tuple[int, int, int, int]:
        """Return what hosts are compared by, least first."""
        priorities = [victim.shape.priority for victim in self.victims]
        return self.violations, max(priorities, default=-(2**31)), sum(priorities), len(priorities)


def may_preempt(pod: Obj, shape: Shape, snapshot: Snapshot) -> bool:
    """Tell whether anybody could leave for this pod."""
    if pod["spec"].get("preemptionPolicy") == "Never" or shape.unsupported:
        return False
    return any(count and priority < shape.priority for priority, count in snapshot.priorities.items())


def plan(evaluation: Evaluation, budgets: Sequence[Obj]) -> Preemption | None:
    """Return the least harmful way to make room, None when there is none; the snapshot is left as it was."""
    snapshot, shape = evaluation.snapshot, evaluation.shape
    found = []
    for row in evaluation.possible_rows()[:MOST_HOSTS]:
        on_host = snapshot.pods_on(snapshot.names[row])
        lower = [pod for pod in on_host if pod.shape.priority < shape.priority and _may_leave(pod)]
        if lower and (one := _on_host(snapshot, shape, row, lower, budgets)):
            found.append(one)
    return min(found, key=Preemption.cost, default=None)


def _may_leave(pod: PlacedPod) -> bool:
    return not pod.deleting and (not pod.assumed or pod.uid.startswith(RESERVED))


def _on_host(
    snapshot: Snapshot, shape: Shape, row: int, lower: list[PlacedPod], budgets: Sequence[Obj]
) -> Preemption | None:
    for pod in lower:
        snapshot.remove_pod(pod.uid)
    try:
        if not fits(snapshot, shape, row):
            return None
        guarded = guarded_pods(lower, budgets)
        order = sorted(lower, key=lambda pod: (pod.uid not in guarded, -pod.shape.priority))
        victims = [pod for pod in order if not _stays(snapshot, shape, row, pod)]
    finally:
        for pod in lower:
            if pod.uid not in snapshot.pods:
                snapshot.put_back(pod)
    return Preemption(snapshot.names[row], tuple(victims), sum(pod.uid in guarded for pod in victims))


def _stays(snapshot: Snapshot, shape: Shape, row: int, pod: PlacedPod) -> bool:
    """Put a pod back if there is room for it beside the one that is to come."""
    snapshot.put_back(pod)
    if fits(snapshot, shape, row):
        return True
    snapshot.remove_pod(pod.uid)
    return False


def fits(snapshot: Snapshot, shape: Shape, row: int) -> bool:
    """Tell whether a host that allows the pod has room for it as things stand."""
    if not fit.check(snapshot, shape, slice(row, row + 1))[0]:
        return False
    checks = [
        module for module, matters in ((ports, shape.ports), (volumes, shape.claims), (spread, shape.spread)) if matters
    ]
    if pod_affinity.matters(snapshot, shape):
        checks.append(pod_affinity)
    return all(bool(module.check(snapshot, shape)[row]) for module in checks)


def guarded_pods(pods: Iterable[PlacedPod], budgets: Sequence[Obj]) -> set[str]:
    """Return the uids of those whose leaving would break a disruption budget; the most important ones spend first."""
    left = {key_of(budget): int((budget.get("status") or {}).get("disruptionsAllowed") or 0) for budget in budgets}
    guarded: set[str] = set()
    for pod in sorted(pods, key=lambda pod: -pod.shape.priority):
        for budget in budgets:
            if not _covers(budget, pod):
                continue
            left[key_of(budget)] -= 1
            if left[key_of(budget)] < 0:
                guarded.add(pod.uid)
    return guarded


def _covers(budget: Obj, pod: PlacedPod) -> bool:
    namespace, _, name = pod.key.rpartition("/")
    if pod.uid.startswith(RESERVED) or namespace_of(budget) != namespace:
        return False
    if name in ((budget.get("status") or {}).get("disruptedPods") or {}):
        return False
    return from_object((budget.get("spec") or {}).get("selector")).matches(pod.shape.labels)


def name_of_victim(pod: PlacedPod) -> tuple[str, str]:
    """Return namespace and name."""
    namespace, _, name = pod.key.rpartition("/")
    return namespace, name
