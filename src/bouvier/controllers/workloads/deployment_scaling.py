"""How many replicas each ReplicaSet of a Deployment should have next.

*Sizes* map the name of a ReplicaSet to its next `spec.replicas`; names that are missing keep theirs.
The update never asks for more than desired + maxSurge pods, and gives up available pods only beyond
desired - maxUnavailable, counting a pod that was already told to go as gone even while a status still reports it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from bouvier.controllers.workloads.deployment_revisions import DESIRED_REPLICAS, MAX_REPLICAS, annotated_number
from bouvier.controllers.workloads.deployment_sizes import (
    is_rolling,
    max_surge,
    min_available,
    spec_replicas,
    total_replicas,
)
from bouvier.controllers.workloads.deployment_templates import by_age
from bouvier.meta.objects import Obj, name_of

Sizes = dict[str, int]


def new_size(deployment: Obj, current: Obj | None, old: Sequence[Obj]) -> int:
    """Return how many replicas the present ReplicaSet may have now."""
    desired, present = spec_replicas(deployment), spec_replicas(current) if current else 0
    if present >= desired or not is_rolling(deployment):
        return desired
    room = desired + max_surge(deployment) - present - sum(map(_lasting, old))
    return present + min(max(room, 0), desired - present)


def old_sizes(deployment: Obj, current: Obj, old: Sequence[Obj]) -> Sizes:
    """Return the smaller sizes of old ReplicaSets that a rolling update allows now: unhealthy pods go first."""
    everything = [*old, current]
    keep = min_available(deployment)
    spare = total_replicas(everything) - keep - _unhealthy(current)
    if spare <= 0:
        return {}
    unhealthy = _take(by_age(old), spare, _unhealthy)
    spare = min(spare - sum(unhealthy.values()), sum(map(_available, everything)) - keep)
    healthy = _take(by_age(old), spare, _available)
    lost = {rs: unhealthy.get(rs, 0) + healthy.get(rs, 0) for rs in unhealthy | healthy}
    return {name_of(rs): spec_replicas(rs) - lost[name_of(rs)] for rs in old if name_of(rs) in lost}


def resized(deployment: Obj, current: Obj | None, old: Sequence[Obj]) -> Sizes:
    """Return the sizes after a change of `spec.replicas` in the midst of whatever is going on.

    A Deployment at rest resizes its only ReplicaSet; one in a rolling update shares the change in proportion, so that
    no version gains or loses all of it.
    """
    only = _only_active(current, old)
    desired = spec_replicas(deployment)
    if only is not None:
        return {name_of(only): desired}
    if current is not None and _is_saturated(deployment, current):
        return {name_of(rs): 0 for rs in old if spec_replicas(rs)}
    if not is_rolling(deployment):
        return {}
    active = [rs for rs in [*old, *([current] if current else [])] if spec_replicas(rs)]
    return _proportional(deployment, active)


def is_resized(deployment: Obj, replica_sets: Sequence[Obj]) -> bool:
    """Tell whether `spec.replicas` changed since the active ReplicaSets were last scaled."""
    desired = spec_replicas(deployment)
    known = (annotated_number(rs, DESIRED_REPLICAS) for rs in replica_sets if spec_replicas(rs))
    return any(number is not None and number != desired for number in known)


def _take(old: Sequence[Obj], most: int, on_offer: Callable[[Obj], int]) -> Sizes:
    taken: Sizes = {}
    for rs in old:
        share = min(most - sum(taken.values()), on_offer(rs))
        if share > 0:
            taken[name_of(rs)] = share
    return taken


def _available(replica_set: Obj) -> int:
    reported = (replica_set.get("status") or {}).get("availableReplicas") or 0
    return min(int(reported), spec_replicas(replica_set))


def _lasting(replica_set: Obj) -> int:
    """Count pods that were told to go for as long as their ReplicaSet still reports them: they use their host."""
    return max(spec_replicas(replica_set), (replica_set.get("status") or {}).get("replicas") or 0)


def _unhealthy(replica_set: Obj) -> int:
    return spec_replicas(replica_set) - _available(replica_set)


def _only_active(current: Obj | None, old: Sequence[Obj]) -> Obj | None:
    active = [rs for rs in [*old, *([current] if current else [])] if spec_replicas(rs)]
    if len(active) > 1:
        return None
    if active:
        return active[0]
    return current or (by_age(old)[-1] if old else None)


def _is_saturated(deployment: Obj, current: Obj) -> bool:
    desired = spec_replicas(deployment)
    available = (current.get("status") or {}).get("availableReplicas") or 0
    return annotated_number(current, DESIRED_REPLICAS) == desired == spec_replicas(current) == available


def _proportional(deployment: Obj, active: Sequence[Obj]) -> Sizes:
    desired = spec_replicas(deployment)
    allowed = desired + max_surge(deployment) if desired else 0
    change = allowed - total_replicas(active)
    order = _largest_first(active, newest_first=change > 0)
    sizes, shared = {name_of(rs): spec_replicas(rs) for rs in order}, 0
    for rs in order:
        share = _bounded(_fraction(deployment, rs), change - shared)
        sizes[name_of(rs)] += share
        shared += share
    if change and order:
        first = name_of(order[0])
        sizes[first] = max(sizes[first] + change - shared, 0)
    return sizes


def _largest_first(replica_sets: Sequence[Obj], *, newest_first: bool) -> list[Obj]:
    aged = by_age(replica_sets)
    return sorted(reversed(aged) if newest_first else aged, key=lambda rs: -spec_replicas(rs))


def _fraction(deployment: Obj, replica_set: Obj) -> int:
    """Return the change that keeps the ReplicaSet's part of the whole, rounded to the nearest number."""
    desired, present = spec_replicas(deployment), spec_replicas(replica_set)
    if desired == 0:
        return -present
    before = annotated_number(replica_set, MAX_REPLICAS) or (deployment.get("status") or {}).get("replicas") or present
    return int(present * (desired + max_surge(deployment)) / before + 0.5) - present


def _bounded(share: int, rest: int) -> int:
    return min(max(share, 0), rest) if rest > 0 else max(min(share, 0), rest)
