"""Instances as Pod objects (pure)."""

from __future__ import annotations

import base64
import copy
import hashlib
from typing import Any

from bouvier.clusters.driver import INSTANCE, Host, Instance
from bouvier.meta.objects import Obj, annotations_of, condition_of, name_of, namespace_of, owner_reference

LONGEST_BASE = 57
"""A pod's name should fit a DNS label, with a dash and five letters."""
SCHEDULER = "orchestrator"
"""Who places pods that show an instance: not our scheduler."""
_PHASES = {
    "pending": "Pending",
    "creating": "Pending",
    "running": "Running",
    "succeeded": "Succeeded",
    "failed": "Failed",
}


def pod_name(owner: Obj, instance: Instance) -> str:
    """Return the name of an instance's pod: the same whenever it is asked for."""
    letters = instance.id if instance.id.isalnum() else _letters(instance.id)
    return f"{name_of(owner)[:LONGEST_BASE]}-{letters[:5].lower()}"


def _letters(identifier: str) -> str:
    """Return letters for an id that is made of parts, of which several instances share most."""
    return base64.b32encode(hashlib.sha256(identifier.encode()).digest()).decode()


def pod_object(owner: Obj, template: Obj, instance: Instance, host: Host | None) -> Obj:
    """Return the pod that shows an instance of a ReplicaSet or DaemonSet."""
    metadata = template.get("metadata") or {}
    spec = copy.deepcopy(template["spec"]) | {"automountServiceAccountToken": False, "schedulerName": SCHEDULER}
    if host is not None:
        spec["nodeName"] = host.name
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": pod_name(owner, instance),
            "namespace": namespace_of(owner),
            "labels": dict(metadata.get("labels") or {}),
            "annotations": {**(metadata.get("annotations") or {}), INSTANCE: instance.id},
            "ownerReferences": [owner_reference(owner)],
        },
        "spec": spec,
    }


def status(pod: Obj, instance: Instance, host: Host | None, now: str) -> dict[str, Any]:
    """Return the pod's status."""
    made: dict[str, Any] = {
        "phase": _PHASES[instance.phase],
        "conditions": [_condition(pod, line, now) for line in _conditions(instance)],
        "containerStatuses": [_container(pod, instance)],
        "startTime": (pod.get("status") or {}).get("startTime") or now,
    }
    if instance.phase == "failed" and instance.message:
        made["message"] = instance.message
    if host is not None and host.address:
        made["hostIP"] = host.address
    if instance.address:
        made["podIP"] = instance.address
        made["podIPs"] = [{"ip": instance.address}]
    return made


def _conditions(instance: Instance) -> list[tuple[str, bool, str, str]]:
    waits = "" if instance.ready else "ContainersNotReady"
    return [
        (
            "PodScheduled",
            bool(instance.host),
            "" if instance.host else "Unschedulable",
            "" if instance.host else instance.message,
        ),
        ("Initialized", bool(instance.host), "", ""),
        ("ContainersReady", instance.ready, waits, "" if instance.ready else instance.message),
        ("Ready", instance.ready, waits, "" if instance.ready else instance.message),
    ]


def _condition(pod: Obj, line: tuple[str, bool, str, str], now: str) -> dict[str, Any]:
    kind, truth, reason, message = line
    text = "True" if truth else "False"
    before = condition_of(pod, kind) or {}
    since = before.get("lastTransitionTime", now) if before.get("status") == text else now
    made = {"type": kind, "status": text, "lastProbeTime": None, "lastTransitionTime": since}
    return made | ({"reason": reason} if reason else {}) | ({"message": message} if message else {})


def _container(pod: Obj, instance: Instance) -> dict[str, Any]:
    container = pod["spec"]["containers"][0]
    return {
        "name": container["name"],
        "image": instance.image or container["image"],
        "imageID": "",
        "containerID": f"docker://{instance.container}" if instance.container else "",
        "ready": instance.ready,
        "started": instance.phase == "running",
        "restartCount": instance.restarts,
        "state": _state(instance),
        "lastState": {},
    }


def _state(instance: Instance) -> dict[str, Any]:
    if instance.phase == "running":
        return {"running": {"startedAt": instance.started_at or None}}
    if instance.phase in ("succeeded", "failed"):
        reason = "Completed" if instance.phase == "succeeded" else "Error"
        ended = {"exitCode": instance.exit_code or 0, "reason": reason, "message": instance.message}
        return {"terminated": {**ended, "finishedAt": instance.finished_at or None}}
    return {"waiting": {"reason": _waiting_reason(instance), "message": instance.message}}


def _waiting_reason(instance: Instance) -> str:
    text = instance.message.lower()
    if "no such image" in text or "pull access denied" in text or "manifest" in text:
        return "ErrImagePull"
    if instance.restarts:
        return "CrashLoopBackOff"
    return "ContainerCreating"


def is_same_status(one: Any, other: Any) -> bool:
    """Tell whether two statuses say the same, moments aside."""
    same: bool = _timeless(one) == _timeless(other)
    return same


def _timeless(value: Any) -> Any:
    if isinstance(value, dict):
        moments = (
            "lastTransitionTime",
            "lastHeartbeatTime",
            "lastUpdateTime",
            "lastProbeTime",
            "startTime",
            "qosClass",
        )
        return {k: _timeless(v) for k, v in value.items() if k not in moments and v not in (None, "", [], {})}
    if isinstance(value, list):
        return [_timeless(part) for part in value]
    return value


def instance_id(pod: Obj) -> str:
    """Return the instance that a pod shows."""
    return annotations_of(pod).get(INSTANCE, "")
