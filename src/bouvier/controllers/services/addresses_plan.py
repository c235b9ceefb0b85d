"""Decides which addresses LoadBalancer Services and Ingresses report: those where the platform's balancers listen."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from bouvier.meta.objects import Obj, annotations_of, is_condition_true, is_deleting

INGRESS_CLASS = "bouvier"
"""Class of the Ingresses that the platform's balancers serve, beside those that name none."""
EXCLUDED = "node.kubernetes.io/exclude-from-external-load-balancers"
LoadBalancer = dict[str, Any]


def host_addresses(nodes: Iterable[Obj]) -> list[str]:
    """Return the internal addresses of the hosts that are ready and not excluded, in a stable order."""
    found = {
        address["address"]
        for node in nodes
        if is_condition_true(node, "Ready") and not is_deleting(node) and EXCLUDED not in _labels(node)
        for address in (node.get("status") or {}).get("addresses") or ()
        if address.get("type") == "InternalIP"
    }
    return sorted(found)


def service_status(service: Obj, addresses: Sequence[str]) -> LoadBalancer | None:
    """Return the `status.loadBalancer` that a Service should have, None to leave it to somebody else."""
    spec = service["spec"]
    if spec.get("loadBalancerClass"):
        return None
    if spec.get("type") != "LoadBalancer":
        return {}
    return {"ingress": [{"ip": address, "ipMode": "VIP"} for address in addresses]} if addresses else {}


def ingress_status(ingress: Obj, addresses: Sequence[str], ingress_class: str = INGRESS_CLASS) -> LoadBalancer | None:
    """Return the `status.loadBalancer` that an Ingress should have, None if another controller serves it."""
    named = (ingress.get("spec") or {}).get("ingressClassName")
    if (named or annotations_of(ingress).get("kubernetes.io/ingress.class") or ingress_class) != ingress_class:
        return None
    return {"ingress": [{"ip": address} for address in addresses]} if addresses else {}


def _labels(node: Obj) -> dict[str, str]:
    return node["metadata"].get("labels") or {}
