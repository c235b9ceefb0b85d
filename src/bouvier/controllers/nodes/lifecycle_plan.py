"""Decides what a host's silence or complaints mean for its Node: conditions and taints.

A host is *silent* when its Lease was not renewed for the grace time. Then its conditions become Unknown, it is tainted
`unreachable`, and what it last said about its pods' readiness is not believed any more. When (nearly) all hosts are
silent the fault is more likely on our side: nothing is evicted until somebody is heard.
Source: https://kubernetes.io/docs/concepts/architecture/nodes/#node-controller
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from bouvier.controllers.runtime.conditions import time_text
from bouvier.controllers.runtime.taints import taints_of
from bouvier.meta.objects import Obj, condition_of

NOT_READY = "node.kubernetes.io/not-ready"
UNREACHABLE = "node.kubernetes.io/unreachable"
UNSCHEDULABLE = "node.kubernetes.io/unschedulable"
PRESSURE_TAINTS = {
    "MemoryPressure": "node.kubernetes.io/memory-pressure",
    "DiskPressure": "node.kubernetes.io/disk-pressure",
    "PIDPressure": "node.kubernetes.io/pid-pressure",
    "NetworkUnavailable": "node.kubernetes.io/network-unavailable",
}
"""Taints (NoSchedule) for conditions that are True."""
REPORTED = ("Ready", "MemoryPressure", "DiskPressure", "PIDPressure")
"""Conditions that only the host can know and that become Unknown in its silence."""
OURS = frozenset((NOT_READY, UNREACHABLE, UNSCHEDULABLE, *PRESSURE_TAINTS.values()))
LARGE_PART = 0.55
FEW = 2
"""More than FEW hosts and more than LARGE_PART of all being unhealthy is a disruption of the whole, as in Kubernetes."""
Taint = dict[str, Any]


class Census(NamedTuple):
    """How many hosts there are, and how many of them are not ready or silent."""

    hosts: int
    unhealthy: int

    @property
    def is_disrupted(self) -> bool:
        """Tell whether so many hosts are unhealthy that moving their pods would do more harm than waiting."""
        if self.hosts and self.unhealthy == self.hosts:
            return True
        return self.unhealthy > FEW and self.unhealthy >= LARGE_PART * self.hosts


@dataclass(frozen=True, slots=True)
class NodePlan:
    """What to write on a Node; None where it is right."""

    conditions: list[dict[str, Any]] | None = None
    taints: list[Taint] | None = None
    distrust_pods: bool = False
    """Its pods' condition Ready must be False."""


def plan(node: Obj, *, silent: bool, census: Census, now: datetime) -> NodePlan:
    """Return the writes for one Node."""
    conditions = (node.get("status") or {}).get("conditions") or []
    wanted = _silenced(conditions, node["metadata"].get("creationTimestamp"), now) if silent else conditions
    judged = {**node, "status": {**(node.get("status") or {}), "conditions": wanted}}
    taints = _taints(judged, evict=not census.is_disrupted, now=now)
    return NodePlan(
        conditions=wanted if wanted != conditions else None,
        taints=taints if taints != taints_of(node) else None,
        distrust_pods=silent,
    )


def is_healthy(node: Obj) -> bool:
    """Tell whether the host says that it is ready."""
    ready = condition_of(node, "Ready")
    return ready is not None and ready.get("status") == "True"


def not_ready(pod: Obj, now: datetime) -> list[dict[str, Any]] | None:
    """Return the pod's conditions with Ready False, None if it is not True now."""
    conditions = (pod.get("status") or {}).get("conditions") or []
    ready = condition_of(pod, "Ready")
    if ready is None or ready.get("status") != "True":
        return None
    changed = {**ready, "status": "False", "lastTransitionTime": time_text(now)}
    return [changed if each is ready else each for each in conditions]


def _silenced(conditions: list[dict[str, Any]], created: str | None, now: datetime) -> list[dict[str, Any]]:
    present = {each["type"]: each for each in conditions}
    if all((present.get(kind) or {}).get("status") == "Unknown" for kind in REPORTED):
        return conditions
    others = [each for each in conditions if each.get("type") not in REPORTED]
    return [*(_unknown(kind, present.get(kind), created, now) for kind in REPORTED), *others]


def _unknown(kind: str, present: dict[str, Any] | None, created: str | None, now: datetime) -> dict[str, Any]:
    if present is None:
        return {
            "type": kind,
            "status": "Unknown",
            "reason": "NodeStatusNeverUpdated",
            "message": "Kubelet never posted node status.",
            "lastHeartbeatTime": created,
            "lastTransitionTime": time_text(now),
        }
    if present.get("status") == "Unknown":
        return present
    return {
        **present,
        "status": "Unknown",
        "reason": "NodeStatusUnknown",
        "message": "Kubelet stopped posting node status.",
        "lastTransitionTime": time_text(now),
    }


def _taints(node: Obj, *, evict: bool, now: datetime) -> list[Taint]:
    """Return all taints of the Node: those of others unchanged, ours as its conditions ask for.

    A taint that is there keeps the time when it was added, from which evictions are counted.
    """
    present = taints_of(node)
    wanted = _wanted(node, evict=evict)
    kept = [t for t in present if t["key"] not in OURS or (t["key"], t["effect"]) in wanted]
    have = {(taint["key"], taint["effect"]) for taint in kept}
    missing = [each for each in wanted if each not in have]
    return [*kept, *({"key": key, "effect": effect, "timeAdded": time_text(now)} for key, effect in missing)]


def _wanted(node: Obj, *, evict: bool) -> list[tuple[str, str]]:
    wanted = []
    status = (condition_of(node, "Ready") or {}).get("status")
    if status != "True":
        key = NOT_READY if status == "False" else UNREACHABLE
        wanted = [(key, "NoSchedule")] if status else [(NOT_READY, "NoSchedule")]
        if evict and status:
            wanted.append((key, "NoExecute"))
    for kind, key in PRESSURE_TAINTS.items():
        if (condition_of(node, kind) or {}).get("status") == "True":
            wanted.append((key, "NoSchedule"))
    if (node.get("spec") or {}).get("unschedulable"):
        wanted.append((UNSCHEDULABLE, "NoSchedule"))
    return wanted
