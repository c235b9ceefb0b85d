"""What workload controllers want to know of a pod: whether it counts, serves, and which one to give up first.

Source: https://kubernetes.io/docs/concepts/workloads/controllers/replicaset/#scaling-a-replicaset
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from bouvier.meta.objects import Obj, annotations_of, condition_of, is_condition_true, is_deleting, uid_of
from bouvier.util.clock import parse_time

DELETION_COST = "controller.kubernetes.io/pod-deletion-cost"
PHASE_ORDER = {"Pending": 0, "Unknown": 1, "Running": 2}
TEMPLATE_COPIES = ("labels", "annotations", "finalizers")


def phase_of(pod: Obj) -> str:
    """Return `status.phase`, `Pending` while there is none."""
    return (pod.get("status") or {}).get("phase") or "Pending"


def is_finished(pod: Obj) -> bool:
    """Tell whether all containers of the pod have ended for good."""
    return phase_of(pod) in ("Succeeded", "Failed")


def is_active(pod: Obj) -> bool:
    """Tell whether the pod counts as a replica: it neither ended nor is being deleted."""
    return not is_finished(pod) and not is_deleting(pod)


def is_ready(pod: Obj) -> bool:
    """Tell whether the pod's condition Ready is true."""
    return is_condition_true(pod, "Ready")


def ready_since(pod: Obj) -> datetime | None:
    """Return since when the pod is ready; None if it is not."""
    condition = condition_of(pod, "Ready")
    if condition is None or condition.get("status") != "True" or not condition.get("lastTransitionTime"):
        return None
    return parse_time(condition["lastTransitionTime"])


def available_at(pod: Obj, min_ready_seconds: int) -> datetime | None:
    """Return when the pod becomes (or became) available if nothing happens; None while it is not ready."""
    since = ready_since(pod)
    return since + timedelta(seconds=min_ready_seconds) if since else None


def is_available(pod: Obj, min_ready_seconds: int, now: datetime) -> bool:
    """Tell whether the pod has been ready for at least `min_ready_seconds`."""
    if not min_ready_seconds:
        return is_ready(pod)
    moment = available_at(pod, min_ready_seconds)
    return moment is not None and moment <= now


def seconds_until_available(pods: Iterable[Obj], min_ready_seconds: int, now: datetime) -> float | None:
    """Return the time until the next ready pod becomes available; None if none is waiting for that."""
    if not min_ready_seconds:
        return None
    moments = (available_at(pod, min_ready_seconds) for pod in pods)
    waits = [(moment - now).total_seconds() for moment in moments if moment and moment > now]
    return min(waits, default=None)


def restarts_of(pod: Obj) -> int:
    """Return the restart count of the pod's most restarted container."""
    statuses = (pod.get("status") or {}).get("containerStatuses") or ()
    return max((status.get("restartCount") or 0 for status in statuses), default=0)


def deletion_cost(pod: Obj) -> int:
    """Return what its user says that losing this pod costs, 0 if nothing readable is said."""
    try:
        return int(annotations_of(pod).get(DELETION_COST, "0"))
    except ValueError:
        return 0


def crowd(related: Iterable[Obj]) -> Counter[str]:
    """Return how many active pods of `related` each host has."""
    return Counter(pod["spec"].get("nodeName") or "" for pod in related if is_active(pod))


def deletion_order(pods: Iterable[Obj], crowding: Counter[str], now: datetime) -> list[Obj]:
    """Return the pods in the order in which a controller gives them up.

    Unassigned, pending and unready pods go first, then low deletion cost, crowded hosts, short readiness, many restarts
    and youth. Times are compared by magnitude (their logarithm), so that equally old pods are chosen at random (by uid).
    """
    return sorted(pods, key=lambda pod: _deletion_rank(pod, crowding, now))


def _deletion_rank(pod: Obj, crowding: Counter[str], now: datetime) -> tuple[Any, ...]:
    host = pod["spec"].get("nodeName") or ""
    return (
        bool(host),
        PHASE_ORDER.get(phase_of(pod), 2),
        is_ready(pod),
        deletion_cost(pod),
        -crowding[host],
        _magnitude(ready_since(pod), now),
        -restarts_of(pod),
        _magnitude(_created_at(pod), now),
        uid_of(pod),
    )


def _created_at(pod: Obj) -> datetime | None:
    text = pod["metadata"].get("creationTimestamp")
    return parse_time(text) if text else None


def _magnitude(moment: datetime | None, now: datetime) -> int:
    if moment is None:
        return -1
    return int(math.log2(max((now - moment).total_seconds(), 0.0) + 1))


def from_template(template: Obj, owner: Obj, reference: dict[str, Any], name: str) -> Obj:
    """Return the pod that `template` describes, named `name` and controlled through `reference` by `owner`."""
    source = template.get("metadata") or {}
    metadata: Obj = {part: source[part] for part in TEMPLATE_COPIES if source.get(part)}
    metadata |= {
        "name": name,
        "generateName": owner["metadata"]["name"] + "-",
        "namespace": owner["metadata"]["namespace"],
        "ownerReferences": [reference],
    }
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": template["spec"]}
