"""Decides which addresses LoadBalancer Services and Ingresses report: those where the platform's balancers listen."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from bouvier.meta.objects import Obj, annotations_of, is_condition_true, is_deleting

INGRESS_CONTROLLER = "bouvier.io/balancer"
"""`spec.controller` of the IngressClasses that the platform serves."""
DEFAULT_CLASS = "ingressclass.kubernetes.io/is-default-class"
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


def ingress_status(ingress: Obj, classes: Sequence[Obj], addresses: Sequence[str]) -> LoadBalancer | None:
    """Return the `status.loadBalancer` that an Ingress should have, None if another controller serves it."""
    if not is_served(ingress, classes):
        return None
    return {"ingress": [{"ip": address} for address in addresses]} if addresses else {}


def is_served(ingress: Obj, classes: Sequence[Obj]) -> bool:
    """Tell whether the platform's balancer serves the Ingress: its class is ours, or it has none and we are default."""
    name = (ingress.get("spec") or {}).get("ingressClassName") or annotations_of(ingress).get(
        "kubernetes.io/ingress.class"
    )
    if name:
        named = next((each for each in classes if each["metadata"]["name"] == name), None)
        return named is not None and _is_ours(named)
    default = [each for each in classes if annotations_of(each).get(DEFAULT_CLASS) == "true"]
    return not default or any(_is_ours(each) for each in default)


def _is_ours(ingress_class: Obj) -> bool:
    return bool((ingress_class.get("spec") or {}).get("controller") == INGRESS_CONTROLLER)


def _labels(node: Obj) -> dict[str, str]:
    return node["metadata"].get("labels") or {}
