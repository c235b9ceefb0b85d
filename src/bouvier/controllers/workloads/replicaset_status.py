"""Counts what a ReplicaSet reports about its pods."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bouvier.controllers.runtime.conditions import Condition, find, put, without
from bouvier.controllers.workloads.pods import is_active, is_available, is_finished, is_ready
from bouvier.meta.objects import Obj, is_deleting, labels_of

FAILURE = "ReplicaFailure"


@dataclass(frozen=True, slots=True)
class Failure:
    """Why pods could not be created or deleted."""

    reason: str
    """`FailedCreate` or `FailedDelete`."""
    message: str


def status(replica_set: Obj, owned: Sequence[Obj], failure: Failure | None, now: datetime) -> dict[str, Any]:
    """Return the status that the ReplicaSet should have, given its owned pods and what went wrong just now."""
    old = replica_set.get("status") or {}
    active = [pod for pod in owned if is_active(pod)]
    wait = replica_set["spec"].get("minReadySeconds") or 0
    template_labels = (replica_set["spec"]["template"].get("metadata") or {}).get("labels") or {}
    counts = {
        "fullyLabeledReplicas": sum(template_labels.items() <= labels_of(pod).items() for pod in active),
        "readyReplicas": sum(is_ready(pod) for pod in active),
        "availableReplicas": sum(is_available(pod, wait, now) for pod in active),
    }
    new: dict[str, Any] = {"replicas": len(active)} | {name: count for name, count in counts.items() if count}
    if replica_set["kind"] == "ReplicaSet":
        new["terminatingReplicas"] = sum(is_deleting(pod) and not is_finished(pod) for pod in owned)
    new["observedGeneration"] = replica_set["metadata"].get("generation", 0)
    conditions = _conditions(old.get("conditions") or [], failure, now)
    if conditions:
        new["conditions"] = conditions
    return new


def _conditions(conditions: list[Condition], failure: Failure | None, now: datetime) -> list[Condition]:
    if failure is None:
        return without(conditions, FAILURE)
    if find(conditions, FAILURE):
        return conditions
    new = {"type": FAILURE, "status": "True", "reason": failure.reason, "message": failure.message}
    return put(conditions, new, now)
