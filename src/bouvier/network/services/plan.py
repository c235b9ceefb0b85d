"""What the kernel should do with each address and port at which a Service is reached. Pure.

A *frontend* is such an address and port; its *target* is the list of endpoints behind it. Services, and pods with host
ports, claim frontends; where two claim the same one, the claim whose key sorts first holds it and the other waits.

Limits: IPv4 only; `loadBalancerSourceRanges`, topology hints and `healthCheckNodePort` are not looked at.
Source: core/v1 Service; KEP-2086 (internalTrafficPolicy); KEP-1669 (terminating endpoints).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

from bouvier.meta.objects import Obj
from bouvier.network.addresses.leases import Lease
from bouvier.network.endpoints import Endpoint, endpoints_of, on_node, usable

ANY_LOCAL = ""
"""Address of a frontend that is reached at every address of the host: node ports, host ports."""

DEFAULT_STICKY_SECONDS = 10800
"""Kubernetes' default of `sessionAffinityConfig.clientIP.timeoutSeconds`: three hours."""

_PROTOCOLS = {"TCP": "tcp", "UDP": "udp", "SCTP": "sctp"}


class Frontend(NamedTuple):
    """An address, protocol and port that clients send to."""

    address: str
    protocol: str
    """`tcp`, `udp` or `sctp`."""
    port: int


class Backend(NamedTuple):
    """An address and port that receives."""

    address: str
    port: int


@dataclass(frozen=True, slots=True)
class Target:
    """Where a frontend leads."""

    backends: tuple[Backend, ...]
    """Sorted; empty: connections are refused."""
    sticky_seconds: int = 0
    """How long a client that pauses comes back to the same backend; 0: every connection chooses anew."""


Claims = dict[Frontend, Target]


def claims_of_service(service: Obj, slices: list[Obj], node_name: str, *, own: frozenset[str] = frozenset()) -> Claims:
    """Return the frontends of a Service; none for headless and ExternalName ones.

    `own` are addresses that the host itself answers at (the name server's): without endpoints they are left to it.
    """
    spec = service.get("spec") or {}
    addresses = _cluster_addresses(spec)
    if not addresses or spec.get("type") == "ExternalName":
        return {}
    outer = _outer_addresses(service)
    sticky = _sticky_seconds(spec)
    claims: Claims = {}
    for port in spec.get("ports") or ():
        protocol = port.get("protocol") or "TCP"
        if protocol not in _PROTOCOLS:
            continue
        known = endpoints_of(slices, port.get("name") or "", protocol)
        inside = Target(_backends(known, spec.get("internalTrafficPolicy"), node_name), sticky)
        outside = Target(_backends(known, spec.get("externalTrafficPolicy"), node_name), sticky)
        for address in addresses:
            claims[Frontend(address, _PROTOCOLS[protocol], port["port"])] = inside
        for address in outer:
            claims[Frontend(address, _PROTOCOLS[protocol], port["port"])] = outside
        if port.get("nodePort"):
            claims[Frontend(ANY_LOCAL, _PROTOCOLS[protocol], port["nodePort"])] = outside
    return {f: target for f, target in claims.items() if target.backends or f.address not in own}


def claims_of_pod(lease: Lease) -> Claims:
    """Return the host ports of a pod."""
    claims: Claims = {}
    for port in lease.ports:
        address = ANY_LOCAL if port.host_ip in {"", "0.0.0.0"} else port.host_ip
        protocol = _PROTOCOLS.get(port.protocol)
        if protocol and ":" not in address:
            claims[Frontend(address, protocol, port.host_port)] = Target(
                (Backend(str(lease.address), port.container_port),)
            )
    return claims


class Frontends:
    """Every claim, and who holds each frontend."""

    def __init__(self) -> None:
        self._claims: dict[str, Claims] = {}
        self._claimants: dict[Frontend, set[str]] = {}

    def claim(self, owner: str, claims: Claims) -> set[Frontend]:
        """Replace what an owner claims and return the frontends that may lead elsewhere now."""
        before = self._claims.get(owner, {})
        touched = {f for f in before.keys() | claims.keys() if before.get(f) != claims.get(f)}
        for frontend in before.keys() - claims.keys():
            self._claimants[frontend].discard(owner)
            if not self._claimants[frontend]:
                del self._claimants[frontend]
        for frontend in claims:
            self._claimants.setdefault(frontend, set()).add(owner)
        if claims:
            self._claims[owner] = claims
        else:
            self._claims.pop(owner, None)
        return touched

    def target(self, frontend: Frontend) -> Target | None:
        """Return where a frontend leads; None when nobody claims it."""
        owners = self._claimants.get(frontend)
        return self._claims[min(owners)][frontend] if owners else None

    def owners(self) -> set[str]:
        """Return everybody who claims something."""
        return set(self._claims)

    def all(self) -> dict[Frontend, Target]:
        """Return every frontend with its target."""
        return {f: self._claims[min(owners)][f] for f, owners in self._claimants.items()}


def _cluster_addresses(spec: dict[str, Any]) -> list[str]:
    listed = spec.get("clusterIPs") or [spec.get("clusterIP") or ""]
    return [address for address in listed if address and address != "None" and ":" not in address]


def _outer_addresses(service: Obj) -> list[str]:
    spec = service.get("spec") or {}
    found = list(spec.get("externalIPs") or ())
    if spec.get("type") == "LoadBalancer":
        balancer = (service.get("status") or {}).get("loadBalancer") or {}
        found += [entry["ip"] for entry in balancer.get("ingress") or () if entry.get("ip") and _is_ours(entry)]
    return [address for address in dict.fromkeys(found) if ":" not in address]


def _is_ours(entry: dict[str, Any]) -> bool:
    """Tell whether traffic to that address is to be caught here: a proxying balancer must be passed through."""
    return bool(entry.get("ipMode", "VIP") == "VIP")


def _sticky_seconds(spec: dict[str, Any]) -> int:
    if spec.get("sessionAffinity") != "ClientIP":
        return 0
    config = (spec.get("sessionAffinityConfig") or {}).get("clientIP") or {}
    return int(config.get("timeoutSeconds") or DEFAULT_STICKY_SECONDS)


def _backends(known: list[Endpoint], policy: str | None, node_name: str) -> tuple[Backend, ...]:
    candidates = on_node(known, node_name) if policy == "Local" else known
    return tuple(sorted({Backend(endpoint.address, endpoint.port) for endpoint in usable(candidates)}))
