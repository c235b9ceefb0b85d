"""VolumeSnapshotContent: a snapshot that a driver has taken, or is to take, of a volume."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bouvier.kinds import fields
from bouvier.kinds.columns import AGE, NAME, cell, number, text, value_at
from bouvier.kinds.fields import Errors
from bouvier.kinds.kind import Kind
from bouvier.kinds.snapshot_v1.schemas import DELETION_POLICY, ERROR, FLAG, NUMBER, TEXT, objects, root
from bouvier.kinds.subresources import with_status
from bouvier.meta.errors import FieldError, required
from bouvier.meta.objects import Obj
from bouvier.meta.resources import VOLUMESNAPSHOTCONTENTS

SOURCES = ("volumeHandle", "snapshotHandle")
_REFERENCE = dict.fromkeys(("apiVersion", "fieldPath", "kind", "name", "namespace", "resourceVersion", "uid"), TEXT)

SCHEMA = root(
    "A snapshot on a host, beside the VolumeSnapshot that asked for it.",
    {
        "spec": objects(
            {
                "deletionPolicy": DELETION_POLICY,
                "driver": TEXT,
                "source": objects(dict.fromkeys(SOURCES, TEXT), description="Exactly one of the two; immutable."),
                "sourceVolumeMode": TEXT,
                "volumeSnapshotClassName": TEXT,
                "volumeSnapshotRef": objects(_REFERENCE),
            },
            "deletionPolicy",
            "driver",
            "source",
            "volumeSnapshotRef",
        ),
        "status": objects(
            {
                "creationTime": NUMBER,
                "readyToUse": FLAG,
                "restoreSize": NUMBER,
                "snapshotHandle": TEXT,
                "error": ERROR,
                "volumeGroupSnapshotHandle": TEXT,
            }
        ),
    },
    "spec",
)


def validate(obj: Obj) -> list[FieldError]:
    """Check the source and the reference."""
    return list(_errors(obj.get("spec") or {}))


def _errors(spec: Mapping[str, Any]) -> Errors:
    named = [name for name in SOURCES if (spec.get("source") or {}).get(name)]
    if len(named) != 1:
        yield fields.invalid("spec.source", spec.get("source") or {}, f"must name exactly one of {', '.join(SOURCES)}")
    reference = spec.get("volumeSnapshotRef") or {}
    for part in ("name", "namespace"):
        if not reference.get(part):
            yield required(f"spec.volumeSnapshotRef.{part}")


def validate_update(new: Obj, old: Obj) -> list[FieldError]:
    """Refuse to change what the snapshot is."""
    errors: list[FieldError] = []
    for field in ("source", "driver"):
        after, before = (value_at(obj, ("spec", field)) for obj in (new, old))
        errors += fields.immutable(f"spec.{field}", after, before)
    return errors


KIND = Kind(
    resource=VOLUMESNAPSHOTCONTENTS,
    singular="volumesnapshotcontent",
    definition="",
    short_names=("vsc", "vscs"),
    subresources=with_status(VOLUMESNAPSHOTCONTENTS),
    columns=(
        NAME,
        cell("ReadyToUse", lambda obj: value_at(obj, ("status", "readyToUse")), kind="boolean"),
        number("RestoreSize", "status", "restoreSize"),
        text("DeletionPolicy", "spec", "deletionPolicy"),
        text("Driver", "spec", "driver"),
        text("VolumeSnapshotClass", "spec", "volumeSnapshotClassName"),
        text("VolumeSnapshot", "spec", "volumeSnapshotRef", "name"),
        text("VolumeSnapshotNamespace", "spec", "volumeSnapshotRef", "namespace"),
        AGE,
    ),
    has_generation=True,
    validate=validate,
    validate_update=validate_update,
    schema=SCHEMA,
)
