"""The quality-of-service class of a pod.

Source: https://kubernetes.io/docs/concepts/workloads/pods/pod-qos/
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bouvier.meta.quantities import parse

_COUNTED = ("cpu", "memory")


def quality_of_service(spec: Mapping[str, Any]) -> str:
    """Return `Guaranteed`, `Burstable` or `BestEffort`, from the CPU and memory of a pod's spec."""
    if (spec.get("resources") or {}).keys() & {"limits", "requests"}:
        blocks = [spec["resources"]]
    else:
        containers = [*(spec.get("containers") or ()), *(spec.get("initContainers") or ())]
        blocks = [container.get("resources") or {} for container in containers]
    if not any(_amounts(block, part) for block in blocks for part in ("limits", "requests")):
        return "BestEffort"
    return "Guaranteed" if all(_is_guaranteed(block) for block in blocks) else "Burstable"


def _amounts(block: Mapping[str, Any], part: str) -> dict[str, Any]:
    """Return the counted resources above zero."""
    quantities = block.get(part) or {}
    return {name: parse(quantities[name]) for name in _COUNTED if name in quantities and parse(quantities[name]) > 0}


def _is_guaranteed(block: Mapping[str, Any]) -> bool:
    limits, requests = _amounts(block, "limits"), _amounts(block, "requests")
    return len(limits) == len(_COUNTED) and all(requests.get(name, limits[name]) == limits[name] for name in limits)
