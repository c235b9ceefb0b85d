"""Taints of devices and their tolerations."""

from __future__ import annotations

from bouvier.kinds import fields, names
from bouvier.kinds.fields import Errors
from bouvier.kinds.resource_v1.naming import Part
from bouvier.meta.errors import not_supported, required

EFFECTS = ("NoExecute", "NoSchedule", "None")
_OPERATORS = ["Equal", "Exists"]


def taint(path: str, given: Part) -> Errors:
    """Check a taint."""
    yield from fields.each(f"{path}.key", given.get("key") or "", names.qualified_name)
    if given.get("value"):
        yield from fields.each(f"{path}.value", given["value"], names.label_value)
    yield from fields.one_of(f"{path}.effect", given.get("effect"), EFFECTS)


def toleration(path: str, given: Part) -> Errors:
    """Check a toleration."""
    operator, value = given.get("operator") or "", given.get("value") or ""
    if given.get("key"):
        yield from fields.each(f"{path}.key", given["key"], names.qualified_name)
    if not operator:
        yield required(f"{path}.operator")
    elif operator == "Exists" and value:
        yield fields.invalid(f"{path}.value", value, "must be empty for operator `Exists`")
    elif operator == "Equal":
        yield from fields.each(f"{path}.value", value, names.label_value)
    elif operator not in _OPERATORS:
        yield not_supported(f"{path}.operator", operator, _OPERATORS)
    yield from fields.optional_one_of(f"{path}.effect", given.get("effect"), EFFECTS)
