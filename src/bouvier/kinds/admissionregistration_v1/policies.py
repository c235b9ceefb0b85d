"""Defaults, checks and columns that policies and bindings of both sorts share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bouvier.kinds import fields
from bouvier.kinds.admissionregistration_v1.conditions import (
    check_conditions,
    check_param_kind,
    check_param_ref,
    check_variables,
)
from bouvier.kinds.admissionregistration_v1.expressions import Scope
from bouvier.kinds.admissionregistration_v1.matching import FAILURE_POLICIES, check_match, default_match
from bouvier.kinds.columns import AGE, NAME
from bouvier.kinds.fields import Errors
from bouvier.kinds.kind import Column
from bouvier.meta.errors import FieldError, required
from bouvier.meta.objects import Obj


def default_policy(obj: Obj) -> None:
    """Fill what a policy leaves out."""
    spec = obj.setdefault("spec", {})
    spec.setdefault("failurePolicy", "Fail")
    if isinstance(spec.get("matchConstraints"), dict):
        default_match(spec["matchConstraints"])


def default_binding(obj: Obj) -> None:
    """Fill what a binding leaves out."""
    spec = obj.setdefault("spec", {})
    if isinstance(spec.get("matchResources"), dict):
        default_match(spec["matchResources"])


def check_policy(spec: Mapping[str, Any]) -> Errors:
    """Check the parts that both sorts of policy have."""
    match = spec.get("matchConstraints")
    if match is None:
        yield required("spec.matchConstraints")
    else:
        yield from check_match("spec.matchConstraints", match, needs_rules=True)
    yield from fields.optional_one_of("spec.failurePolicy", spec.get("failurePolicy"), FAILURE_POLICIES)
    yield from check_param_kind("spec.paramKind", spec.get("paramKind"))
    scope = Scope(bool(spec.get("paramKind")))
    yield from check_conditions("spec.matchConditions", spec.get("matchConditions") or [], scope)
    yield from check_variables("spec.variables", spec.get("variables") or [], scope)


def check_binding(spec: Mapping[str, Any]) -> Errors:
    """Check the parts that both sorts of binding have."""
    if not spec.get("policyName"):
        yield required("spec.policyName")
    yield from check_param_ref("spec.paramRef", spec.get("paramRef"))
    if spec.get("matchResources") is not None:
        yield from check_match("spec.matchResources", spec["matchResources"], needs_rules=False)


def validate_binding(obj: Obj) -> list[FieldError]:
    """Check a binding that says nothing but whom it binds."""
    return list(check_binding(obj.get("spec") or {}))


def _param_kind(obj: Obj) -> str:
    kind = (obj.get("spec") or {}).get("paramKind")
    return f"{kind.get('apiVersion', '')}/{kind.get('kind', '')}" if kind else "<unset>"


def _param_ref(obj: Obj) -> str:
    reference = (obj.get("spec") or {}).get("paramRef")
    if not reference:
        return "<unset>"
    named = reference.get("name") or "*"
    return f"{reference['namespace']}/{named}" if reference.get("namespace") else str(named)


def policy_columns(field: str, title: str) -> list[Column]:
    """Return the columns of a policy; one counts the elements of a field."""
    return [
        NAME,
        Column(title, lambda obj: len((obj.get("spec") or {}).get(field) or ()), "integer"),
        Column("ParamKind", _param_kind),
        AGE,
    ]


BINDING_COLUMNS = [
    NAME,
    Column("PolicyName", lambda obj: (obj.get("spec") or {}).get("policyName", "")),
    Column("ParamRef", _param_ref),
    AGE,
]
