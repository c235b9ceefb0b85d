"""VolumeSnapshotClass: which driver takes snapshots, and what becomes of them when nobody names them any more."""

from __future__ import annotations

from bouvier.kinds import fields
from bouvier.kinds.columns import AGE, NAME, text
from bouvier.kinds.kind import Kind
from bouvier.kinds.snapshot_v1.schemas import DELETION_POLICY, TEXT, TEXT_MAP, root
from bouvier.meta.errors import FieldError, required
from bouvier.meta.objects import Obj
from bouvier.meta.resources import VOLUMESNAPSHOTCLASSES

DEFAULT_ANNOTATION = "snapshot.storage.kubernetes.io/is-default-class"

SCHEMA = root(
    "How snapshots are taken.",
    {"deletionPolicy": DELETION_POLICY, "driver": TEXT, "parameters": TEXT_MAP},
    "deletionPolicy",
    "driver",
)


def validate(obj: Obj) -> list[FieldError]:
    """Check that there is a driver."""
    return [] if obj.get("driver") else [required("driver")]


def validate_update(new: Obj, old: Obj) -> list[FieldError]:
    """Refuse to change the driver."""
    return list(fields.immutable("driver", new.get("driver"), old.get("driver")))


KIND = Kind(
    resource=VOLUMESNAPSHOTCLASSES,
    singular="volumesnapshotclass",
    definition="",
    short_names=("vsclass", "vsclasses"),
    columns=(NAME, text("Driver", "driver"), text("DeletionPolicy", "deletionPolicy"), AGE),
    validate=validate,
    validate_update=validate_update,
    schema=SCHEMA,
)
