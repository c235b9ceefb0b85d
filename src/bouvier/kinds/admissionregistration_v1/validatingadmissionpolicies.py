"""ValidatingAdmissionPolicy: expressions that every matching write must fulfil.

Source: https://kubernetes.io/docs/reference/access-authn-authz/validating-admission-policy/
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bouvier.kinds import fields, names
from bouvier.kinds.admissionregistration_v1.expressions import check_expression, scope_of
from bouvier.kinds.admissionregistration_v1.policies import check_policy, default_policy, policy_columns
from bouvier.kinds.fields import Errors
from bouvier.kinds.kind import Kind
from bouvier.kinds.subresources import with_status
from bouvier.meta.errors import FieldError, required
from bouvier.meta.objects import Obj
from bouvier.meta.resources import VALIDATINGADMISSIONPOLICIES

REASONS = ("Forbidden", "Invalid", "RequestEntityTooLarge", "Unauthorized")


def validate(obj: Obj) -> list[FieldError]:
    """Check constraints and expressions."""
    return list(_errors(obj.get("spec") or {}))


def _errors(spec: Mapping[str, Any]) -> Errors:
    yield from check_policy(spec)
    validations, annotations = spec.get("validations") or [], spec.get("auditAnnotations") or []
    if not validations and not annotations:
        detail = "validations or auditAnnotations must contain at least one item"
        yield required("spec.validations", detail)
        yield required("spec.auditAnnotations", detail)
    for index, validation in enumerate(validations):
        yield from _validation(f"spec.validations[{index}]", validation, spec)
    scope = scope_of(spec)
    for index, annotation in enumerate(annotations):
        place = f"spec.auditAnnotations[{index}]"
        yield from fields.named(f"{place}.key", annotation.get("key"), names.qualified_name)
        yield from check_expression(
            f"{place}.valueExpression", annotation.get("valueExpression"), scope, ("string", "null")
        )
    yield from fields.unique("spec.auditAnnotations", [one.get("key") for one in annotations], "key")


def _validation(path: str, validation: Mapping[str, Any], spec: Mapping[str, Any]) -> Errors:
    expression, message = validation.get("expression") or "", validation.get("message") or ""
    yield from check_expression(f"{path}.expression", expression, scope_of(spec), ("bool",))
    if message and not message.strip():
        yield fields.invalid(f"{path}.message", message, "message must be non-empty if specified")
    elif "\n" in message.strip():
        yield fields.invalid(f"{path}.message", message, "message must not contain line breaks")
    elif not message and "\n" in expression.strip():
        yield required(f"{path}.message", "message must be specified if expression contains line breaks")
    if validation.get("messageExpression"):
        scope = scope_of(spec, has_authorizer=False)
        yield from check_expression(f"{path}.messageExpression", validation["messageExpression"], scope, ("string",))
    yield from fields.optional_one_of(f"{path}.reason", validation.get("reason"), REASONS)


KIND = Kind(
    resource=VALIDATINGADMISSIONPOLICIES,
    singular="validatingadmissionpolicy",
    definition="io.k8s.api.admissionregistration.v1.ValidatingAdmissionPolicy",
    categories=("api-extensions",),
    subresources=with_status(VALIDATINGADMISSIONPOLICIES),
    columns=policy_columns("validations", "Validations"),
    default=default_policy,
    validate=validate,
    has_generation=True,
    needs_revision=True,
)
