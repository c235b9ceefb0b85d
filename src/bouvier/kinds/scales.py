"""What a custom object says at the places that its definition names for the scale.

Source: `ValidateScaleSpec` and `ValidateScaleStatus` of Kubernetes' `customresource/validator.go`.
"""

from __future__ import annotations

from typing import Any

from bouvier.kinds import fields
from bouvier.kinds.fields import Errors
from bouvier.kinds.kind import Kind
from bouvier.meta.errors import FieldError
from bouvier.meta.objects import Obj

MOST_REPLICAS = 2**31 - 1
_COUNTS = ("specReplicasPath", "statusReplicasPath")
_GO_TYPES = {str: "string", bool: "bool", float: "float64", list: "[]interface {}", dict: "map[string]interface {}"}


def scale_errors(kind: Kind, obj: Obj) -> list[FieldError]:
    """Check the numbers of replicas, and the selector that is a text."""
    return list(_errors(kind, obj)) if kind.scale_paths else []


def value_at(obj: Obj, path: str) -> Any:
    """Return what stands at `.spec.replicas`, None when nothing does."""
    value: Any = obj
    for field in path.lstrip(".").split("."):
        value = value.get(field) if isinstance(value, dict) else None
    return value


def _errors(kind: Kind, obj: Obj) -> Errors:
    for setting in _COUNTS:
        path = kind.scale_paths.get(setting, "")
        value = value_at(obj, path) if path else None
        if value is None:
            continue
        if not isinstance(value, int) or isinstance(value, bool):
            yield fields.invalid(path, 0, _wrong_type(path, value, "int64"))
        elif value < 0:
            yield fields.invalid(path, value, "should be a non-negative integer")
        elif value > MOST_REPLICAS:
            yield fields.invalid(path, value, f"should be less than or equal to {MOST_REPLICAS}")
    path = kind.scale_paths.get("labelSelectorPath", "")
    selector = value_at(obj, path) if path else None
    if selector is not None and not isinstance(selector, str):
        yield fields.invalid(path, selector, _wrong_type(path, selector, "string"))


def _wrong_type(path: str, value: Any, wanted: str) -> str:
    given = _GO_TYPES.get(type(value), "int64")
    return f"{path} accessor error: {value} is of the type {given}, expected {wanted}"
