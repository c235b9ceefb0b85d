"""Lease: who leads, and until when."""

from __future__ import annotations

from bouvier.kinds import fields
from bouvier.kinds.columns import AGE, NAME, text
from bouvier.kinds.coordination_v1.strategies import strategy
from bouvier.kinds.fields import Errors
from bouvier.kinds.kind import Kind
from bouvier.meta.errors import FieldError, forbidden_field
from bouvier.meta.objects import Obj
from bouvier.meta.resources import LEASES


def validate(obj: Obj) -> list[FieldError]:
    """Check duration, transitions and strategy."""
    return list(_errors(obj))


def _errors(obj: Obj) -> Errors:
    spec = obj.get("spec") or {}
    yield from fields.positive("spec.leaseDurationSeconds", spec.get("leaseDurationSeconds"))
    yield from fields.non_negative("spec.leaseTransitions", spec.get("leaseTransitions"))
    chosen = spec.get("strategy")
    if chosen is not None:
        yield from strategy("spec.strategy", chosen)
    if spec.get("preferredHolder") and not chosen:
        yield forbidden_field("spec.preferredHolder", "may only be specified if `strategy` is defined")


KIND = Kind(
    resource=LEASES,
    singular="lease",
    definition="io.k8s.api.coordination.v1.Lease",
    columns=(NAME, text("Holder", "spec", "holderIdentity"), AGE),
    validate=validate,
    needs_revision=True,
)
