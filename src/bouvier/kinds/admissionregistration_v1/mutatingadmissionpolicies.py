"""MutatingAdmissionPolicy: expressions that change every matching write.

Source: https://kubernetes.io/docs/reference/access-authn-authz/mutating-admission-policy/
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bouvier.kinds import fields
from bouvier.kinds.admissionregistration_v1.expressions import check_expression, scope_of
from bouvier.kinds.admissionregistration_v1.matching import REINVOCATIONS
from bouvier.kinds.admissionregistration_v1.policies import check_policy, default_policy, policy_columns
from bouvier.kinds.fields import Errors
from bouvier.kinds.kind import Kind
from bouvier.kinds.older import older
from bouvier.meta.errors import FieldError, required
from bouvier.meta.objects import Obj
from bouvier.meta.resources import MUTATINGADMISSIONPOLICIES

_FIELDS = {"ApplyConfiguration": ("applyConfiguration", "object"), "JSONPatch": ("jsonPatch", "list")}
"""The field that holds the expression of each type of patch, and the type of its value."""


def default(obj: Obj) -> None:
    """Fill what a policy leaves out."""
    default_policy(obj)
    obj["spec"].setdefault("reinvocationPolicy", "Never")


def validate(obj: Obj) -> list[FieldError]:
    """Check constraints and expressions."""
    return list(_errors(obj.get("spec") or {}))


def _errors(spec: Mapping[str, Any]) -> Errors:
    yield from check_policy(spec)
    yield from fields.one_of("spec.reinvocationPolicy", spec.get("reinvocationPolicy"), REINVOCATIONS)
    mutations = spec.get("mutations") or []
    if not mutations:
        yield required("spec.mutations", "mutations must contain at least one item")
    for index, mutation in enumerate(mutations):
        yield from _mutation(f"spec.mutations[{index}]", mutation, spec)


def _mutation(path: str, mutation: Mapping[str, Any], spec: Mapping[str, Any]) -> Errors:
    kind = mutation.get("patchType") or ""
    if kind not in _FIELDS:
        yield from fields.one_of(f"{path}.patchType", kind, tuple(_FIELDS))
        return
    field, result = _FIELDS[kind]
    part = mutation.get(field)
    if part is None:
        yield required(f"{path}.{field}", f"must be specified when patchType is {kind}")
        return
    yield from check_expression(f"{path}.{field}.expression", part.get("expression"), scope_of(spec), (result,))


KIND = Kind(
    resource=MUTATINGADMISSIONPOLICIES,
    singular="mutatingadmissionpolicy",
    definition="io.k8s.api.admissionregistration.v1.MutatingAdmissionPolicy",
    categories=("api-extensions",),
    columns=policy_columns("mutations", "Mutations"),
    default=default,
    validate=validate,
    has_generation=True,
    needs_revision=True,
)

BETA = older(KIND, "v1beta1")
"""The same as clients of before 1.36 write it."""
