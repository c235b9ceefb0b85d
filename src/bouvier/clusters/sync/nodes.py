"""Hosts of an orchestrator as Node objects, and who decides on their availability (pure)."""

from __future__ import annotations

from typing import Any, Literal

from bouvier.clusters.driver import APPLIED, INSTANCE, Availability, Host
from bouvier.meta.objects import Obj, annotations_of, condition_of

PODS = "110"
"""Kubernetes' customary bound; orchestrators that have none are not held to it."""


def node_object(host: Host) -> Obj:
    """Return the Node of a new host."""
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {
            "name": host.name,
            "labels": labels(host),
            "annotations": {INSTANCE: host.id, APPLIED: host.availability},
        },
        "spec": {"unschedulable": True} if host.availability != "active" else {},
    }


def labels(host: Host) -> dict[str, str]:
    """Return a host's labels in Kubernetes' words, its own ones among them."""
    own = {
        "kubernetes.io/hostname": host.name,
        "kubernetes.io/os": host.os,
        "kubernetes.io/arch": host.architecture,
    }
    if host.is_manager:
        own["node-role.kubernetes.io/control-plane"] = ""
    return {**host.labels, **own}


def availability(node: Obj, host: Host) -> tuple[Literal["keep", "hold", "take"], Availability]:
    """Return whether the host or the Node changes, and to what.

    A Node knows only whether it is schedulable; paused and drained hosts both are not.
    """
    wanted, actual = bool(node["spec"].get("unschedulable")), host.availability != "active"
    if wanted == actual:
        return "keep", host.availability
    before = annotations_of(node).get(APPLIED, "active") != "active"
    if before == wanted:
        return "take", host.availability
    return "hold", "pause" if wanted else "active"


def status(host: Host, node: Obj, now: str) -> dict[str, Any]:
    """Return the Node's status."""
    amounts = {"cpu": _cpu(host.cpu_millis), "memory": f"{host.memory_bytes // 1024}Ki", "pods": PODS}
    ready = {
        "type": "Ready",
        "status": "True" if host.ready else "Unknown",
        "reason": "HostReady" if host.ready else "HostLost",
        "message": "the orchestrator reports the host as ready" if host.ready else host.message,
    }
    before = condition_of(node, "Ready") or {}
    since = before.get("lastTransitionTime", now) if before.get("status") == ready["status"] else now
    heard = before.get("lastHeartbeatTime", now) if before.get("status") == ready["status"] else now
    return {
        "capacity": amounts,
        "allocatable": amounts,
        "conditions": [{**ready, "lastTransitionTime": since, "lastHeartbeatTime": heard}],
        "addresses": [
            {"type": "InternalIP", "address": host.address or "0.0.0.0"},
            {"type": "Hostname", "address": host.name},
        ],
        "nodeInfo": _info(host),
    }


def _cpu(millis: int) -> str:
    return str(millis // 1000) if millis % 1000 == 0 else f"{millis}m"


def _info(host: Host) -> dict[str, str]:
    return {
        "architecture": host.architecture,
        "operatingSystem": host.os,
        "containerRuntimeVersion": f"{host.engine}://{host.engine_version}",
        "kubeletVersion": host.engine_version,
        "kubeProxyVersion": "",
        "bootID": "",
        "kernelVersion": "",
        "machineID": host.id,
        "osImage": "",
        "systemUUID": "",
    }
