"""Validation of resource names and quantities."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from bouvier.kinds import fields, names
from bouvier.kinds.fields import Errors
from bouvier.meta.errors import required
from bouvier.meta.quantities import parse

_CONTAINER_RESOURCES = frozenset({"cpu", "memory", "ephemeral-storage"})
_INTEGERS = frozenset({"pods", "count", "services", "secrets", "configmaps", "persistentvolumeclaims"})


def validate_container_resources(path: str, resources: Mapping[str, Any] | None) -> Errors:
    """Check limits, requests and that no request exceeds its limit."""
    if not resources:
        return
    limits, requests = resources.get("limits") or {}, resources.get("requests") or {}
    for field, quantities in (("limits", limits), ("requests", requests)):
        for name, value in quantities.items():
            yield from container_resource_name(f"{path}.{field}", name)
            yield from quantity(f"{path}.{field}[{name}]", name, value)
    for name, value in requests.items():
        yield from _within_limit(f"{path}.requests", name, value, limits)
    for name in limits:
        if _is_extended(name) and name in requests and _differ(requests[name], limits[name]):
            detail = f"must be equal to {name} limit of {limits[name]}"
            yield fields.invalid(f"{path}.requests", requests[name], detail)
    for name in requests:
        if _is_extended(name) and name not in limits:
            yield required(f"{path}.limits", "Limit must be set for non overcommitable resources")


def container_resource_name(path: str, name: str) -> Errors:
    """Check the name of something that a container may ask for."""
    messages = names.qualified_name(name)
    for message in messages:
        yield fields.invalid(path, name, message)
    if messages or "/" in name or name in _CONTAINER_RESOURCES or name.startswith("hugepages-"):
        return
    yield fields.invalid(path, name, "must be a standard resource for containers")


def quantity(path: str, name: str, value: str | float) -> Errors:
    """Check the amount of one resource."""
    amount = parsed(value)
    if amount is None:
        yield fields.invalid(path, value, "quantities must match the regular expression")
    elif amount < 0:
        yield fields.invalid(path, value, "must be greater than or equal to 0")
    elif (_is_extended(name) or name in _INTEGERS) and amount != amount.to_integral_value():
        yield fields.invalid(path, value, "must be an integer")


def parsed(value: str | float | None) -> Decimal | None:
    """Return a quantity as number, None when it is absent or malformed."""
    if value is None:
        return None
    try:
        return parse(value)
    except ValueError:
        return None


def non_negative_quantities(path: str, quantities: Mapping[str, Any] | None) -> Errors:
    """Check a map of amounts whose names are any resource's."""
    for name, value in (quantities or {}).items():
        for message in names.qualified_name(name):
            yield fields.invalid(f"{path}[{name}]", name, message)
        yield from quantity(f"{path}[{name}]", name, value)


def _within_limit(path: str, name: str, value: Any, limits: Mapping[str, Any]) -> Errors:
    if name not in limits or _is_extended(name):
        return
    wanted, limit = parsed(value), parsed(limits[name])
    if wanted is not None and limit is not None and wanted > limit:
        yield fields.invalid(path, value, f"must be less than or equal to {name} limit of {limits[name]}")


def _is_extended(name: str) -> bool:
    """Tell whether a resource cannot be shared: huge pages and whatever is not Kubernetes' own."""
    return name.startswith("hugepages-") or ("/" in name and not name.startswith("kubernetes.io/"))


def _differ(first: Any, second: Any) -> bool:
    values: Iterable[Decimal | None] = (parsed(first), parsed(second))
    return len(set(values)) > 1
