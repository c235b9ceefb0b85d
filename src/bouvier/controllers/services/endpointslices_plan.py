"""Decides how EndpointSlices of a Service change: as few slices as possible are written.

Endpoints with the same target ports share slices of at most 100. What is still wanted stays where it is; a slice that
must be written anyway is filled first; then one with room for all that is left; then new ones. A Service without pods
keeps one empty slice for each address family, so that readers can tell "none" from "not looked at yet".
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial

from bouvier.controllers.services.pod_endpoints import (
    Endpoint,
    Ports,
    address_of,
    belongs,
    endpoint,
    ports_of,
    target_ports,
)
from bouvier.meta.objects import Obj, is_deleting, labels_of, name_of, namespace_of, owner_reference

SERVICE_NAME = "kubernetes.io/service-name"
MANAGED_BY = "endpointslice.kubernetes.io/managed-by"
MANAGER = "endpointslice-controller.k8s.io"
HEADLESS = "service.kubernetes.io/headless"
MOST_ENDPOINTS = 100
"""Kubernetes' default: a change of one endpoint then costs at most some 25 kB."""

Group = tuple[str, Ports]
"""Address family and ports: what the endpoints of one slice have in common."""
Wanted = dict[str, Endpoint]
"""Endpoints by identity: see `_identity`."""


@dataclass(frozen=True, slots=True)
class SlicesPlan:
    """The writes, in any order."""

    create: list[Obj] = field(default_factory=list)
    update: list[Obj] = field(default_factory=list)
    delete: list[Obj] = field(default_factory=list)


@dataclass(slots=True)
class _Draft:
    """A slice and what it should hold."""

    slice_: Obj
    endpoints: list[Endpoint]
    changed: bool

    @property
    def room(self) -> int:
        return MOST_ENDPOINTS - len(self.endpoints)

    def fill(self, rest: list[Endpoint]) -> list[Endpoint]:
        """Take in what fits and return what does not."""
        room = self.room
        self.endpoints += rest[:room]
        self.changed = self.changed or bool(rest[:room])
        return rest[room:]


def plan(
    service: Obj,
    pods: Iterable[Obj],
    slices: Iterable[Obj],
    zone_of: Callable[[str], str],
    new_name: Callable[[], str],
) -> SlicesPlan:
    """Return the changes that make `slices` show `pods`; `zone_of` gives the zone of a host, empty for none."""
    present = sorted((slice_ for slice_ in slices if not is_deleting(slice_)), key=name_of)
    groups = _wanted(service, pods, zone_of)
    for family in families_of(service):
        if not any(group[0] == family for group in groups):
            groups[next((_group(s) for s in present if _group(s)[0] == family), (family, ()))] = {}
    result = SlicesPlan()
    result.delete.extend(slice_ for slice_ in present if _group(slice_) not in groups)
    for group, wanted in groups.items():
        drafts = [_keep(service, slice_, wanted) for slice_ in present if _group(slice_) == group]
        rest = _place(drafts, list(wanted.values()))
        _settle(drafts, result, partial(_described, service), keep_one=not rest)
        chunks = [rest[start : start + MOST_ENDPOINTS] for start in range(0, len(rest), MOST_ENDPOINTS)]
        if not drafts and not rest:
            chunks = [[]]
        result.create.extend(_slice(service, group, new_name(), chunk) for chunk in chunks)
    return result


def families_of(service: Obj) -> list[str]:
    """Return the address families of the Service, the main one first."""
    return service["spec"].get("ipFamilies") or ["IPv4"]


def _group(slice_: Obj) -> Group:
    return slice_.get("addressType") or "IPv4", ports_of(slice_)


def _wanted(service: Obj, pods: Iterable[Obj], zone_of: Callable[[str], str]) -> dict[Group, Wanted]:
    groups: dict[Group, Wanted] = {}
    for pod in filter(belongs, pods):
        ports = target_ports(service, pod)
        for family in families_of(service):
            address = address_of(pod, family)
            if address:
                found = endpoint(service, pod, address, zone_of(pod["spec"].get("nodeName") or ""))
                groups.setdefault((family, ports), {})[_identity(found)] = found
    return groups


def _identity(found: Endpoint) -> str:
    return f"{(found.get('targetRef') or {}).get('uid', '')} {found['addresses'][0]}"


def _keep(service: Obj, slice_: Obj, wanted: Wanted) -> _Draft:
    """Return what stays in a slice, removing it from `wanted`."""
    present = slice_.get("endpoints") or []
    found = (wanted.pop(_identity(each), None) for each in present)
    endpoints = [each for each in found if each is not None]
    return _Draft(slice_, endpoints, changed=endpoints != present or _described(service, slice_) != slice_)


def _place(drafts: Sequence[_Draft], rest: list[Endpoint]) -> list[Endpoint]:
    """Put what is left into existing slices and return what needs new ones."""
    for draft in drafts:
        if draft.changed:
            rest = draft.fill(rest)
    roomy = [draft for draft in drafts if draft.room >= len(rest)]
    return min(roomy, key=lambda draft: draft.room).fill(rest) if rest and roomy else rest


def _settle(drafts: Sequence[_Draft], result: SlicesPlan, describe: Callable[[Obj], Obj], *, keep_one: bool) -> None:
    """Note the writes of existing slices; empty ones go, except the last where the group would have none."""
    filled = [draft for draft in drafts if draft.endpoints]
    if not filled and keep_one:
        filled = list(drafts[:1])
    for draft in drafts:
        if draft not in filled:
            result.delete.append(draft.slice_)
        elif draft.changed:
            result.update.append({**describe(draft.slice_), "endpoints": draft.endpoints})


def _slice(service: Obj, group: Group, name: str, endpoints: list[Endpoint]) -> Obj:
    family, ports = group
    metadata = {"name": name, "generateName": name_of(service) + "-", "namespace": namespace_of(service)}
    new = {
        "apiVersion": "discovery.k8s.io/v1",
        "kind": "EndpointSlice",
        "metadata": metadata,
        "addressType": family,
        "ports": [port.as_object() for port in ports],
        "endpoints": endpoints,
    }
    return _described(service, new)


def _described(service: Obj, slice_: Obj) -> Obj:
    """Return the slice with the labels and the owner that it should have."""
    labels = {name: value for name, value in labels_of(service).items() if name not in (SERVICE_NAME, HEADLESS)}
    labels |= {SERVICE_NAME: name_of(service), MANAGED_BY: MANAGER}
    if is_headless(service):
        labels[HEADLESS] = ""
    metadata = {**slice_["metadata"], "labels": labels, "ownerReferences": [owner_reference(service)]}
    return {**slice_, "metadata": metadata}


def is_headless(service: Obj) -> bool:
    """Tell whether the Service has no address of its own."""
    return bool(service["spec"].get("clusterIP") == "None")


def is_managed(service: Obj) -> bool:
    """Tell whether the endpoints of the Service follow from its selector."""
    return bool(service["spec"].get("selector")) and service["spec"].get("type") != "ExternalName"
