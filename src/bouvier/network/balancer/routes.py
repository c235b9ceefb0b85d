"""OpenShift's Routes: one to four weighted Services behind a host name, with TLS that ends here. Pure.

A Service's share of the requests is its weight; it is spread evenly over the Service's endpoints. Weight 0 gets none.
Source: OpenShift "Route-based deployment strategies", route.openshift.io/v1.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from bouvier.meta.objects import Obj, key_of, name_of, namespace_of
from bouvier.network.balancer.certificates import checked_pair
from bouvier.network.balancer.parts import BackendRef, Secured, Server, servers_of

LARGEST_WEIGHT = 256
"""HAProxy's."""
USUAL_WEIGHT = 100


@dataclass(frozen=True, slots=True)
class PlannedRoute:
    """What a Route comes to."""

    ref: BackendRef
    servers: tuple[Server, ...]
    secured: Secured | None
    pem: str
    problems: tuple[str, ...]


def plan_route(
    route: Obj, service_of: Callable[[str], Obj | None], slices_of: Callable[[str], list[Obj]]
) -> PlannedRoute:
    """Return backend, servers and certificate of a Route."""
    spec, namespace = route["spec"], namespace_of(route)
    problems: list[str] = []
    shares: list[tuple[int, tuple[Server, ...]]] = []
    targets = [spec["to"], *(spec.get("alternateBackends") or ())]
    first_port = 0
    for target in targets:
        key = f"{namespace}/{target['name']}"
        port = _port(route, service_of(key), target["name"], problems)
        first_port = first_port or (port["port"] if port else 0)
        servers = servers_of(slices_of(key), port) if port else ()
        weight = target.get("weight")
        shares.append((USUAL_WEIGHT if weight is None else weight, servers))
    tls = spec.get("tls")
    is_own = len(targets) > 1 or tls is not None
    others = tuple(target["name"] for target in targets[1:])
    ref = BackendRef(namespace, spec["to"]["name"], first_port, name_of(route) if is_own else "", others)
    servers = weighted(shares) if len(targets) > 1 else shares[0][1]
    return PlannedRoute(ref, servers, _secured(ref, tls), _pem(route, tls, problems), tuple(problems))


def weighted(shares: Sequence[tuple[int, tuple[Server, ...]]]) -> tuple[Server, ...]:
    """Return all servers with weights by which each Service gets its share, whatever the number of its endpoints."""
    each = [weight / len(servers) if servers else 0.0 for weight, servers in shares]
    scale = LARGEST_WEIGHT / max(each) if any(each) else 0.0
    made: dict[tuple[str, int], Server] = {}
    for share, (_, servers) in zip(each, shares, strict=True):
        weight = max(1, round(share * scale)) if share else 0
        for server in servers:
            made.setdefault((server.address, server.port), server._replace(weight=weight))
    return tuple(sorted(made.values()))


def _port(route: Obj, service: Obj | None, name: str, problems: list[str]) -> dict[str, Any] | None:
    """Return the port of a Service that a Route means: by name or target, or its first one."""
    if service is None:
        problems.append(f'Route {key_of(route)}: there is no Service "{name}"')
        return None
    wanted = (route["spec"].get("port") or {}).get("targetPort")
    for port in service["spec"].get("ports") or ():
        if wanted is None or wanted in (port.get("name"), port.get("targetPort"), port["port"]):
            return dict(port)
    problems.append(f'Route {key_of(route)}: spec.port.targetPort: Service "{name}" has no port {wanted}')
    return None


def _secured(ref: BackendRef, tls: Obj | None) -> Secured | None:
    policy = (tls or {}).get("insecureEdgeTerminationPolicy") or "None"
    return None if tls is None or policy == "Allow" else Secured(ref.name, policy == "Redirect")


def _pem(route: Obj, tls: Obj | None, problems: list[str]) -> str:
    """Return certificate and key of a Route, empty for one that shows the balancer's own."""
    if not tls or not tls.get("certificate"):
        return ""
    chain = f"{tls['certificate'].strip()}\n{(tls.get('caCertificate') or '').strip()}\n"
    try:
        return checked_pair(chain.encode(), tls["key"].encode(), ("spec.tls.certificate", "spec.tls.key"))
    except (ValueError, KeyError) as error:
        problems.append(f"Route {key_of(route)}: {error}; the default certificate is shown instead")
        return ""
