"""VolumeAttributesClass: qualities that a CSI driver can give a volume while it is in use."""

from __future__ import annotations

from bouvier.kinds.columns import AGE, name_cell, text
from bouvier.kinds.kind import Column, Kind
from bouvier.kinds.storage_v1.drivers import parameters, provisioner
from bouvier.meta.errors import FieldError, forbidden_field
from bouvier.meta.gvk import Resource
from bouvier.meta.objects import Obj, annotations_of

RESOURCE = Resource("storage.k8s.io", "v1", "volumeattributesclasses", "VolumeAttributesClass", namespaced=False)
DEFAULT_ANNOTATION = "volumeattributesclass.alpha.kubernetes.io/is-default-class"
_FIXED = ("driverName", "parameters")


def validate(obj: Obj) -> list[FieldError]:
    """Check driver and parameters."""
    found = list(provisioner("driverName", obj.get("driverName")))
    return found + list(parameters("parameters", obj.get("parameters"), needs_one=True))


def validate_update(new: Obj, old: Obj) -> list[FieldError]:
    """Refuse to change what volumes were given."""
    changed = [field for field in _FIXED if (new.get(field) or None) != (old.get(field) or None)]
    return [forbidden_field(field, f"updates to {field} are forbidden.") for field in changed]


def _name_cell(obj: Obj) -> str:
    is_default = annotations_of(obj).get(DEFAULT_ANNOTATION) == "true"
    return f"{name_cell(obj)} (default)" if is_default else name_cell(obj)


KIND = Kind(
    resource=RESOURCE,
    singular="volumeattributesclass",
    definition="io.k8s.api.storage.v1.VolumeAttributesClass",
    short_names=("vac",),
    columns=(Column("Name", _name_cell, format="name"), text("DriverName", "driverName"), AGE),
    validate=validate,
    validate_update=validate_update,
)
