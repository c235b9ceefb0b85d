"""CSIStorageCapacity: how much room a storage class has in a part of the cluster. Data for CSI drivers."""

from __future__ import annotations

from bouvier.kinds import fields, names
from bouvier.kinds.columns import NAME, text
from bouvier.kinds.fields import Errors
from bouvier.kinds.kind import Kind
from bouvier.kinds.podspec.defaults import canonical_field
from bouvier.kinds.podspec.resources import quantity
from bouvier.meta.errors import FieldError
from bouvier.meta.gvk import Resource
from bouvier.meta.objects import Obj

RESOURCE = Resource("storage.k8s.io", "v1", "csistoragecapacities", "CSIStorageCapacity")
_AMOUNTS = ("capacity", "maximumVolumeSize")
_FIXED = ("nodeTopology", "storageClassName")


def default(obj: Obj) -> None:
    """Write amounts in canonical form."""
    for field in _AMOUNTS:
        canonical_field(obj, field)


def validate(obj: Obj) -> list[FieldError]:
    """Check place, class and amounts."""
    return list(_errors(obj))


def _errors(obj: Obj) -> Errors:
    yield from fields.label_selector("nodeTopology", obj.get("nodeTopology"))
    yield from fields.each("storageClassName", obj.get("storageClassName") or "", names.subdomain)
    if obj.get("capacity") is not None:
        yield from quantity("capacity", "storage", obj["capacity"])


def validate_update(new: Obj, old: Obj) -> list[FieldError]:
    """Refuse to change what the room is for."""
    return [
        fields.invalid(field, new.get(field), fields.IMMUTABLE)
        for field in _FIXED
        if (new.get(field) or None) != (old.get(field) or None)
    ]


KIND = Kind(
    resource=RESOURCE,
    singular="csistoragecapacity",
    definition="io.k8s.api.storage.v1.CSIStorageCapacity",
    columns=(
        NAME,
        text("StorageClassName", "storageClassName"),
        text("Capacity", "capacity", default="<unset>"),
    ),
    default=default,
    validate=validate,
    validate_update=validate_update,
    needs_revision=True,
)
