"""ValidatingAdmissionPolicyBinding: where a policy holds, with which parameters, and what breaking it does."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bouvier.kinds import fields
from bouvier.kinds.admissionregistration_v1.policies import BINDING_COLUMNS, check_binding, default_binding
from bouvier.kinds.fields import Errors
from bouvier.kinds.findings import show
from bouvier.kinds.kind import Kind
from bouvier.meta.errors import FieldError, required
from bouvier.meta.objects import Obj
from bouvier.meta.resources import VALIDATINGADMISSIONPOLICYBINDINGS

ACTIONS = ("Audit", "Deny", "Warn")


def validate(obj: Obj) -> list[FieldError]:
    """Check the binding and its actions."""
    return list(_errors(obj.get("spec") or {}))


def _errors(spec: Mapping[str, Any]) -> Errors:
    yield from check_binding(spec)
    actions, path = spec.get("validationActions") or [], "spec.validationActions"
    if not actions:
        yield required(path, "at least one validation action is required")
    for index, action in enumerate(actions):
        if action not in ACTIONS:
            yield fields.unsupported(f"{path}[{index}]", action, ACTIONS)
        if action in actions[:index]:
            yield FieldError("FieldValueDuplicate", f"{path}[{index}]", f"Duplicate value: {show(action)}")
    if {"Deny", "Warn"} <= set(actions):
        detail = "must not contain both Deny and Warn (repeating the same validation failure information in the API response and headers serves no purpose)"
        yield fields.invalid(path, actions, detail)


KIND = Kind(
    resource=VALIDATINGADMISSIONPOLICYBINDINGS,
    singular="validatingadmissionpolicybinding",
    definition="io.k8s.api.admissionregistration.v1.ValidatingAdmissionPolicyBinding",
    categories=("api-extensions",),
    columns=BINDING_COLUMNS,
    default=default_binding,
    validate=validate,
    has_generation=True,
    needs_revision=True,
)
