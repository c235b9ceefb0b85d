"""Where a request to `pods`, `services` or `nodes` `/NAME/proxy` goes.

The name may carry a scheme and a port: `NAME`, `NAME:PORT`, `SCHEME:NAME:PORT`; of a service the port is a number or
a name, and a ready endpoint is drawn by lot.
Source: https://kubernetes.io/docs/tasks/access-application-cluster/access-cluster-services/#manually-constructing-apiserver-proxy-urls
"""

from __future__ import annotations

import ipaddress
import secrets
from typing import Any, NamedTuple

from bouvier.apiserver.context import Call
from bouvier.meta.errors import ApiError, bad_request, not_found
from bouvier.meta.objects import Obj

AGENT_PORT = 10250
"""The kubelet's; here it stands for the agent of a host, which is reached through its tunnel."""
SCHEMES = ("", "http", "https")
SERVICE_LABEL = "kubernetes.io/service-name"
_USUAL_PORTS = {"http": 80, "https": 443}


class Place(NamedTuple):
    """Where to connect to."""

    scheme: str
    host: str
    port: int
    """0 for the agent of the host itself."""
    node: str
    """The host whose agent connects; empty when this process does it itself."""


class Name(NamedTuple):
    """A name with scheme and port; either may be empty."""

    scheme: str
    name: str
    port: str


def split_name(text: str) -> Name | None:
    """Return the parts of a name, None when it is none (pure)."""
    parts = text.split(":")
    if len(parts) > 3:
        return None
    scheme, name, port = {1: ("", *parts, ""), 2: ("", *parts), 3: tuple(parts)}[len(parts)]
    return Name(scheme, name, port) if name and scheme in SCHEMES else None


def place_of(call: Call) -> Place:
    """Return where the request goes.

    Raises:
        ApiError: there is no such object, or nothing behind it that could answer.

    """
    plural, text = call.kind.resource.plural, call.target.name
    name = split_name(text)
    if name is None:
        raise bad_request(f'invalid {call.kind.singular} request "{text}"')
    find = {"pods": _of_pod, "services": _of_service, "nodes": _of_node}[plural]
    return find(call, name)


def _find(call: Call, name: str) -> Obj:
    namespace = call.target.namespace if call.kind.resource.namespaced else ""
    entry = call.cache.entries.get(f"{namespace}/{name}")
    if entry is None:
        raise not_found(call.group_resource, name)
    found: Obj = entry.decode()
    return found


def _number(text: str, scheme: str) -> int:
    """Return a port given as a number, the scheme's own when none is given."""
    if not text:
        return _USUAL_PORTS[scheme]
    if not (text.isascii() and text.isdecimal() and 0 < int(text) < 1 << 16):
        raise bad_request(f'invalid port "{text}"')
    return int(text)


def _checked(address: str) -> str:
    """Refuse addresses that mean something else to whoever connects."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        raise bad_request("address not allowed") from None
    if parsed.is_loopback or parsed.is_link_local or parsed.is_multicast or parsed.is_unspecified:
        raise bad_request("address not allowed")
    return address


def _of_pod(call: Call, name: Name) -> Place:
    pod, scheme = _find(call, name.name), name.scheme or "http"
    port = name.port
    if not port:
        numbers = [one["containerPort"] for c in pod["spec"]["containers"] for one in c.get("ports") or ()]
        port = str(numbers[0]) if numbers else ""
    address = _checked((pod.get("status") or {}).get("podIP") or "")
    return Place(scheme, address, _number(port, scheme), pod["spec"].get("nodeName") or "")


def _of_node(call: Call, name: Name) -> Place:
    node, scheme = _find(call, name.name), name.scheme or "http"
    if name.port in ("", str(AGENT_PORT)):
        return Place("http", name.name, 0, name.name)
    addresses = {one["type"]: one["address"] for one in (node.get("status") or {}).get("addresses") or ()}
    return Place(scheme, _checked(addresses.get("InternalIP", "")), _number(name.port, scheme), name.name)


def _of_service(call: Call, name: Name) -> Place:
    service, wanted = _find(call, name.name), name.port
    if wanted.isascii() and wanted.isdecimal():
        ports = [one for one in service["spec"].get("ports") or () if one.get("port") == int(wanted)]
        if not ports:
            raise _unavailable(f'no service port {wanted} found for service "{name.name}"')
        wanted = ports[0].get("name") or ""
    found = _endpoints(call, name.name, wanted)
    if not found:
        raise _unavailable(f'no endpoints available for service "{call.target.name}"')
    address, port, node = secrets.choice(found)
    return Place(name.scheme or "http", _checked(address), port, node)


def _endpoints(call: Call, service: str, port_name: str) -> list[tuple[str, int, str]]:
    """Return address, port and host of every endpoint that takes connections."""
    cache = call.context.hub.resource(call.cluster, "discovery.k8s.io", "endpointslices")
    found = []
    for entry in cache.in_namespace(call.target.namespace):
        if entry.labels.get(SERVICE_LABEL) != service:
            continue
        piece = entry.decode()
        numbers = [one["port"] for one in piece.get("ports") or () if (one.get("name") or "") == port_name]
        ready = [one for one in piece.get("endpoints") or () if _is_ready(one)]
        found += [(one["addresses"][0], number, one.get("nodeName") or "") for one in ready for number in numbers]
    return found


def _is_ready(endpoint: dict[str, Any]) -> bool:
    return bool(endpoint.get("addresses")) and (endpoint.get("conditions") or {}).get("ready") is not False


def _unavailable(message: str) -> ApiError:
    return ApiError("ServiceUnavailable", message)
