"""Decides what a StatefulSet does next with its pods (pure).

`OrderedReady` makes one step at a time: pods come up in the order of their ordinals, each when the one before it is
available, and go in the opposite order; `Parallel` creates and deletes without waiting. Updates go from the highest
ordinal down to the partition either way, each waiting for the one before it unless `maxUnavailable` allows more.
Source: https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/#deployment-and-scaling-guarantees
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from bouvier.controllers.statefulsets.identity import new_pod, ordinal_of, ordinals_of, revision_of, start_of
from bouvier.controllers.workloads.pods import is_available, is_finished, is_ready, phase_of
from bouvier.meta.intstr import resolve
from bouvier.meta.objects import Obj, is_deleting, name_of


@dataclass(frozen=True, slots=True)
class Observed:
    """What the decision is made from."""

    stateful_set: Obj
    pods: Sequence[Obj]
    """The pods that the set controls."""
    current: Obj
    """Revision that the pods had before the update that is going on."""
    update: Obj
    """Revision of the present template; the same as `current` when no update is going on."""
    now: datetime


@dataclass(frozen=True, slots=True)
class StatefulSetPlan:
    """The steps that are allowed now."""

    create: list[Obj] = field(default_factory=list)
    delete: list[Obj] = field(default_factory=list)


def plan(observed: Observed) -> StatefulSetPlan:
    """Return the next steps."""
    made = StatefulSetPlan()
    if is_deleting(observed.stateful_set):
        return made
    members, condemned = sorted_out(observed.stateful_set, observed.pods)
    if _raise_members(observed, members, made) or _end_condemned(observed, condemned, made):
        return made
    if not made.create and not made.delete:
        made.delete.extend(_outdated(observed, members))
    return made


def is_ordered(stateful_set: Obj) -> bool:
    """Tell whether pods come and go one after another."""
    return bool((stateful_set["spec"].get("podManagementPolicy") or "OrderedReady") == "OrderedReady")


def sorted_out(stateful_set: Obj, pods: Sequence[Obj]) -> tuple[dict[int, Obj], list[Obj]]:
    """Return the wanted pods by ordinal, and the others with the highest ordinal first."""
    wanted = ordinals_of(stateful_set)
    members, condemned = {}, []
    for pod in pods:
        ordinal = ordinal_of(stateful_set, pod)
        if ordinal in wanted:
            members[ordinal] = pod
        else:
            condemned.append(pod)
    return members, sorted(condemned, key=lambda pod: ordinal_of(stateful_set, pod), reverse=True)


def is_up(observed: Observed, pod: Obj) -> bool:
    """Tell whether a pod runs, is available for long enough and stays."""
    wait = observed.stateful_set["spec"].get("minReadySeconds") or 0
    running = phase_of(pod) == "Running" and is_ready(pod) and is_available(pod, wait, observed.now)
    return running and not is_deleting(pod)


def _raise_members(observed: Observed, members: dict[int, Obj], made: StatefulSetPlan) -> bool:
    """Create what is missing; tell whether something must be waited for."""
    ordered = is_ordered(observed.stateful_set)
    for ordinal in ordinals_of(observed.stateful_set):
        pod = members.get(ordinal)
        if pod is None:
            made.create.append(new_pod(observed.stateful_set, ordinal, _revision_for(observed, ordinal)))
        elif is_finished(pod) and not is_deleting(pod):
            made.delete.append(pod)
        elif is_up(observed, pod):
            continue
        if ordered:
            return True
    return False


def _end_condemned(observed: Observed, condemned: list[Obj], made: StatefulSetPlan) -> bool:
    """Delete what is too much; tell whether something must be waited for.

    In order, a pod goes when it is up; of those that are not, the one with the lowest ordinal may go, so that a set of
    broken pods can still be scaled down.
    """
    ordered = is_ordered(observed.stateful_set)
    broken = [pod for pod in condemned if not is_up(observed, pod)]
    for pod in condemned:
        if not is_deleting(pod) and (not ordered or is_up(observed, pod) or pod is broken[-1]):
            made.delete.append(pod)
        if ordered:
            return True
    return False


def _revision_for(observed: Observed, ordinal: int) -> Obj:
    """Return what a missing pod is made from: below the partition the former template."""
    strategy = observed.stateful_set["spec"].get("updateStrategy") or {}
    if strategy.get("type", "RollingUpdate") != "RollingUpdate":
        return observed.update
    return observed.current if ordinal < start_of(observed.stateful_set) + _partition(strategy) else observed.update


def _partition(strategy: Obj) -> int:
    return int((strategy.get("rollingUpdate") or {}).get("partition") or 0)


def _outdated(observed: Observed, members: dict[int, Obj]) -> list[Obj]:
    """Return the pods of an old template that may go now."""
    stateful_set = observed.stateful_set
    strategy = stateful_set["spec"].get("updateStrategy") or {}
    if strategy.get("type", "RollingUpdate") != "RollingUpdate":
        return []
    lowest = start_of(stateful_set) + _partition(strategy)
    candidates = [members[n] for n in sorted(members, reverse=True) if n >= lowest]
    most = _max_unavailable(stateful_set, strategy)
    if most <= 1:
        return _first_outdated(observed, candidates)
    missing = sum(not is_up(observed, pod) for pod in members.values())
    old = [pod for pod in candidates if _is_outdated(observed, pod)]
    return old[: max(most - missing, 0)]


def _first_outdated(observed: Observed, candidates: list[Obj]) -> list[Obj]:
    for pod in candidates:
        if _is_outdated(observed, pod):
            return [pod]
        if not is_up(observed, pod):
            return []
    return []


def _is_outdated(observed: Observed, pod: Obj) -> bool:
    return revision_of(pod) != name_of(observed.update) and not is_deleting(pod)


def _max_unavailable(stateful_set: Obj, strategy: Obj) -> int:
    value = (strategy.get("rollingUpdate") or {}).get("maxUnavailable")
    if value is None:
        return 1
    return max(resolve(value, len(ordinals_of(stateful_set)), round_up=True), 1)
