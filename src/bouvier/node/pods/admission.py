"""Whether this host takes a pod that was given to it (pure).

The scheduler looks first, but a pod may name its host itself, and then nobody has looked: a host that is full, or whose
ports are taken, refuses it for good, as the kubelet does. The pod ends as `Failed`; whoever made it may make another.
Labels of the host are not compared here: only the scheduler judges node selectors and affinity.
Source: https://kubernetes.io/docs/concepts/scheduling-eviction/assign-pod-node/#nodename
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from typing import NamedTuple

from bouvier.kinds.usage.amounts import Amounts, add, amounts_of, pod_amounts
from bouvier.meta.objects import Obj
from bouvier.node.pods.progress import FAILED
from bouvier.node.pods.resizing import shown
from bouvier.node.pods.spec import containers_of, generation_of, init_containers_of, is_sidecar, quality_of_service

_COUNTED = ("cpu", "memory", "ephemeral-storage")
"""What a host counts itself; amounts of other names are the scheduler's matter."""
_ANY = ("", "0.0.0.0", "::")


class Refusal(NamedTuple):
    """Why a pod is not taken."""

    reason: str
    message: str


class HostPort(NamedTuple):
    """A port of the host that a pod wants."""

    ip: str
    protocol: str
    number: int

    def collides(self, other: HostPort) -> bool:
        """Tell whether both cannot be had at once."""
        same = self.number == other.number and self.protocol == other.protocol
        return same and (self.ip == other.ip or self.ip in _ANY or other.ip in _ANY)


def refusal(
    pod: Obj, others: Iterable[Obj], taken: Iterable[Amounts], allocatable: Mapping[str, str]
) -> Refusal | None:
    """Return why the host cannot take a pod beside others; `taken` are their requests, one for each."""
    return _lacking(pod, list(taken), allocatable) or _occupied(pod, others)


def refused_status(pod: Obj, why: Refusal, now_text: str) -> Obj:
    """Return the status of a pod that was not taken."""
    status: Obj = {
        "phase": FAILED,
        "reason": why.reason,
        "message": f"Pod was rejected: {why.message}",
        "startTime": now_text,
        "qosClass": quality_of_service(pod),
        "conditions": [],
    }
    if generation := generation_of(pod):
        status["observedGeneration"] = generation
    return status


def _lacking(pod: Obj, taken: list[Amounts], allocatable: Mapping[str, str]) -> Refusal | None:
    room = amounts_of(allocatable)
    if "pods" in room and len(taken) + 1 > room["pods"]:
        return _too_much("pods", Decimal(1), Decimal(len(taken)), room["pods"])
    used: Amounts = {}
    for other in taken:
        add(used, other)
    requests = pod_amounts(pod["spec"], "requests")
    for name in _COUNTED:
        asked, before = requests.get(name, Decimal(0)), used.get(name, Decimal(0))
        if asked and name in room and asked + before > room[name]:
            return _too_much(name, asked, before, room[name])
    return None


def _too_much(name: str, asked: Decimal, used: Decimal, room: Decimal) -> Refusal:
    figures = f"requested: {shown(name, asked)}, used: {shown(name, used)}, capacity: {shown(name, room)}"
    return Refusal(f"OutOf{name}", f"Node didn't have enough resource: {name}, {figures}")


def _occupied(pod: Obj, others: Iterable[Obj]) -> Refusal | None:
    wanted = list(host_ports(pod))
    if not wanted:
        return None
    if any(one.collides(port) for other in others for port in host_ports(other) for one in wanted):
        text = "Predicate NodePorts failed: node(s) didn't have free ports for the requested pod ports"
        return Refusal("NodePorts", text)
    return None


def host_ports(pod: Obj) -> Iterator[HostPort]:
    """Yield the ports of the host that a pod's lasting containers want."""
    lasting = [*containers_of(pod), *(one for one in init_containers_of(pod) if is_sidecar(one))]
    for container in lasting:
        for port in container.get("ports") or ():
            if port.get("hostPort"):
                yield HostPort(port.get("hostIP", ""), port.get("protocol", "TCP"), port["hostPort"])
