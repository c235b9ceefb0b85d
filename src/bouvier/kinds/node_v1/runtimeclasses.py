"""RuntimeClass: which of a host's runtimes runs a pod's containers."""

from __future__ import annotations

from bouvier.kinds import fields, names
from bouvier.kinds.columns import AGE, NAME, text, value_at
from bouvier.kinds.fields import Errors
from bouvier.kinds.kind import Kind
from bouvier.kinds.podspec.defaults import canonical_quantities
from bouvier.kinds.podspec.placement import validate_tolerations
from bouvier.kinds.podspec.resources import non_negative_quantities
from bouvier.meta.errors import FieldError
from bouvier.meta.objects import Obj
from bouvier.meta.resources import RUNTIMECLASSES


def default(obj: Obj) -> None:
    """Write quantities in canonical form."""
    canonical_quantities(value_at(obj, ("overhead", "podFixed")))


def validate(obj: Obj) -> list[FieldError]:
    """Check handler, overhead and scheduling."""
    return list(_errors(obj))


def _errors(obj: Obj) -> Errors:
    yield from fields.each("handler", obj.get("handler") or "", names.label)
    yield from non_negative_quantities("overhead.podFixed", value_at(obj, ("overhead", "podFixed")))
    yield from fields.labels("scheduling.nodeSelector", value_at(obj, ("scheduling", "nodeSelector")))
    yield from validate_tolerations("scheduling.tolerations", value_at(obj, ("scheduling", "tolerations")) or [])


def validate_update(new: Obj, old: Obj) -> list[FieldError]:
    """Refuse to change the handler."""
    return list(fields.immutable("handler", new.get("handler"), old.get("handler")))


KIND = Kind(
    resource=RUNTIMECLASSES,
    singular="runtimeclass",
    definition="io.k8s.api.node.v1.RuntimeClass",
    columns=(NAME, text("Handler", "handler"), AGE),
    default=default,
    validate=validate,
    validate_update=validate_update,
    needs_revision=True,
)
