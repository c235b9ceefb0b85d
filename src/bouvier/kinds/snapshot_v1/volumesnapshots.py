"""VolumeSnapshot: a user's wish to keep the present state of a claim, or to use one that was kept."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bouvier.kinds import fields
from bouvier.kinds.columns import AGE, NAME, cell, text, value_at
from bouvier.kinds.fields import Errors
from bouvier.kinds.kind import Kind
from bouvier.kinds.snapshot_v1.schemas import ERROR, FLAG, QUANTITY, TEXT, TIME, objects, root
from bouvier.kinds.subresources import with_status
from bouvier.meta.errors import FieldError
from bouvier.meta.objects import Obj
from bouvier.meta.resources import VOLUMESNAPSHOTS

SOURCES = ("persistentVolumeClaimName", "volumeSnapshotContentName")

SCHEMA = root(
    "A user's request for a snapshot of a claim, or for the use of one that exists.",
    {
        "spec": objects(
            {
                "source": objects(dict.fromkeys(SOURCES, TEXT), description="Exactly one of the two; immutable."),
                "volumeSnapshotClassName": TEXT,
            },
            "source",
        ),
        "status": objects(
            {
                "boundVolumeSnapshotContentName": TEXT,
                "creationTime": TIME,
                "readyToUse": FLAG,
                "restoreSize": QUANTITY,
                "error": ERROR,
                "volumeGroupSnapshotName": TEXT,
            }
        ),
    },
    "spec",
)


def validate(obj: Obj) -> list[FieldError]:
    """Check that there is one source, and a class name that says something."""
    return list(_errors(obj.get("spec") or {}))


def _errors(spec: Mapping[str, Any]) -> Errors:
    named = [name for name in SOURCES if (spec.get("source") or {}).get(name)]
    if len(named) != 1:
        yield fields.invalid("spec.source", spec.get("source") or {}, f"must name exactly one of {', '.join(SOURCES)}")
    if spec.get("volumeSnapshotClassName") == "":
        yield fields.invalid("spec.volumeSnapshotClassName", "", "must not be the empty string when set")


def validate_update(new: Obj, old: Obj) -> list[FieldError]:
    """Refuse to change what the snapshot was taken of."""
    after, before = (value_at(obj, ("spec", "source")) for obj in (new, old))
    return list(fields.immutable("spec.source", after, before))


KIND = Kind(
    resource=VOLUMESNAPSHOTS,
    singular="volumesnapshot",
    definition="",
    short_names=("vs",),
    subresources=with_status(VOLUMESNAPSHOTS),
    columns=(
        NAME,
        cell("ReadyToUse", lambda obj: value_at(obj, ("status", "readyToUse")), kind="boolean"),
        text("SourcePVC", "spec", "source", "persistentVolumeClaimName"),
        text("SourceSnapshotContent", "spec", "source", "volumeSnapshotContentName"),
        text("RestoreSize", "status", "restoreSize"),
        text("SnapshotClass", "spec", "volumeSnapshotClassName"),
        text("SnapshotContent", "status", "boundVolumeSnapshotContentName"),
        text("CreationTime", "status", "creationTime"),
        AGE,
    ),
    has_generation=True,
    validate=validate,
    validate_update=validate_update,
    schema=SCHEMA,
)
