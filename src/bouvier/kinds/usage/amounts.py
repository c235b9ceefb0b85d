"""Amounts of resources as exact numbers, and what the containers of a pod ask for together.

Containers run together, so their amounts add up; init containers run before them one after another, so the largest
counts; a sidecar stays and is added to whatever starts after it. `spec.resources` stands in place of the sum for the
resources that it names; overhead is added to requests, and to limits that are set.
Source: https://kubernetes.io/docs/concepts/workloads/pods/sidecar-containers/#resource-sharing-within-containers
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from bouvier.meta.quantities import canonical, parse

Amounts = dict[str, Decimal]
"""Amounts by resource name."""
BINARY_WORDS = ("memory", "storage", "hugepages")
KIBI = 1024


def amounts_of(quantities: Mapping[str, Any] | None) -> Amounts:
    """Return quantities as numbers.

    Raises:
        ValueError: one is malformed.
    """
    return {name: parse(value) for name, value in (quantities or {}).items()}


def add(total: Amounts, more: Mapping[str, Decimal]) -> None:
    """Add to `total` in place."""
    for name, amount in more.items():
        total[name] = total.get(name, Decimal(0)) + amount


def text(name: str, amount: Decimal) -> str:
    """Return the amount as a quantity, sizes in binary units where nothing is lost."""
    is_whole = amount == amount.to_integral_value()
    if is_whole and any(word in name for word in BINARY_WORDS) and amount and amount % KIBI == 0:
        return canonical(f"{int(amount) // KIBI}Ki")
    return canonical(f"{amount:f}")


def texts(amounts: Mapping[str, Decimal]) -> dict[str, str]:
    """Return amounts as quantities."""
    return {name: text(name, amount) for name, amount in amounts.items()}


def containers_of(spec: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return init containers and containers."""
    return [*(spec.get("initContainers") or ()), *(spec.get("containers") or ())]


def pod_amounts(spec: Mapping[str, Any], part: str) -> Amounts:
    """Return the pod's `requests` or `limits`."""
    total: Amounts = {}
    for container in spec.get("containers") or ():
        add(total, _of(container, part))
    sidecars, peak = _before(spec.get("initContainers") or (), part)
    add(total, sidecars)
    _raise_to(total, peak)
    total |= amounts_of((spec.get("resources") or {}).get(part))
    overhead = amounts_of(spec.get("overhead"))
    add(total, overhead if part == "requests" else {n: v for n, v in overhead.items() if n in total})
    return total


def _before(containers: Iterable[Mapping[str, Any]], part: str) -> tuple[Amounts, Amounts]:
    """Return what sidecars use together, and the most that is used at once while init containers run."""
    sidecars: Amounts = {}
    peak: Amounts = {}
    for container in containers:
        own = _of(container, part)
        if container.get("restartPolicy") == "Always":
            add(sidecars, own)
            _raise_to(peak, sidecars)
        else:
            add(own, sidecars)
            _raise_to(peak, own)
    return sidecars, peak


def _of(container: Mapping[str, Any], part: str) -> Amounts:
    return amounts_of((container.get("resources") or {}).get(part))


def _raise_to(total: Amounts, least: Amounts) -> None:
    for name, amount in least.items():
        total[name] = max(total.get(name, Decimal(0)), amount)
