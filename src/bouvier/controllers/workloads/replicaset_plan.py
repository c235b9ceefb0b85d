"""Decides which pods a ReplicaSet creates and deletes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from bouvier.controllers.workloads.pods import crowd, deletion_order, is_active
from bouvier.meta.objects import Obj, is_deleting

BURST = 500
"""Most pods created or deleted in one go (Kubernetes' burst): more follow when these were observed."""


@dataclass(frozen=True, slots=True)
class ReplicaSetPlan:
    """What to do so that the number of active pods becomes `spec.replicas`."""

    create: int = 0
    delete: list[Obj] = field(default_factory=list)


def desired_replicas(owner: Obj) -> int:
    """Return `spec.replicas`, 1 where it is not set."""
    replicas = owner["spec"].get("replicas")
    return 1 if replicas is None else int(replicas)


def plan(replica_set: Obj, owned: Sequence[Obj], related: Callable[[], Iterable[Obj]], now: datetime) -> ReplicaSetPlan:
    """Compare the owned pods with the wish.

    `related` gives the pods of all ReplicaSets of the same owner: hosts with many of them give up theirs first.
    """
    if is_deleting(replica_set):
        return ReplicaSetPlan()
    active = [pod for pod in owned if is_active(pod)]
    surplus = len(active) - desired_replicas(replica_set)
    if surplus < 0:
        return ReplicaSetPlan(create=min(-surplus, BURST))
    if surplus == 0:
        return ReplicaSetPlan()
    return ReplicaSetPlan(delete=deletion_order(active, crowd(related()), now)[: min(surplus, BURST)])
