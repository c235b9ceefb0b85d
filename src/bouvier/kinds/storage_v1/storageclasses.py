"""StorageClass: how volumes for claims are made."""

from __future__ import annotations

from bouvier.kinds import fields, names
from bouvier.kinds.columns import AGE, cell, name_cell, text
from bouvier.kinds.fields import Errors
from bouvier.kinds.kind import Column, Kind
from bouvier.kinds.volumes.questions import DEFAULT_CLASS_ANNOTATIONS
from bouvier.meta.errors import FieldError, forbidden_field, required
from bouvier.meta.objects import Obj, annotations_of
from bouvier.meta.resources import STORAGECLASSES

_RECLAIM = ("Delete", "Retain")
_BINDING = ("Immediate", "WaitForFirstConsumer")
_MAX_PARAMETERS = 512
_FIXED = ("parameters", "provisioner", "reclaimPolicy")


def default(obj: Obj) -> None:
    """Fill reclaim policy and binding mode."""
    obj.setdefault("reclaimPolicy", "Delete")
    obj.setdefault("volumeBindingMode", "Immediate")


def validate(obj: Obj) -> list[FieldError]:
    """Check provisioner, parameters and policies."""
    return list(_errors(obj))


def _errors(obj: Obj) -> Errors:
    provisioner = obj.get("provisioner") or ""
    if not provisioner:
        yield required("provisioner")
    else:
        yield from fields.each("provisioner", provisioner.lower(), names.qualified_name)
    parameters = obj.get("parameters") or {}
    if len(parameters) > _MAX_PARAMETERS:
        yield fields.too_long("parameters", _MAX_PARAMETERS)
    if "" in parameters:
        yield fields.invalid("parameters", "", "field can not be empty.")
    yield from fields.optional_one_of("reclaimPolicy", obj.get("reclaimPolicy"), _RECLAIM)
    yield from fields.one_of("volumeBindingMode", obj.get("volumeBindingMode"), _BINDING)


def validate_update(new: Obj, old: Obj) -> list[FieldError]:
    """Refuse to change what existing volumes were made by."""
    changed = [field for field in _FIXED if (new.get(field) or None) != (old.get(field) or None)]
    errors = [forbidden_field(field, f"updates to {field} are forbidden.") for field in changed]
    before, after = old.get("volumeBindingMode"), new.get("volumeBindingMode")
    return errors + list(fields.immutable("volumeBindingMode", after, before))


def _name_cell(obj: Obj) -> str:
    is_default = any(annotations_of(obj).get(one) == "true" for one in DEFAULT_CLASS_ANNOTATIONS)
    return f"{name_cell(obj)} (default)" if is_default else name_cell(obj)


KIND = Kind(
    resource=STORAGECLASSES,
    singular="storageclass",
    definition="io.k8s.api.storage.v1.StorageClass",
    short_names=("sc",),
    columns=(
        Column("Name", _name_cell, format="name"),
        text("Provisioner", "provisioner"),
        text("ReclaimPolicy", "reclaimPolicy"),
        text("VolumeBindingMode", "volumeBindingMode"),
        cell("AllowVolumeExpansion", lambda obj: bool(obj.get("allowVolumeExpansion")), kind="boolean"),
        AGE,
    ),
    default=default,
    validate=validate,
    validate_update=validate_update,
)
