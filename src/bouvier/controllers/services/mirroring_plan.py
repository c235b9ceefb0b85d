"""Decides the EndpointSlices that repeat an Endpoints object which somebody wrote for a Service without a selector.

Everything fast reads slices: without their mirror such endpoints would get no traffic. Names follow from what the
endpoints of a slice have in common, so that a creation that is tried twice makes one slice.
Source: https://kubernetes.io/docs/concepts/services-networking/endpoint-slices/#endpointslice-mirroring
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from bouvier.controllers.services.endpoints_plan import is_ours
from bouvier.controllers.services.endpointslices_plan import HEADLESS, MANAGED_BY, SERVICE_NAME, is_headless
from bouvier.meta.objects import Obj, annotations_of, is_deleting, labels_of, name_of, namespace_of, owner_reference

MANAGER = "endpointslicemirroring-controller.k8s.io"
SKIP = "endpointslice.kubernetes.io/skip-mirror"
LEADER = "control-plane.alpha.kubernetes.io/leader"
"""Endpoints with this annotation are locks of older leader elections."""
NOT_COPIED = ("endpoints.kubernetes.io/last-change-trigger-time", "kubectl.kubernetes.io/last-applied-configuration")
MOST_ENDPOINTS = 1000
"""Of one subset: as many as an Endpoints object may hold."""
_PORT_FIELDS = ("name", "port", "protocol", "appProtocol")


@dataclass(frozen=True, slots=True)
class MirrorPlan:
    """The writes, in any order."""

    create: list[Obj] = field(default_factory=list)
    update: list[Obj] = field(default_factory=list)
    delete: list[Obj] = field(default_factory=list)


def is_mirrored(endpoints: Obj | None, service: Obj | None) -> bool:
    """Tell whether the endpoints are a user's own, for a Service that selects none."""
    if endpoints is None or service is None or is_deleting(endpoints) or is_ours(endpoints):
        return False
    if labels_of(endpoints).get(SKIP) == "true" or LEADER in annotations_of(endpoints):
        return False
    return not service["spec"].get("selector") and service["spec"].get("type") != "ExternalName"


def plan(endpoints: Obj | None, service: Obj | None, slices: Iterable[Obj]) -> MirrorPlan:
    """Return the changes that make `slices`, those mirrored before, show the endpoints."""
    present = {name_of(one): one for one in slices if not is_deleting(one)}
    wanted: dict[str, Obj] = {}
    if endpoints is not None and service is not None and is_mirrored(endpoints, service):
        wanted = {name_of(one): one for one in _slices(endpoints, service)}
    result = MirrorPlan()
    result.delete.extend(one for name, one in present.items() if name not in wanted)
    for name, one in wanted.items():
        old = present.get(name)
        if old is None:
            result.create.append(one)
        elif _essence(old) != _essence(one):
            version = {"resourceVersion": old["metadata"]["resourceVersion"]}
            result.update.append({**one, "metadata": {**one["metadata"], **version}})
    return result


def _slices(endpoints: Obj, service: Obj) -> list[Obj]:
    groups: dict[bytes, tuple[str, list[Obj], dict[str, Obj]]] = {}
    for subset in endpoints.get("subsets") or ():
        ports = [_port(port) for port in subset.get("ports") or ()]
        for is_ready, field_name in ((True, "addresses"), (False, "notReadyAddresses")):
            for address in (subset.get(field_name) or ())[:MOST_ENDPOINTS]:
                family = "IPv6" if ":" in address["ip"] else "IPv4"
                key = orjson.dumps([family, ports], option=orjson.OPT_SORT_KEYS)
                members = groups.setdefault(key, (family, ports, {}))[2]
                members.setdefault(address["ip"], _endpoint(address, is_ready=is_ready))
    return [_slice(endpoints, service, key, *groups[key]) for key in sorted(groups)]


def _slice(  # noqa: PLR0917
    endpoints: Obj, service: Obj, key: bytes, family: str, ports: list[Obj], members: Mapping[str, Obj]
) -> Obj:
    suffix = hashlib.sha256(key).hexdigest()[:8]
    labels = labels_of(endpoints) | {SERVICE_NAME: name_of(endpoints), MANAGED_BY: MANAGER}
    if is_headless(service):
        labels[HEADLESS] = ""
    annotations = {name: value for name, value in annotations_of(endpoints).items() if name not in NOT_COPIED}
    metadata: Obj = {
        "name": f"{name_of(endpoints)[:200]}-{suffix}",
        "namespace": namespace_of(endpoints),
        "labels": labels,
        "ownerReferences": [owner_reference(endpoints)],
    }
    metadata |= {"annotations": annotations} if annotations else {}
    shown = [members[address] for address in sorted(members)]
    return {
        "apiVersion": "discovery.k8s.io/v1",
        "kind": "EndpointSlice",
        "metadata": metadata,
        "addressType": family,
        "ports": ports,
        "endpoints": shown,
    }


def _port(port: Mapping[str, Any]) -> Obj:
    shown = {name: port[name] for name in _PORT_FIELDS if port.get(name) is not None}
    return {"name": "", "protocol": "TCP"} | shown


def _endpoint(address: Mapping[str, Any], *, is_ready: bool) -> Obj:
    shown: Obj = {"addresses": [address["ip"]], "conditions": {"ready": is_ready}}
    shown |= {name: address[name] for name in ("hostname", "nodeName", "targetRef") if address.get(name)}
    return shown


def _essence(slice_: Obj) -> tuple[Any, ...]:
    metadata = slice_["metadata"]
    fields = tuple(metadata.get(name) for name in ("labels", "annotations", "ownerReferences"))
    return (*fields, slice_.get("endpoints"), slice_.get("ports"))
