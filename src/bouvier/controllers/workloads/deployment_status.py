"""What a Deployment reports: counts, and whether it is available and makes progress.

Reasons and messages are Kubernetes', since `kubectl rollout status` and people's scripts read them.
Source: https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#deployment-status
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from bouvier.controllers.runtime.conditions import Condition, find, time_text, without
from bouvier.controllers.workloads.deployment_sizes import (
    actual_replicas,
    min_available,
    spec_replicas,
    total_replicas,
)
from bouvier.meta.objects import Obj, condition_of, name_of
from bouvier.util.clock import parse_time

AVAILABLE, PROGRESSING, FAILURE = "Available", "Progressing", "ReplicaFailure"
NEW_AVAILABLE, TIMED_OUT = "NewReplicaSetAvailable", "ProgressDeadlineExceeded"
PAUSED, RESUMED = "DeploymentPaused", "DeploymentResumed"
CREATE_FAILED = "ReplicaSetCreateError"
NO_DEADLINE = 2**31 - 1
"""`progressDeadlineSeconds` of those who want no deadline."""
Status = dict[str, Any]


def status(deployment: Obj, current: Obj | None, old: Sequence[Obj], now: datetime) -> Status:
    """Return counts and the condition Available; the other conditions as they were."""
    everything = [*old, *([current] if current else [])]
    available = actual_replicas(everything, "availableReplicas")
    counts = {
        "replicas": actual_replicas(everything),
        "updatedReplicas": actual_replicas([current] if current else []),
        "readyReplicas": actual_replicas(everything, "readyReplicas"),
        "availableReplicas": available,
        "unavailableReplicas": max(total_replicas(everything) - available, 0),
        "terminatingReplicas": actual_replicas(everything, "terminatingReplicas"),
    }
    before = deployment.get("status") or {}
    new: Status = {"observedGeneration": deployment["metadata"].get("generation", 0)}
    new |= {name: count for name, count in counts.items() if count or name == "terminatingReplicas"}
    if before.get("collisionCount"):
        new["collisionCount"] = before["collisionCount"]
    conditions = list(before.get("conditions") or ())
    new["conditions"] = set_condition(conditions, _availability(deployment, available), now)
    return new


def _availability(deployment: Obj, available: int) -> Condition:
    if available >= min_available(deployment):
        return condition(AVAILABLE, "True", "MinimumReplicasAvailable", "Deployment has minimum availability.")
    message = "Deployment does not have minimum availability."
    return condition(AVAILABLE, "False", "MinimumReplicasUnavailable", message)


def with_progress(deployment: Obj, new: Status, current: Obj | None, old: Sequence[Obj], now: datetime) -> Status:
    """Return the status with the conditions Progressing and ReplicaFailure brought up to date."""
    conditions: list[Condition] = new["conditions"]
    if not has_deadline(deployment):
        conditions = without(conditions, PROGRESSING)
    elif not _has_arrived(new):
        conditions = _progress(deployment, new, current, now)
    failure = replica_failure(current, old)
    conditions = set_condition(conditions, failure, now) if failure else without(conditions, FAILURE)
    return {**new, "conditions": conditions}


def _has_arrived(new: Status) -> bool:
    present = find(new["conditions"], PROGRESSING)
    all_new = new.get("replicas", 0) == new.get("updatedReplicas", 0)
    return all_new and present is not None and present.get("reason") == NEW_AVAILABLE


def _progress(deployment: Obj, new: Status, current: Obj | None, now: datetime) -> list[Condition]:
    conditions: list[Condition] = new["conditions"]
    subject = f'ReplicaSet "{name_of(current)}"' if current else f'Deployment "{name_of(deployment)}"'
    if is_complete(deployment, new):
        message = f"{subject} has successfully progressed."
        return set_condition(conditions, condition(PROGRESSING, "True", NEW_AVAILABLE, message), now)
    if _has_progressed(deployment.get("status") or {}, new):
        return _renew(
            conditions, condition(PROGRESSING, "True", "ReplicaSetUpdated", f"{subject} is progressing."), now
        )
    if has_timed_out(deployment, conditions, now):
        message = f"{subject} has timed out progressing."
        return set_condition(conditions, condition(PROGRESSING, "False", TIMED_OUT, message), now)
    return conditions


def is_complete(deployment: Obj, new: Status) -> bool:
    """Tell whether every wanted pod is of the present template and available, and no other is left."""
    desired = spec_replicas(deployment)
    counts = (new.get("updatedReplicas", 0), new.get("replicas", 0), new.get("availableReplicas", 0))
    observed = (new.get("observedGeneration") or 0) >= deployment["metadata"].get("generation", 0)
    return observed and counts == (desired, desired, desired)


def _has_progressed(before: Status, new: Status) -> bool:
    def count(status: Status, name: str) -> int:
        return int(status.get(name) or 0)

    grown = any(count(new, n) > count(before, n) for n in ("updatedReplicas", "readyReplicas", "availableReplicas"))
    outdated = [count(s, "replicas") - count(s, "updatedReplicas") for s in (new, before)]
    return grown or outdated[0] < outdated[1]


def has_deadline(deployment: Obj) -> bool:
    """Tell whether `progressDeadlineSeconds` bounds the waiting for progress."""
    seconds = deployment["spec"].get("progressDeadlineSeconds")
    return seconds is not None and seconds != NO_DEADLINE


def has_timed_out(deployment: Obj, conditions: list[Condition], now: datetime) -> bool:
    """Tell whether nothing progressed for longer than `progressDeadlineSeconds`."""
    present = find(conditions, PROGRESSING)
    if present is None or present.get("reason") == NEW_AVAILABLE:
        return False
    if present.get("reason") == TIMED_OUT:
        return True
    return _deadline(deployment, present) < now


def seconds_to_deadline(deployment: Obj, new: Status, now: datetime) -> float | None:
    """Return when to look again whether progress stopped; None if there is nothing to wait for."""
    present = find(new["conditions"], PROGRESSING)
    if not has_deadline(deployment) or present is None or is_complete(deployment, new):
        return None
    if present.get("reason") in (TIMED_OUT, NEW_AVAILABLE):
        return None
    return max((_deadline(deployment, present) - now).total_seconds(), 0.0) + 1.0


def _deadline(deployment: Obj, progressing: Condition) -> datetime:
    since = parse_time(progressing["lastUpdateTime"])
    return since + timedelta(seconds=int(deployment["spec"]["progressDeadlineSeconds"]))


def pause_condition(deployment: Obj) -> Condition | None:
    """Return the Progressing condition that a pause or its end calls for, None if there is nothing to say.

    While paused the deadline does not run; a time-out that was reported before stays reported.
    """
    if not has_deadline(deployment):
        return None
    reason = (condition_of(deployment, PROGRESSING) or {}).get("reason")
    paused = bool(deployment["spec"].get("paused"))
    if reason == TIMED_OUT or paused == (reason == PAUSED):
        return None
    if paused:
        return condition(PROGRESSING, "Unknown", PAUSED, "Deployment is paused")
    return condition(PROGRESSING, "Unknown", RESUMED, "Deployment is resumed")


def creation_failed(deployment: Obj, message: str, now: datetime) -> Status:
    """Return the present status with the news that the new ReplicaSet was refused."""
    present = deployment.get("status") or {}
    if not has_deadline(deployment):
        return present
    failed = condition(PROGRESSING, "False", CREATE_FAILED, message)
    return {**present, "conditions": set_condition(list(present.get("conditions") or ()), failed, now)}


def replica_failure(current: Obj | None, old: Sequence[Obj]) -> Condition | None:
    """Return the ReplicaFailure condition of the present ReplicaSet, else of any other, as the Deployment's own."""
    for replica_set in [*([current] if current else []), *old]:
        found = condition_of(replica_set, FAILURE)
        if found:
            return condition(FAILURE, found["status"], found.get("reason", ""), found.get("message", ""))
    return None


def condition(kind: str, truth: str, reason: str, message: str) -> Condition:
    """Return a condition without times."""
    return {"type": kind, "status": truth, "reason": reason, "message": message}


def set_condition(conditions: list[Condition], new: Condition, now: datetime) -> list[Condition]:
    """Return the conditions with `new` in place of the one of its type; one of equal status and reason is kept."""
    present = find(conditions, new["type"])
    if present and (present["status"], present.get("reason")) == (new["status"], new["reason"]):
        return conditions
    return _renew(conditions, new, now)


def _renew(conditions: list[Condition], new: Condition, now: datetime) -> list[Condition]:
    present, text = find(conditions, new["type"]), time_text(now)
    since = text
    if present and present["status"] == new["status"]:
        since = present.get("lastTransitionTime") or text
    return [*without(conditions, new["type"]), {**new, "lastUpdateTime": text, "lastTransitionTime": since}]
