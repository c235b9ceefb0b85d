"""Checks that webhooks and policies share: match conditions and references to parameters."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from bouvier.kinds import fields, names
from bouvier.kinds.admissionregistration_v1.expressions import Scope, check_expression, scope_of
from bouvier.kinds.fields import Errors
from bouvier.meta.cel.parser import RESERVED
from bouvier.meta.errors import FieldError, forbidden_field, required

MOST_CONDITIONS = 64
_IDENTIFIER = re.compile(r"[_a-zA-Z][_a-zA-Z0-9]*")


def check_conditions(path: str, conditions: Sequence[Mapping[str, Any]], scope: Scope) -> Errors:
    """Check names and expressions of match conditions."""
    if len(conditions) > MOST_CONDITIONS:
        detail = f"Too many: {len(conditions)}: must have at most {MOST_CONDITIONS} items"
        yield FieldError("FieldValueTooMany", path, detail)
    for index, condition in enumerate(conditions):
        place = f"{path}[{index}]"
        yield from fields.named(f"{place}.name", condition.get("name"), names.qualified_name)
        yield from check_expression(f"{place}.expression", condition.get("expression"), scope, ("bool",))
    yield from fields.unique(path, [condition.get("name") for condition in conditions], "name")


def check_variables(path: str, variables: Sequence[Mapping[str, Any]], scope: Scope) -> Errors:
    """Check names and expressions of a policy's variables, each of which may name those before it."""
    spec = {"paramKind": scope.has_params}
    for index, variable in enumerate(variables):
        place, name = f"{path}[{index}]", variable.get("name") or ""
        if not name:
            yield required(f"{place}.name", "name is not specified")
        elif not _IDENTIFIER.fullmatch(name) or name in RESERVED:
            yield fields.invalid(f"{place}.name", name, "name is not a valid CEL identifier")
        before = scope_of({**spec, "variables": variables[:index]})
        yield from check_expression(f"{place}.expression", variable.get("expression"), before, ())
    yield from fields.unique(path, [variable.get("name") for variable in variables], "name")


def check_param_kind(path: str, kind: Mapping[str, Any] | None) -> Errors:
    """Check the kind of a policy's parameters."""
    if kind is None:
        return
    for field in ("apiVersion", "kind"):
        if not kind.get(field):
            yield required(f"{path}.{field}")


def check_param_ref(path: str, reference: Mapping[str, Any] | None) -> Errors:
    """Check which parameters a binding names."""
    if reference is None:
        return
    if reference.get("name") and reference.get("selector") is not None:
        yield forbidden_field(f"{path}.name", "name and selector are mutually exclusive")
    elif not reference.get("name") and reference.get("selector") is None:
        yield required(path, "one of name or selector must be specified")
    yield from fields.label_selector(f"{path}.selector", reference.get("selector"))
    yield from fields.one_of(
        f"{path}.parameterNotFoundAction", reference.get("parameterNotFoundAction"), ("Allow", "Deny")
    )
