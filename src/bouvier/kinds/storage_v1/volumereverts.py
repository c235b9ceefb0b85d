"""VolumeRevert: the order to put a claim's contents back to one of its snapshots, and what became of it.

A kind of ours, since Kubernetes restores into new claims only. An order is carried out once; it stays as a record.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bouvier.kinds import fields, names
from bouvier.kinds.columns import AGE, NAME, text
from bouvier.kinds.fields import Errors
from bouvier.kinds.kind import Kind
from bouvier.kinds.snapshot_v1.schemas import TEXT, TIME, objects, root
from bouvier.kinds.subresources import with_status
from bouvier.meta.errors import FieldError
from bouvier.meta.objects import Obj
from bouvier.meta.resources import VOLUMEREVERTS

PENDING, DONE, FAILED = "Pending", "Done", "Failed"

SCHEMA = root(
    "The order to put the contents of a claim back to a snapshot of it.",
    {
        "spec": objects(
            {
                "claimName": {"type": "string", "description": "Claim whose contents are replaced; nobody may use it."},
                "snapshotName": {"type": "string", "description": "VolumeSnapshot of that claim."},
            },
            "claimName",
            "snapshotName",
        ),
        "status": objects(
            {
                "phase": {"type": "string", "enum": [PENDING, DONE, FAILED]},
                "message": TEXT,
                "finished": TIME,
            }
        ),
    },
    "spec",
)


def prepare(obj: Obj) -> None:
    """Give a new order its phase."""
    obj.setdefault("status", {}).setdefault("phase", PENDING)


def validate(obj: Obj) -> list[FieldError]:
    """Check the two names."""
    return list(_errors(obj.get("spec") or {}))


def _errors(spec: Mapping[str, Any]) -> Errors:
    for field in ("claimName", "snapshotName"):
        yield from fields.named(f"spec.{field}", spec.get(field), names.subdomain)


def validate_update(new: Obj, old: Obj) -> list[FieldError]:
    """Refuse to change an order once given."""
    return list(fields.immutable("spec", new.get("spec"), old.get("spec")))


KIND = Kind(
    resource=VOLUMEREVERTS,
    singular="volumerevert",
    definition="",
    subresources=with_status(VOLUMEREVERTS),
    columns=(
        NAME,
        text("Claim", "spec", "claimName"),
        text("Snapshot", "spec", "snapshotName"),
        text("Phase", "status", "phase"),
        text("Message", "status", "message"),
        AGE,
    ),
    prepare=prepare,
    validate=validate,
    validate_update=validate_update,
    schema=SCHEMA,
)
