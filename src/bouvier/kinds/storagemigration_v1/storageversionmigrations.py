"""StorageVersionMigration: the order to write every object of a resource anew, and how far that is."""

from __future__ import annotations

from typing import Any

from bouvier.kinds import fields
from bouvier.kinds.columns import NAME, cell, value_at
from bouvier.kinds.conditions import check_conditions
from bouvier.kinds.fields import Errors
from bouvier.kinds.kind import Kind
from bouvier.kinds.older import older
from bouvier.kinds.subresources import with_status
from bouvier.meta.errors import FieldError, required
from bouvier.meta.objects import Obj, is_condition_true
from bouvier.meta.resources import STORAGEVERSIONMIGRATIONS

RUNNING, SUCCEEDED, FAILED = "Running", "Succeeded", "Failed"


def _resource(obj: Obj) -> dict[str, Any]:
    return value_at(obj, ("spec", "resource")) or {}


def validate(obj: Obj) -> list[FieldError]:
    """Check that a resource is named."""
    return [] if _resource(obj).get("resource") else [required("spec.resource.resource", "resource is required")]


def validate_update(new: Obj, old: Obj) -> list[FieldError]:
    """Refuse to migrate another resource."""
    after, before = _resource(new), _resource(old)
    return [
        error
        for field in ("group", "resource")
        for error in fields.immutable(field, after.get(field), before.get(field))
    ]


def validate_status(new: Obj, old: Obj) -> list[FieldError]:
    """Check that progress only goes forward."""
    return list(_status("status", new, old))


def _status(path: str, new: Obj, old: Obj) -> Errors:
    after, before = new.get("status") or {}, old.get("status") or {}
    version, conditions = after.get("resourceVersion") or "", after.get("conditions") or []
    if version and not version.isdecimal():
        detail = f'failed to parse resource version "{version}": it is not a number'
        yield fields.invalid(f"{path}.resourceVersion", version, detail)
    yield from check_conditions(f"{path}.conditions", conditions)
    if before.get("resourceVersion"):
        yield from fields.immutable(f"{path}.resourceVersion", version, before["resourceVersion"])
    for wrong in _contradictions(new, old):
        yield fields.invalid(f"{path}.conditions", conditions, wrong)


def _contradictions(new: Obj, old: Obj) -> list[str]:
    running, succeeded, failed = (is_condition_true(new, kind) for kind in (RUNNING, SUCCEEDED, FAILED))
    found = {
        "Both success and failed conditions cannot be true at the same time": succeeded and failed,
        "Running condition cannot be true when success condition is true": succeeded and running,
        "Running condition cannot be true when failed condition is true": failed and running,
        "Success condition cannot be set to false once it is true": is_condition_true(old, SUCCEEDED) and not succeeded,
        "Failed condition cannot be set to false once it is true": is_condition_true(old, FAILED) and not failed,
    }
    return [text for text, is_so in found.items() if is_so]


def _resource_cell(obj: Obj) -> str:
    named = _resource(obj)
    return ".".join(str(named[field]) for field in ("resource", "group") if named.get(field))


KIND = Kind(
    resource=STORAGEVERSIONMIGRATIONS,
    singular="storageversionmigration",
    definition="io.k8s.api.storagemigration.v1.StorageVersionMigration",
    subresources=with_status(STORAGEVERSIONMIGRATIONS),
    columns=(NAME, cell("Resource", _resource_cell)),
    validate=validate,
    validate_update=validate_update,
    validate_status=validate_status,
    needs_revision=True,
)
BETA = older(KIND, "v1beta1")
