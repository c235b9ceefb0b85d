"""Decides the Endpoints object of a Service, for clients that do not read EndpointSlices.

It shows the Service's main address family, without pods that are terminating, and at most 1000 addresses.
Source: https://kubernetes.io/docs/concepts/services-networking/service/#endpoints
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from bouvier.controllers.services.endpointslices_plan import HEADLESS, families_of, is_headless
from bouvier.controllers.services.pod_endpoints import Ports, address_of, belongs, target_ports
from bouvier.meta.objects import (
    Obj,
    annotations_of,
    is_condition_true,
    is_deleting,
    labels_of,
    name_of,
    namespace_of,
    uid_of,
)

MANAGED_BY = "endpoints.kubernetes.io/managed-by"
MANAGER = "endpoint-controller"
OVER_CAPACITY = "endpoints.kubernetes.io/over-capacity"
MOST_ADDRESSES = 1000
"""More would make every change of one pod cost a megabyte; Kubernetes' own limit."""


def endpoints(service: Obj, pods: Iterable[Obj], existing: Obj | None) -> Obj | None:
    """Return the object to write, None if `existing` is right."""
    family = families_of(service)[0]
    members = [(address_of(pod, family), pod) for pod in pods if _is_listed(service, pod)]
    members = sorted(((address, pod) for address, pod in members if address), key=lambda member: member[0])
    subsets = _subsets(service, members[:MOST_ADDRESSES])
    metadata: Obj = dict((existing or {}).get("metadata") or {})
    metadata |= {"name": name_of(service), "namespace": namespace_of(service), "labels": _labels(service)}
    annotations = {n: v for n, v in annotations_of({"metadata": metadata}).items() if n != OVER_CAPACITY}
    if len(members) > MOST_ADDRESSES:
        annotations[OVER_CAPACITY] = "truncated"
    metadata.pop("annotations", None)
    metadata |= {"annotations": annotations} if annotations else {}
    new: Obj = {"apiVersion": "v1", "kind": "Endpoints", "metadata": metadata}
    new |= {"subsets": subsets} if subsets else {}
    return None if existing and _essence(existing) == _essence(new) else new


def is_ours(existing: Obj) -> bool:
    """Tell whether the object was made from a Service's selector, not by a user."""
    return labels_of(existing).get(MANAGED_BY) == MANAGER


def _is_listed(service: Obj, pod: Obj) -> bool:
    return belongs(pod) and (not is_deleting(pod) or bool(service["spec"].get("publishNotReadyAddresses")))


def _labels(service: Obj) -> dict[str, str]:
    labels = {name: value for name, value in labels_of(service).items() if name != HEADLESS}
    return labels | {MANAGED_BY: MANAGER} | ({HEADLESS: ""} if is_headless(service) else {})


def _subsets(service: Obj, members: list[tuple[str, Obj]]) -> list[dict[str, Any]]:
    groups: dict[Ports, dict[str, list[dict[str, Any]]]] = {}
    for address, pod in members:
        ready = bool(service["spec"].get("publishNotReadyAddresses")) or is_condition_true(pod, "Ready")
        group = groups.setdefault(target_ports(service, pod), {})
        group.setdefault("addresses" if ready else "notReadyAddresses", []).append(_address(service, address, pod))
    listed = sorted(groups.items())
    return [{**group, "ports": [port.as_object() for port in ports]} for ports, group in listed]


def _address(service: Obj, address: str, pod: Obj) -> dict[str, Any]:
    spec = pod["spec"]
    entry: dict[str, Any] = {
        "ip": address,
        "targetRef": {"kind": "Pod", "namespace": namespace_of(pod), "name": name_of(pod), "uid": uid_of(pod)},
    }
    if spec.get("nodeName"):
        entry["nodeName"] = spec["nodeName"]
    if spec.get("hostname") and spec.get("subdomain") == name_of(service):
        entry["hostname"] = spec["hostname"]
    return entry


def _essence(obj: Obj) -> tuple[Any, ...]:
    return labels_of(obj), annotations_of(obj).get(OVER_CAPACITY), _slim(obj.get("subsets") or [])


def _slim(subsets: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return subsets without the empty values that a server may add or leave out."""
    slim = []
    for subset in subsets:
        ports = [{name: value for name, value in port.items() if value} for port in subset.get("ports") or ()]
        lists = {name: subset[name] for name in ("addresses", "notReadyAddresses") if subset.get(name)}
        slim.append({**lists, "ports": ports})
    return slim
