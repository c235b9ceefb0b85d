"""The Node object of a host (pure)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from bouvier import __version__
from bouvier.engine.states import EngineInfo, ImageInfo
from bouvier.meta import quantities
from bouvier.meta.objects import Obj, condition_of
from bouvier.node.host.facts import MachineIds
from bouvier.node.settings import NodeSettings

KUBERNETES_VERSION = "v1.37.0"
"""Version whose API the agent speaks; clients compare it with the server's."""
AGENT_PORT = 10250
"""The kubelet's. Nobody listens there: it is how clients of `nodes/NAME:PORT/proxy` name the agent."""
_IMAGES_SHOWN = 50
"""The kubelet's default: a Node object must stay small."""
_KIB = 1024

# Type, status, reason and message of the conditions that are not watched here: there is no eviction.
_PRESSURES = (
    ("MemoryPressure", "False", "KubeletHasSufficientMemory", "node agent has sufficient memory available"),
    ("DiskPressure", "False", "KubeletHasNoDiskPressure", "node agent has no disk pressure"),
    ("PIDPressure", "False", "KubeletHasSufficientPID", "node agent has sufficient PID available"),
)


@dataclass(frozen=True, slots=True)
class HostView:
    """What a Node status is made from."""

    info: EngineInfo
    ids: MachineIds
    disk_bytes: int
    images: tuple[ImageInfo, ...] = ()
    problem: str = ""
    """Why pods cannot be run at the moment; empty when they can."""


def node_object(settings: NodeSettings, view: HostView) -> Obj:
    """Return the Node as it is created."""
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": settings.node_name, "labels": node_labels(settings, view.info)},
        "spec": {},
    }


def node_labels(settings: NodeSettings, info: EngineInfo) -> dict[str, str]:
    """Return the labels that the agent keeps on its Node."""
    own = {
        "kubernetes.io/hostname": settings.node_name,
        "kubernetes.io/os": info.operating_system,
        "kubernetes.io/arch": info.architecture,
    }
    return own | dict(settings.labels)


def capacity(settings: NodeSettings, view: HostView) -> dict[str, str]:
    """Return the resources of the host."""
    return {
        "cpu": str(view.info.cpus),
        "memory": f"{view.info.memory_bytes // _KIB}Ki",
        "ephemeral-storage": f"{view.disk_bytes // _KIB}Ki",
        "pods": str(settings.max_pods),
    }


def allocatable(settings: NodeSettings, view: HostView) -> dict[str, str]:
    """Return what is left for pods after the host's own needs."""
    millicores = view.info.cpus * 1000 - settings.reserved_cpu_millicores
    memory = view.info.memory_bytes - settings.reserved_memory_bytes
    return capacity(settings, view) | {
        "cpu": str(millicores // 1000) if millicores % 1000 == 0 else f"{millicores}m",
        "memory": f"{max(0, memory) // _KIB}Ki",
        "ephemeral-storage": f"{view.disk_bytes * 9 // 10 // _KIB}Ki",
    }


def node_status(settings: NodeSettings, view: HostView, old: Obj, now: str) -> Obj:
    """Return the status; `old` is the Node as known, from which transition times and foreign resources are kept."""
    info = view.info
    return {
        "addresses": [{"type": kind, "address": address} for kind, address in settings.addresses],
        "capacity": capacity(settings, view),
        "allocatable": _foreign(old) | allocatable(settings, view),
        "conditions": _conditions(view, old, now),
        "nodeInfo": {
            "machineID": view.ids.machine,
            "systemUUID": view.ids.system,
            "bootID": view.ids.boot,
            "kernelVersion": info.kernel_version,
            "osImage": info.os_image,
            "containerRuntimeVersion": f"{info.name}://{info.version}",
            "kubeletVersion": f"{KUBERNETES_VERSION}+bouvier-{__version__}",
            "kubeProxyVersion": "",
            "operatingSystem": info.operating_system,
            "architecture": info.architecture,
        },
        "runtimeHandlers": [_handler(name) for name in ("", *info.runtimes)],
        "features": {"supplementalGroupsPolicy": False},
        "daemonEndpoints": {"kubeletEndpoint": {"Port": AGENT_PORT}},
        "images": _images(view.images),
    }


def _foreign(node: Obj) -> dict[str, str | None]:
    """Return what others said that the host has: all of it is for pods; None is what they took back."""
    status = node.get("status") or {}
    has = {name: amount for name, amount in (status.get("capacity") or {}).items() if "/" in name}
    return {name: None for name in status.get("allocatable") or {} if "/" in name} | has


def _conditions(view: HostView, old: Obj, now: str) -> list[Obj]:
    if view.problem:
        ready = ("Ready", "False", "KubeletNotReady", view.problem)
    else:
        ready = ("Ready", "True", "KubeletReady", "node agent is posting ready status")
    return [_condition(old, wanted, now) for wanted in (*_PRESSURES, ready)]


def _condition(old: Obj, wanted: tuple[str, str, str, str], now: str) -> Obj:
    kind, status, reason, message = wanted
    before = condition_of(old, kind) or {}
    same = before.get("status") == status
    return {
        "type": kind,
        "status": status,
        "lastHeartbeatTime": now,
        "lastTransitionTime": before.get("lastTransitionTime", now) if same else now,
        "reason": reason,
        "message": message,
    }


def _handler(name: str) -> Obj:
    return {"name": name, "features": {"recursiveReadOnlyMounts": False, "userNamespaces": False}}


def _images(images: Iterable[ImageInfo]) -> list[Obj]:
    largest = sorted(images, key=lambda image: (-image.size_bytes, image.id))[:_IMAGES_SHOWN]
    return [{"names": list(image.names), "sizeBytes": image.size_bytes} for image in largest if image.names]


def is_news(old: Obj, new: Obj) -> bool:
    """Tell whether a status changes what is stored, other than that the time has passed."""
    exact = ("addresses", "nodeInfo", "images", "runtimeHandlers")
    if any((old.get(name) or []) != new[name] for name in exact):
        return True
    if any(_changes(old.get(name) or {}, new[name]) for name in ("capacity", "allocatable")):
        return True
    before = {condition["type"]: condition for condition in old.get("conditions") or ()}
    return any(_timeless(before.get(wanted["type"], {})) != _timeless(wanted) for wanted in new["conditions"])


def _changes(old: Obj, new: Obj) -> bool:
    """Tell whether an amount is another one; the server may have stored it in another spelling."""
    return any(_parsed(old.get(name)) != _parsed(amount) for name, amount in new.items())


def _parsed(amount: str | None) -> Decimal | None:
    return None if amount is None else quantities.parse(amount)


def _timeless(condition: Obj) -> Obj:
    return {name: value for name, value in condition.items() if name != "lastHeartbeatTime"}
