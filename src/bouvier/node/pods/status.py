"""The status of a pod, as the kubelet words it (pure).

Conditions that others write (PodScheduled, readiness gates) are read, never written.
Source: https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/
"""

from __future__ import annotations

from typing import NamedTuple

from bouvier.meta.objects import Obj, condition_of, is_condition_true, is_deleting
from bouvier.node.pods.actions import resize_key
from bouvier.node.pods.container_status import ContainerStatuses
from bouvier.node.pods.identity import Role
from bouvier.node.pods.progress import FAILED, SUCCEEDED, has_network, is_over, outcome, overdue
from bouvier.node.pods.resizing import changes
from bouvier.node.pods.seen import Seen
from bouvier.node.pods.spec import (
    all_containers_of,
    generation_of,
    init_containers_of,
    is_sidecar,
    quality_of_service,
    uses_host_network,
)

RESIZE_PENDING, RESIZE_IN_PROGRESS = "PodResizePending", "PodResizeInProgress"
_TRUE, _FALSE = "True", "False"


class Host(NamedTuple):
    """What a status says about the host."""

    ip: str
    engine: str
    """Scheme of container ids."""


class _Condition(NamedTuple):
    type: str
    status: str
    reason: str = ""
    message: str = ""


def pod_status(pod: Obj, seen: Seen, now: float, now_text: str, host: Host) -> Obj:
    """Return the whole status that this host is responsible for."""
    statuses = _container_statuses(pod, seen, now, host.engine)
    init, regular = statuses[Role.INIT], statuses[Role.CONTAINER]
    phase, reason, message = _phase(pod, seen, now, init, regular)
    status: Obj = {
        "phase": phase,
        "startTime": (pod.get("status") or {}).get("startTime") or now_text,
        "hostIP": host.ip,
        "hostIPs": [{"ip": host.ip}],
        "qosClass": quality_of_service(pod),
        "containerStatuses": regular,
    }
    if init:
        status["initContainerStatuses"] = init
    if ephemeral := statuses[Role.EPHEMERAL]:
        status["ephemeralContainerStatuses"] = ephemeral
    if reason:
        status |= {"reason": reason, "message": message}
    status |= _addresses(pod, seen, host)
    if generation := generation_of(pod):
        status["observedGeneration"] = generation
    found = [*_conditions(pod, seen, phase, init, regular), *_resize_conditions(pod, seen)]
    status["conditions"] = [_dated(pod, condition, now_text) for condition in found]
    return status


def _container_statuses(pod: Obj, seen: Seen, now: float, engine: str) -> dict[Role, list[Obj]]:
    found: dict[Role, list[Obj]] = {role: [] for role in Role}
    statuses = ContainerStatuses(pod, seen, now, engine)
    for role, container in all_containers_of(pod):
        found[role].append(statuses.status(role, container))
    return found


def _addresses(pod: Obj, seen: Seen, host: Host) -> Obj:
    old = pod.get("status") or {}
    if uses_host_network(pod):
        ips = [host.ip] if seen.records.sandbox or old.get("podIP") else []
    elif seen.addresses:
        ips = list(seen.addresses.ips)
    else:
        ips = [entry["ip"] for entry in old.get("podIPs") or ()] if _keeps_addresses(pod, seen) else []
    return {"podIP": ips[0], "podIPs": [{"ip": ip} for ip in ips]} if ips else {}


def _keeps_addresses(pod: Obj, seen: Seen) -> bool:
    """Tell whether the addresses in the API hold on: a new agent has not looked yet, or the pod is at its end."""
    sandbox = seen.records.sandbox
    return is_over(pod) or is_deleting(pod) or (sandbox is not None and sandbox.is_running)


# Phase


def _phase(pod: Obj, seen: Seen, now: float, init: list[Obj], regular: list[Obj]) -> tuple[str, str, str]:
    old = pod.get("status") or {}
    if is_over(pod):
        return old["phase"], old.get("reason", ""), old.get("message", "")
    if overdue(pod, now):
        return FAILED, "DeadlineExceeded", "Pod was active on the node longer than the specified deadline"
    ended = bool(seen.ending_since) and not _is_running(init + regular)
    return _phase_of(pod, seen, init, regular, ended=ended), "", ""


def _is_running(statuses: list[Obj]) -> bool:
    return any("running" in entry["state"] for entry in statuses)


def _phase_of(pod: Obj, seen: Seen, init: list[Obj], regular: list[Obj], *, ended: bool) -> str:
    final = outcome(pod, seen)
    if final:
        begun = any(entry.get("containerID") for entry in regular)
        stopping = "Running" if begun else "Pending"  # sidecars are stopped last
        return stopping if _is_running(init + regular) else final
    codes = [entry["state"]["terminated"]["exitCode"] for entry in regular if "terminated" in entry["state"]]
    if ended:
        complete = len(codes) == len(regular)
        return SUCCEEDED if complete and not any(codes) else FAILED
    if any("waiting" in entry["state"] and not entry["lastState"] for entry in regular):
        return "Pending"
    return "Running"


