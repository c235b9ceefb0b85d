"""LimitRange: bounds and defaults for the resources of a namespace's pods."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bouvier.kinds import fields, names
from bouvier.kinds.columns import DEFAULT_COLUMNS
from bouvier.kinds.fields import Errors
from bouvier.kinds.findings import show
from bouvier.kinds.kind import Kind
from bouvier.kinds.podspec.defaults import canonical_quantities
from bouvier.kinds.podspec.resources import non_negative_quantities, parsed
from bouvier.meta.errors import FieldError, forbidden_field
from bouvier.meta.objects import Obj
from bouvier.meta.resources import LIMITRANGES

_PARTS = ("max", "min", "default", "defaultRequest", "maxLimitRequestRatio")
_ORDER = (
    ("min", "defaultRequest"),
    ("min", "default"),
    ("min", "max"),
    ("defaultRequest", "default"),
    ("defaultRequest", "max"),
    ("default", "max"),
)
_WORDS = {"min": "min", "max": "max", "default": "default limit", "defaultRequest": "default request"}


def default(obj: Obj) -> None:
    """Let a container's default limit be its maximum, and its default request its limit or minimum."""
    for item in (obj.get("spec") or {}).get("limits") or ():
        for part in _PARTS:
            canonical_quantities(item.get(part))
        if item.get("type") != "Container":
            continue
        limits = {**(item.get("max") or {}), **(item.get("default") or {})}
        requests = {
            **limits,
            **(item.get("min") or {}),
            **(item.get("default") or {}),
            **(item.get("defaultRequest") or {}),
        }
        if limits:
            item["default"] = limits
        if requests:
            item["defaultRequest"] = requests


def validate(obj: Obj) -> list[FieldError]:
    """Check types, names and that minimum ≤ default request ≤ default limit ≤ maximum."""
    return list(_errors((obj.get("spec") or {}).get("limits") or ()))


def _errors(limits: Any) -> Errors:
    seen: set[str] = set()
    for index, item in enumerate(limits):
        path = f"spec.limits[{index}]"
        kind = item.get("type") or ""
        yield from fields.each(f"{path}.type", kind, names.qualified_name)
        if kind in seen:
            yield FieldError("FieldValueDuplicate", f"{path}.type", f"Duplicate value: {show(kind)}")
        seen.add(kind)
        if kind == "Pod":
            for part in ("default", "defaultRequest"):
                if item.get(part):
                    yield forbidden_field(f"{path}.{part}", "may not be specified when `type` is 'Pod'")
        for part in _PARTS:
            yield from non_negative_quantities(f"{path}.{part}", item.get(part))
        yield from _ordered(path, item)
        for name, value in (item.get("maxLimitRequestRatio") or {}).items():
            ratio = parsed(value)
            if ratio is not None and ratio < 1:
                detail = f"ratio {value} is less than 1"
                yield fields.invalid(f"{path}.maxLimitRequestRatio[{name}]", value, detail)


def _ordered(path: str, item: Mapping[str, Any]) -> Errors:
    for low, high in _ORDER:
        for name, value in (item.get(low) or {}).items():
            lower, upper = parsed(value), parsed((item.get(high) or {}).get(name))
            if lower is not None and upper is not None and lower > upper:
                detail = f"{_WORDS[low]} value {value} is greater than {_WORDS[high]} value {item[high][name]}"
                yield fields.invalid(f"{path}.{low}[{name}]", value, detail)


KIND = Kind(
    resource=LIMITRANGES,
    singular="limitrange",
    definition="io.k8s.api.core.v1.LimitRange",
    short_names=("limits",),
    columns=DEFAULT_COLUMNS,
    default=default,
    validate=validate,
)
