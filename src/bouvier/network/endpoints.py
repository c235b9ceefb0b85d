"""Which addresses stand behind a port of a Service: reading EndpointSlices. Pure.

Only IPv4 slices are read. Source: discovery.k8s.io/v1 EndpointSlice; KEP-1669 (terminating endpoints).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from bouvier.meta.objects import Obj


class Endpoint(NamedTuple):
    """One address and port of a Service's port."""

    address: str
    port: int
    node_name: str
    hostname: str
    is_ready: bool
    is_serving: bool
    is_terminating: bool


def endpoints_of(slices: Iterable[Obj], port_name: str, protocol: str = "TCP") -> list[Endpoint]:
    """Return the endpoints of one named port (empty name: the unnamed one), sorted, each address and port once."""
    found: dict[tuple[str, int], Endpoint] = {}
    for piece in slices:
        if piece.get("addressType", "IPv4") != "IPv4":
            continue
        numbers = [
            port["port"]
            for port in piece.get("ports") or ()
            if (port.get("name") or "") == port_name and port.get("protocol", "TCP") == protocol and port.get("port")
        ]
        for raw in piece.get("endpoints") or ():
            for number in numbers:
                for endpoint in _read(raw, number):
                    known = found.get(endpoint[:2])
                    if known is None or (endpoint.is_ready and not known.is_ready):
                        found[endpoint[:2]] = endpoint
    return sorted(found.values())


def usable(endpoints: Iterable[Endpoint]) -> list[Endpoint]:
    """Return the ready endpoints; when none is ready, those that still serve while they terminate."""
    listed = list(endpoints)
    ready = [endpoint for endpoint in listed if endpoint.is_ready]
    return ready or [endpoint for endpoint in listed if endpoint.is_serving and endpoint.is_terminating]


def on_node(endpoints: Iterable[Endpoint], node_name: str) -> list[Endpoint]:
    """Return the endpoints on one host."""
    return [endpoint for endpoint in endpoints if endpoint.node_name == node_name]


def service_key_of(piece: Obj) -> str | None:
    """Return the key of the Service that a slice belongs to; None for a slice without one."""
    metadata = piece["metadata"]
    name = (metadata.get("labels") or {}).get("kubernetes.io/service-name")
    return f"{metadata.get('namespace', '')}/{name}" if name else None


def _read(raw: dict[str, Any], port: int) -> list[Endpoint]:
    conditions = raw.get("conditions") or {}
    is_ready = conditions.get("ready") is not False
    serving = conditions.get("serving")
    return [
        Endpoint(
            address=address,
            port=port,
            node_name=raw.get("nodeName") or "",
            hostname=raw.get("hostname") or "",
            is_ready=is_ready,
            is_serving=is_ready if serving is None else bool(serving),
            is_terminating=bool(conditions.get("terminating")),
        )
        for address in (raw.get("addresses") or ())[:1]
    ]
