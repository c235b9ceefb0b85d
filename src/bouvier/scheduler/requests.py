"""How much of each resource a pod asks for.

Containers run together, so their requests add up; init containers run before them one after another, so the largest
counts; a sidecar (an init container with restartPolicy Always) stays and is added to whatever starts after it.
`spec.resources` overrides the sum for the resources it names; `spec.overhead` is added.

Source: https://kubernetes.io/docs/concepts/workloads/pods/sidecar-containers/#resource-sharing-within-containers
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bouvier.meta.objects import Obj
from bouvier.meta.quantities import millis, whole

Amounts = dict[str, int]
"""Amounts by resource name: `cpu` in millicores, everything else in whole units (bytes, pieces)."""

DEFAULT_MILLICORES = 100
DEFAULT_MEMORY_BYTES = 200 << 20
"""What a container that requests nothing is taken to use when hosts are compared (not when they are checked), so that
hosts full of such pods do not look empty; Kubernetes' figures."""


def amounts(resources: Mapping[str, Any] | None) -> Amounts:
    """Return a resource list (`{"cpu": "250m"}`) as amounts.

    Raises:
        ValueError: a quantity is malformed.
    """
    return {name: millis(text) if name == "cpu" else whole(text) for name, text in (resources or {}).items()}


def pod_requests(spec: Obj) -> Amounts:
    """Return what a pod asks for, and that it is one of a host's `pods`."""
    total = _combined(spec, {}) | amounts((spec.get("resources") or {}).get("requests"))
    _add(total, amounts(spec.get("overhead")))
    total["pods"] = 1
    return total


def assumed_usage(spec: Obj) -> tuple[int, int]:
    """Return the millicores and memory bytes that the pod is taken to use when hosts are compared."""
    floor = {"cpu": DEFAULT_MILLICORES, "memory": DEFAULT_MEMORY_BYTES}
    total = _combined(spec, floor) | amounts((spec.get("resources") or {}).get("requests"))
    _add(total, amounts(spec.get("overhead")))
    return total.get("cpu", 0), total.get("memory", 0)


def _combined(spec: Obj, defaults: Amounts) -> Amounts:
    total: Amounts = {}
    for container in spec.get("containers") or ():
        _add(total, _of_container(container, defaults))
    sidecars: Amounts = {}
    peak: Amounts = {}
    for container in spec.get("initContainers") or ():
        own = _of_container(container, defaults)
        if container.get("restartPolicy") == "Always":
            _add(sidecars, own)
            _raise_to(peak, sidecars)
            continue
        _add(own, sidecars)
        _raise_to(peak, own)
    _add(total, sidecars)
    _raise_to(total, peak)
    return total


def _of_container(container: Obj, defaults: Amounts) -> Amounts:
    return defaults | amounts((container.get("resources") or {}).get("requests"))


def _add(total: Amounts, more: Amounts) -> None:
    for name, amount in more.items():
        total[name] = total.get(name, 0) + amount


def _raise_to(total: Amounts, least: Amounts) -> None:
    for name, amount in least.items():
        total[name] = max(total.get(name, 0), amount)