# Conditions


def _conditions(pod: Obj, seen: Seen, phase: str, init: list[Obj], regular: list[Obj]) -> list[_Condition]:
    sandbox = seen.records.sandbox
    network_up = sandbox is not None and sandbox.is_running and has_network(pod, seen)
    return [
        _Condition("PodReadyToStartContainers", _TRUE if network_up else _FALSE),
        _initialized(pod, phase, init, regular),
        _ready(pod, phase, init, regular),
        _containers_ready(pod, phase, init, regular),
    ]


def _resize_conditions(pod: Obj, seen: Seen) -> list[_Condition]:
    """Say how far a change of resources is; nothing once it is done."""
    found = []
    if seen.pending:
        found.append(_Condition(RESIZE_PENDING, _TRUE, *seen.pending))
    if under_way := _being_resized(pod, seen):
        failures = (seen.failures.get(resize_key(name)) for name in under_way)
        failure = next((one for one in failures if one), None)
        reason, message = (failure.reason, failure.message) if failure else ("", "")
        found.append(_Condition(RESIZE_IN_PROGRESS, _TRUE, reason, message))
    return found


def _being_resized(pod: Obj, seen: Seen) -> list[str]:
    names = []
    for _, container in all_containers_of(pod):
        record, granted = seen.records.newest(container["name"]), container.get("resources") or {}
        if record and record.is_running and changes(seen.resources.get(record.id, granted), granted):
            names.append(container["name"])
    return names


def _initialized(pod: Obj, phase: str, init: list[Obj], regular: list[Obj]) -> _Condition:
    if phase == SUCCEEDED:
        return _Condition("Initialized", _TRUE, "PodCompleted")
    sidecars = {container["name"] for container in init_containers_of(pod) if is_sidecar(container)}
    begun = any(entry.get("containerID") for entry in regular)
    waiting = [
        entry["name"]
        for entry in init
        if not begun and not (entry["started"] if entry["name"] in sidecars else entry["ready"])
    ]
    if waiting:
        message = f"containers with incomplete status: [{' '.join(waiting)}]"
        return _Condition("Initialized", _FALSE, "ContainersNotInitialized", message)
    return _Condition("Initialized", _TRUE)


def _containers_ready(pod: Obj, phase: str, init: list[Obj], regular: list[Obj]) -> _Condition:
    if phase == SUCCEEDED:
        return _Condition("ContainersReady", _FALSE, "PodCompleted")
    if phase == FAILED:
        return _Condition("ContainersReady", _FALSE, "PodFailed")
    sidecars = {container["name"] for container in init_containers_of(pod) if is_sidecar(container)}
    counted = [entry for entry in init if entry["name"] in sidecars] + regular
    unready = [entry["name"] for entry in counted if not entry["ready"]]
    if unready:
        message = f"containers with unready status: [{' '.join(unready)}]"
        return _Condition("ContainersReady", _FALSE, "ContainersNotReady", message)
    return _Condition("ContainersReady", _TRUE)


def _ready(pod: Obj, phase: str, init: list[Obj], regular: list[Obj]) -> _Condition:
    containers = _containers_ready(pod, phase, init, regular)
    if containers.status == _FALSE:
        return containers._replace(type="Ready")
    for gate in pod["spec"].get("readinessGates") or ():
        kind = gate["conditionType"]
        if condition_of(pod, kind) is None:
            message = f'corresponding condition of pod readiness gate "{kind}" does not exist.'
            return _Condition("Ready", _FALSE, "ReadinessGatesNotReady", message)
        if not is_condition_true(pod, kind):
            message = f'the status of pod readiness gate "{kind}" is not "True", but False'
            return _Condition("Ready", _FALSE, "ReadinessGatesNotReady", message)
    return _Condition("Ready", _TRUE)


def _dated(pod: Obj, condition: _Condition, now_text: str) -> Obj:
    """Write a condition; its transition time stays while its status does."""
    old = condition_of(pod, condition.type)
    same = old is not None and old.get("status") == condition.status
    entry: Obj = {
        "type": condition.type,
        "status": condition.status,
        "lastTransitionTime": (old or {}).get("lastTransitionTime") if same else now_text,
    }
    if generation := generation_of(pod):
        entry["observedGeneration"] = generation
    if condition.reason:
        entry["reason"] = condition.reason
    if condition.message:
        entry["message"] = condition.message
    return entry
