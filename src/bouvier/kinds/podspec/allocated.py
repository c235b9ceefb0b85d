"""What a pod counts for while its resources are being changed in place: the most of what is wanted, granted and had.

A change that its host can never carry out counts for nothing.
Source: https://github.com/kubernetes/enhancements/tree/master/keps/sig-node/1287-in-place-update-pod-resources
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bouvier.meta.objects import Obj, condition_of
from bouvier.meta.quantities import parse

_LISTS = (("containers", "containerStatuses"), ("initContainers", "initContainerStatuses"))

Quantities = Mapping[str, Any]


def counted_spec(pod: Obj) -> Obj:
    """Return the pod's spec with the amounts that it counts for; the spec itself where nothing differs."""
    spec: Obj = pod.get("spec") or {}
    status = pod.get("status") or {}
    pending = condition_of(pod, "PodResizePending") or {}
    is_hopeless = pending.get("reason") == "Infeasible"
    changed: Obj = {}
    for field, statuses in _LISTS:
        reported = {one.get("name"): one for one in status.get(statuses) or () if "resources" in one}
        if not reported:
            continue
        containers = spec.get(field) or []
        counted = [_counted(one, reported.get(one.get("name")), is_hopeless=is_hopeless) for one in containers]
        if any(new is not old for new, old in zip(counted, containers, strict=True)):
            changed[field] = counted
    return spec | changed if changed else spec


def _counted(container: Obj, reported: Obj | None, *, is_hopeless: bool) -> Obj:
    if reported is None:
        return container
    wanted, had = container.get("resources") or {}, reported.get("resources") or {}
    granted = reported.get("allocatedResources") or {}
    requests, limits = wanted.get("requests") or {}, wanted.get("limits") or {}
    same = (had.get("requests") or {}) == requests and (had.get("limits") or {}) == limits
    if same and all(requests.get(name) == amount for name, amount in granted.items()):
        return container
    parts = [granted, had.get("requests") or {}] if is_hopeless else [requests, granted, had.get("requests") or {}]
    tops = [had.get("limits") or {}] if is_hopeless else [limits, had.get("limits") or {}]
    return container | {"resources": wanted | {"requests": _most(requests, parts), "limits": _most(limits, tops)}}


def _most(wanted: Quantities, parts: list[Quantities]) -> dict[str, Any]:
    """Return the largest amount of each resource; of one that nobody reports, what is wanted."""
    result = {}
    for name in dict.fromkeys([*wanted, *(name for part in parts for name in part)]):
        given = [part[name] for part in parts if name in part] or [wanted[name]]
        result[name] = max(given, key=parse)
    return result
