"""The endpoints of the Service `kubernetes`: every living server. Pure.

An EndpointSlice has one list of ports for all its addresses, so servers on different ports are in slices of their own.
Endpoints, the older form, says the same in one object.
"""

from __future__ import annotations

from collections.abc import Iterable

from bouvier.apiserver.servers.leases import Address
from bouvier.meta.objects import Obj
from bouvier.meta.resources import ENDPOINTS, ENDPOINTSLICES

NAMESPACE, NAME = "default", "kubernetes"
SERVICE_LABEL = "kubernetes.io/service-name"
SKIP_MIRROR = "endpointslice.kubernetes.io/skip-mirror"


def slices(addresses: Iterable[Address]) -> dict[str, Obj]:
    """Return the EndpointSlices by name; the lowest port's is called `kubernetes`."""
    by_port: dict[int, list[str]] = {}
    for address in sorted(set(addresses)):
        by_port.setdefault(address.port, []).append(address.host)
    found = {}
    for index, port in enumerate(sorted(by_port)):
        name = NAME if index == 0 else f"{NAME}-{port}"
        found[name] = {
            "apiVersion": ENDPOINTSLICES.api_version,
            "kind": ENDPOINTSLICES.kind,
            "metadata": {"name": name, "namespace": NAMESPACE, "labels": {SERVICE_LABEL: NAME}},
            "addressType": "IPv4",
            "ports": [{"name": "https", "port": port, "protocol": "TCP"}],
            "endpoints": [{"addresses": [host], "conditions": {"ready": True}} for host in by_port[port]],
        }
    return found


def endpoints(addresses: Iterable[Address]) -> Obj:
    """Return the Endpoints."""
    subsets = [
        {"addresses": [{"ip": one["addresses"][0]} for one in piece["endpoints"]], "ports": piece["ports"]}
        for piece in slices(addresses).values()
    ]
    return {
        "apiVersion": ENDPOINTS.api_version,
        "kind": ENDPOINTS.kind,
        "metadata": {"name": NAME, "namespace": NAMESPACE, "labels": {SKIP_MIRROR: "true"}},
        "subsets": subsets,
    }


def with_content(live: Obj, wanted: Obj) -> Obj:
    """Return a stored object with what is wanted of it; labels of others stay."""
    metadata = live["metadata"] | {"labels": (live["metadata"].get("labels") or {}) | wanted["metadata"]["labels"]}
    return live | wanted | {"metadata": metadata}
