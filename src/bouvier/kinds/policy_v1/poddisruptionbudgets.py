"""PodDisruptionBudget: how many pods of a set may be evicted at once."""

from __future__ import annotations

from bouvier.kinds import fields
from bouvier.kinds.columns import AGE, NAME, cell, number, value_at
from bouvier.kinds.fields import Errors
from bouvier.kinds.kind import Kind
from bouvier.kinds.subresources import with_status
from bouvier.meta.errors import FieldError
from bouvier.meta.objects import Obj
from bouvier.meta.resources import POD_DISRUPTION_BUDGETS

_POLICIES = ("AlwaysAllow", "IfHealthyBudget")
_ALWAYS_PRESENT = ("disruptionsAllowed", "currentHealthy", "desiredHealthy", "expectedPods")


def prepare(obj: Obj) -> None:
    """Give a new budget the numbers that its status always has."""
    status = obj.setdefault("status", {})
    for field in _ALWAYS_PRESENT:
        status.setdefault(field, 0)


def validate(obj: Obj) -> list[FieldError]:
    """Check the spec."""
    return list(_errors(obj))


def _errors(obj: Obj) -> Errors:
    spec = obj.get("spec") or {}
    fewest, most = spec.get("minAvailable"), spec.get("maxUnavailable")
    if fewest is not None and most is not None:
        yield fields.invalid("spec", spec, "minAvailable and maxUnavailable cannot be both set")
    for field, value in (("minAvailable", fewest), ("maxUnavailable", most)):
        yield from fields.int_or_percent(f"spec.{field}", value)
        yield from fields.at_most_hundred_percent(f"spec.{field}", value)
    policy = spec.get("unhealthyPodEvictionPolicy")
    yield from fields.optional_one_of("spec.unhealthyPodEvictionPolicy", policy, _POLICIES)
    yield from fields.label_selector("spec.selector", spec.get("selector"))


def _bound_cell(obj: Obj, field: str) -> str:
    value = value_at(obj, ("spec", field))
    return "N/A" if value is None else str(value)


KIND = Kind(
    resource=POD_DISRUPTION_BUDGETS,
    singular="poddisruptionbudget",
    definition="io.k8s.api.policy.v1.PodDisruptionBudget",
    short_names=("pdb",),
    subresources=with_status(POD_DISRUPTION_BUDGETS),
    columns=(
        NAME,
        cell("Min Available", lambda obj: _bound_cell(obj, "minAvailable")),
        cell("Max Unavailable", lambda obj: _bound_cell(obj, "maxUnavailable")),
        number("Allowed Disruptions", "status", "disruptionsAllowed"),
        AGE,
    ),
    prepare=prepare,
    validate=validate,
    has_generation=True,
    has_open_status=True,
    needs_revision=True,
)
