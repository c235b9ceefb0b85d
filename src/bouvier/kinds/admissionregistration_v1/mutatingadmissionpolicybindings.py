"""MutatingAdmissionPolicyBinding: where a mutating policy holds, and with which parameters."""

from __future__ import annotations

from bouvier.kinds.admissionregistration_v1.policies import BINDING_COLUMNS, default_binding, validate_binding
from bouvier.kinds.kind import Kind
from bouvier.kinds.older import older
from bouvier.meta.resources import MUTATINGADMISSIONPOLICYBINDINGS

KIND = Kind(
    resource=MUTATINGADMISSIONPOLICYBINDINGS,
    singular="mutatingadmissionpolicybinding",
    definition="io.k8s.api.admissionregistration.v1.MutatingAdmissionPolicyBinding",
    categories=("api-extensions",),
    columns=BINDING_COLUMNS,
    default=default_binding,
    validate=validate_binding,
    has_generation=True,
    needs_revision=True,
)

BETA = older(KIND, "v1beta1")
"""The same as clients of before 1.36 write it."""
