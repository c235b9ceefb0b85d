"""What NetworkPolicies ask about a pod, out of the Pod object. Pure.

Only a change of a view can change a rule: the many reports about a pod's health pass without work.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from ipaddress import IPv4Address
from itertools import chain
from typing import Any, NamedTuple

from bouvier.meta.objects import Obj, labels_of, name_of

_ENDED = frozenset({"Succeeded", "Failed"})
NAME_SERVER = ("kube-system", {"k8s-app": "kube-dns"})
"""As what the name server of a host is selected: namespace and labels that it has in every other cluster."""


class NamedPort(NamedTuple):
    """A container port with a name."""

    protocol: str
    name: str
    number: int


@dataclass(frozen=True, slots=True)
class PodView:
    """A pod as policies see it."""

    uid: str
    namespace: str
    labels: Mapping[str, str]
    node: str = ""
    address: str = ""
    """As reported; empty: none yet, not any more, or the host's own."""
    ports: tuple[NamedPort, ...] = ()


def view_of(pod: Obj) -> PodView:
    """Return a pod's view; a pod in the host's network has no address of its own and is nobody's peer."""
    metadata, spec, status = pod["metadata"], pod.get("spec") or {}, pod.get("status") or {}
    is_judged = not spec.get("hostNetwork") and status.get("phase") not in _ENDED
    address = str(status.get("podIP") or "") if is_judged else ""
    return PodView(
        uid=str(metadata.get("uid") or ""),
        namespace=str(metadata.get("namespace") or ""),
        labels=labels_of(pod),
        node=str(spec.get("nodeName") or ""),
        address="" if ":" in address else address,
        ports=tuple(_named_ports(spec)),
    )


def name_server(address: IPv4Address) -> PodView:
    """Return the view of this host's name server, which every pod asks at one address of the services' range."""
    namespace, labels = NAME_SERVER
    ports = (NamedPort("UDP", "dns", 53), NamedPort("TCP", "dns-tcp", 53))
    return PodView("name server", namespace, labels, address=str(address), ports=ports)


def located(views: Iterable[PodView], leases: Mapping[str, str], node: str) -> list[PodView]:
    """Return the views that have an address; pods of this host have the one of their lease (`leases` is by uid)."""
    found = []
    for view in views:
        address = leases.get(view.uid, "") if view.node == node else view.address
        if address:
            found.append(view if address == view.address else replace(view, address=address))
    return found


def _named_ports(spec: Mapping[str, Any]) -> Iterator[NamedPort]:
    helpers = (c for c in spec.get("initContainers") or () if c.get("restartPolicy") == "Always")
    for container in chain(spec.get("containers") or (), helpers):
        for port in container.get("ports") or ():
            if port.get("name"):
                yield NamedPort(port.get("protocol") or "TCP", port["name"], port["containerPort"])


def labels_by_namespace(namespaces: Iterable[Obj]) -> dict[str, Mapping[str, str]]:
    """Return the labels of each namespace by name."""
    return {name_of(namespace): labels_of(namespace) for namespace in namespaces}
