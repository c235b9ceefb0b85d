"""The names of a Service, as Kubernetes' DNS specification wants them. Pure.

Source: kubernetes/dns, docs/specification.md, version 1.1.0.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

from bouvier.meta.objects import Obj, name_of, namespace_of
from bouvier.network.endpoints import Endpoint, endpoints_of, usable

SCHEMA_VERSION = "1.1.0"


@dataclass(slots=True)
class Records:
    """What one name answers."""

    addresses: list[str] = field(default_factory=list)
    services: list[tuple[int, str]] = field(default_factory=list)
    """(port, target) of SRV records."""
    alias: str = ""
    """Target of a CNAME; excludes all others."""
    pointer: list[str] = field(default_factory=list)
    text: str = ""


Names = dict[str, Records]
"""Records by name, lower case, without the last dot."""


def names_of_service(service: Obj, slices: list[Obj], domain: str) -> Names:
    """Return every name that a Service gives rise to."""
    spec = service.get("spec") or {}
    base = f"{name_of(service)}.{namespace_of(service)}.svc.{domain}"
    if spec.get("type") == "ExternalName":
        return {base: Records(alias=spec.get("externalName", "").rstrip(".").lower())}
    addresses = [a for a in spec.get("clusterIPs") or [spec.get("clusterIP") or ""] if a and ":" not in a]
    names: Names = defaultdict(Records)
    if not addresses:
        return {}
    if "None" in addresses:
        _headless(names, service, slices, base)
    else:
        _with_address(names, service, slices, base, addresses)
    for record in names.values():
        record.addresses = sorted(set(record.addresses))
        record.services = sorted(set(record.services))
    return dict(names)


def reverse_name(address: str) -> str:
    """Return the name under which an address is looked up: `5.0.42.10.in-addr.arpa`."""
    return ".".join(reversed(address.split("."))) + ".in-addr.arpa"


def pod_name(address: str, namespace: str, domain: str) -> str:
    """Return the name of a pod by its address: `10-42-0-5.default.pod.cluster.local`."""
    return f"{address.replace('.', '-')}.{namespace}.pod.{domain}"


def _with_address(names: Names, service: Obj, slices: list[Obj], base: str, addresses: list[str]) -> None:
    names[base].addresses += addresses
    for address in addresses:
        names[reverse_name(address)].pointer.append(base)
    for port in (service["spec"].get("ports")) or ():
        _add_port(names, base, port, [(port["port"], base)])
        for endpoint in _endpoints(service, slices, port):
            _add_host(names, base, endpoint)


def _headless(names: Names, service: Obj, slices: list[Obj], base: str) -> None:
    names[base]  # a headless Service without endpoints exists all the same
    for port in service["spec"].get("ports") or [{}]:
        found = _endpoints(service, slices, port)
        names[base].addresses += [endpoint.address for endpoint in found]
        hosts = [(endpoint.port, _add_host(names, base, endpoint)) for endpoint in found]
        if port:
            _add_port(names, base, port, hosts)


def _endpoints(service: Obj, slices: list[Obj], port: Obj) -> list[Endpoint]:
    if not port:
        slices = [piece | {"ports": [{"port": 1}]} for piece in slices]
    found = endpoints_of(slices, port.get("name") or "", port.get("protocol") or "TCP")
    return found if (service["spec"]).get("publishNotReadyAddresses") else usable(found)


def _add_port(names: Names, base: str, port: Obj, targets: list[tuple[int, str]]) -> None:
    names[base].services += targets
    if port.get("name"):
        protocol = (port.get("protocol") or "TCP").lower()
        names[f"_{port['name']}._{protocol}.{base}".lower()].services += targets


def _add_host(names: Names, base: str, endpoint: Endpoint) -> str:
    """Add the endpoint's own name below the Service's and return it."""
    host = f"{(endpoint.hostname or endpoint.address.replace('.', '-')).lower()}.{base}"
    names[host].addresses.append(endpoint.address)
    pointer = names[reverse_name(endpoint.address)].pointer
    if host not in pointer:
        pointer.append(host)
    return host
