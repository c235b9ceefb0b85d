"""ControllerRevision: a former state of a controller's template, kept for rolling back."""

from __future__ import annotations

from bouvier.kinds import fields
from bouvier.kinds.columns import AGE, NAME, cell, number
from bouvier.kinds.kind import Kind
from bouvier.meta.errors import FieldError, required
from bouvier.meta.gvk import split_api_version
from bouvier.meta.objects import Obj, controller_of
from bouvier.meta.resources import CONTROLLERREVISIONS


def validate(obj: Obj) -> list[FieldError]:
    """Check that there is a state and that its number is not negative."""
    errors = [] if obj.get("data") else [required("data", "data is mandatory")]
    return errors + list(fields.non_negative("revision", obj.get("revision") or 0))


def validate_update(new: Obj, old: Obj) -> list[FieldError]:
    """Refuse to change the state."""
    return list(fields.immutable("data", new.get("data"), old.get("data")))


def _controller_cell(obj: Obj) -> str:
    owner = controller_of(obj)
    if owner is None:
        return "<none>"
    group, _ = split_api_version(owner.get("apiVersion", ""))
    kind = str(owner.get("kind", "")).lower()
    return f"{kind}.{group}/{owner.get('name')}" if group else f"{kind}/{owner.get('name')}"


KIND = Kind(
    resource=CONTROLLERREVISIONS,
    singular="controllerrevision",
    definition="io.k8s.api.apps.v1.ControllerRevision",
    columns=(NAME, cell("Controller", _controller_cell), number("Revision", "revision", kind="string"), AGE),
    validate=validate,
    validate_update=validate_update,
)
