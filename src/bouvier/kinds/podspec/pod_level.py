"""What `spec.resources` of a pod leaves open is filled from its containers.

Limits for huge pages and requests are filled only where something is said for the pod; limits for CPU and memory only
where every container has one.
Source: https://github.com/kubernetes/enhancements/tree/master/keps/sig-node/2837-pod-level-resource-spec
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bouvier.kinds.usage.amounts import containers_of, pod_amounts, texts

_SHARED = ("cpu", "memory")
"""Resources of which more may be promised than there is."""
_HUGE = "hugepages-"


def default_pod_level(spec: dict[str, Any]) -> None:
    """Fill the pod's own requests and limits, in place."""
    own = spec.get("resources") or {}
    if not own.get("limits") and not own.get("requests"):
        return
    total = {part: _of_containers(spec, part) for part in ("limits", "requests")}
    asked = own.get("requests") or {}
    _fill(
        own, "limits", {name: v for name, v in total["limits"].items() if name.startswith(_HUGE) and name not in asked}
    )
    if own.get("limits"):
        _fill(own, "requests", {name: value for name, value in total["requests"].items() if name in _SHARED})
        _fill(own, "requests", own["limits"])
    else:
        limited = {name: value for name, value in total["limits"].items() if _is_limited_everywhere(spec, name)}
        _fill(own, "limits", limited)


def _of_containers(spec: Mapping[str, Any], part: str) -> dict[str, str]:
    alone = {name: spec.get(name) for name in ("containers", "initContainers")}
    return texts(pod_amounts(alone, part))


def _fill(own: dict[str, Any], part: str, amounts: Mapping[str, Any]) -> None:
    if amounts:
        own[part] = {**amounts, **(own.get(part) or {})}


def _is_limited_everywhere(spec: Mapping[str, Any], name: str) -> bool:
    limits = [((one.get("resources") or {}).get("limits") or {}) for one in containers_of(spec)]
    return name in _SHARED and all(name in each for each in limits)
