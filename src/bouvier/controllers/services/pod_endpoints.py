"""What one pod contributes to a Service: an endpoint, and the numbers of its target ports.

Source: https://kubernetes.io/docs/concepts/services-networking/endpoint-slices/
"""

from __future__ import annotations

from typing import Any, NamedTuple

from bouvier.meta.objects import Obj, is_condition_true, is_deleting, name_of, namespace_of, uid_of

Endpoint = dict[str, Any]
"""An element of `endpoints` in an EndpointSlice."""


class Port(NamedTuple):
    """A port of an EndpointSlice. Pods may give different numbers to one named target port."""

    name: str
    protocol: str
    port: int
    app_protocol: str

    def as_object(self) -> dict[str, Any]:
        """Return it as it stands in the slice."""
        port: dict[str, Any] = {"name": self.name, "protocol": self.protocol, "port": self.port}
        return port | ({"appProtocol": self.app_protocol} if self.app_protocol else {})


Ports = tuple[Port, ...]


def ports_of(slice_: Obj) -> Ports:
    """Return the ports of an existing slice, comparable to those of `target_ports`."""
    return tuple(
        sorted(
            Port(p.get("name") or "", p.get("protocol") or "TCP", p.get("port") or 0, p.get("appProtocol") or "")
            for p in slice_.get("ports") or ()
        )
    )


def belongs(pod: Obj) -> bool:
    """Tell whether the pod has addresses and has not ended for good; one that is terminating still belongs."""
    status = pod.get("status") or {}
    return bool(status.get("podIPs") or status.get("podIP")) and status.get("phase") not in ("Succeeded", "Failed")


def address_of(pod: Obj, family: str) -> str:
    """Return the pod's address of family `IPv4` or `IPv6`, empty if it has none."""
    status = pod.get("status") or {}
    addresses = [entry["ip"] for entry in status.get("podIPs") or ()] or [status.get("podIP")]
    return next((address for address in addresses if address and family_of(address) == family), "")


def family_of(address: str) -> str:
    """Return `IPv4` or `IPv6`."""
    return "IPv6" if ":" in address else "IPv4"


def endpoint(service: Obj, pod: Obj, address: str, zone: str) -> Endpoint:
    """Return the endpoint of a pod that belongs."""
    serving, terminating = is_condition_true(pod, "Ready"), is_deleting(pod)
    unready_too = bool(service["spec"].get("publishNotReadyAddresses"))
    result: Endpoint = {
        "addresses": [address],
        "conditions": {
            "ready": unready_too or (serving and not terminating),
            "serving": serving,
            "terminating": terminating,
        },
        "targetRef": {"kind": "Pod", "namespace": namespace_of(pod), "name": name_of(pod), "uid": uid_of(pod)},
    }
    spec = pod["spec"]
    named = spec.get("hostname") and spec.get("subdomain") == name_of(service)
    optional = {"nodeName": spec.get("nodeName"), "zone": zone, "hostname": spec["hostname"] if named else ""}
    return result | {field: value for field, value in optional.items() if value}


def target_ports(service: Obj, pod: Obj) -> Ports:
    """Return the ports on which the pod serves; a named port that the pod does not have is left out."""
    found = []
    for port in service["spec"].get("ports") or ():
        protocol = port.get("protocol") or "TCP"
        number = _number(port.get("targetPort") or port["port"], protocol, pod)
        if number:
            found.append(Port(port.get("name") or "", protocol, number, port.get("appProtocol") or ""))
    return tuple(sorted(found))


def _number(target: int | str, protocol: str, pod: Obj) -> int:
    if isinstance(target, int):
        return target
    spec = pod["spec"]
    sidecars = [c for c in spec.get("initContainers") or () if c.get("restartPolicy") == "Always"]
    for container in [*spec.get("containers", ()), *sidecars]:
        for port in container.get("ports") or ():
            if port.get("name") == target and (port.get("protocol") or "TCP") == protocol:
                return int(port["containerPort"])
    return 0
