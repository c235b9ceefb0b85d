"""Namespace: a scope of names. It is deleted in two steps, the second when it is empty."""

from __future__ import annotations

from bouvier.kinds import fields, names
from bouvier.kinds.columns import AGE, NAME, at, text
from bouvier.kinds.kind import Kind, Subresource
from bouvier.kinds.subresources import with_status
from bouvier.meta.errors import FieldError
from bouvier.meta.objects import Obj
from bouvier.meta.resources import NAMESPACES

_NAME_LABEL = "kubernetes.io/metadata.name"


def default(obj: Obj) -> None:
    """Label the namespace with its own name, for selectors."""
    metadata = obj.setdefault("metadata", {})
    if metadata.get("name"):
        metadata["labels"] = {**(metadata.get("labels") or {}), _NAME_LABEL: metadata["name"]}


def prepare(obj: Obj) -> None:
    """Give a new namespace its phase and the finalizer that holds it until it is empty."""
    if (obj.get("status") or {}).get("phase"):
        return
    obj["status"] = {"phase": "Active"}
    finalizers = list((obj.get("spec") or {}).get("finalizers") or ())
    if "kubernetes" not in finalizers:
        finalizers.append("kubernetes")
    obj["spec"] = {"finalizers": finalizers}


def validate(obj: Obj) -> list[FieldError]:
    """Check the finalizers of the spec."""
    finalizers = (obj.get("spec") or {}).get("finalizers") or ()
    errors: list[FieldError] = []
    for index, finalizer in enumerate(finalizers):
        errors += fields.each(f"spec.finalizers[{index}]", finalizer, names.qualified_name)
    return errors


KIND = Kind(
    resource=NAMESPACES,
    singular="namespace",
    definition="io.k8s.api.core.v1.Namespace",
    short_names=("ns",),
    subresources={
        **with_status(NAMESPACES),
        "finalize": Subresource("finalize", "Namespace", "", "v1", ("update",)),
    },
    verbs=("create", "delete", "get", "list", "patch", "update", "watch"),
    columns=(NAME, text("Status", "status", "phase"), AGE),
    selectable={"status.phase": at("status", "phase")},
    default=default,
    validate=validate,
    prepare=prepare,
    name_rule="label",
    has_open_status=True,
)
