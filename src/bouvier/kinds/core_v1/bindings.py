"""Binding: the order to run a pod on a host, sent to the namespace instead of to the pod. Never stored."""

from __future__ import annotations

from bouvier.kinds.kind import Kind
from bouvier.kinds.reviews import ONLY_CREATE
from bouvier.meta.errors import FieldError, not_supported, required
from bouvier.meta.gvk import Resource
from bouvier.meta.objects import Obj

RESOURCE = Resource("", "v1", "bindings", "Binding")


def validate(obj: Obj) -> list[FieldError]:
    """Check that a host is named."""
    target = obj.get("target") or {}
    errors: list[FieldError] = []
    if target.get("kind") not in (None, "", "Node"):
        errors.append(not_supported("target.kind", target["kind"], ["Node", "<empty>"]))
    if not target.get("name"):
        errors.append(required("target.name"))
    return errors


KIND = Kind(
    resource=RESOURCE,
    singular="binding",
    definition="io.k8s.api.core.v1.Binding",
    verbs=ONLY_CREATE,
    validate=validate,
)
