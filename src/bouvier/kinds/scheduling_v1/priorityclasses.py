"""PriorityClass: the number behind a pod's priority name."""

from __future__ import annotations

from bouvier.kinds import fields
from bouvier.kinds.columns import AGE, NAME, cell, number, text
from bouvier.kinds.fields import Errors
from bouvier.kinds.kind import Kind
from bouvier.meta.errors import FieldError, forbidden_field
from bouvier.meta.objects import Obj, name_of
from bouvier.meta.resources import PRIORITYCLASSES

HIGHEST_USER_PRIORITY = 1_000_000_000
SYSTEM_PREFIX = "system-"
SYSTEM_CLASSES = {"system-cluster-critical": 2_000_000_000, "system-node-critical": 2_000_001_000}
"""The classes that exist from the start, and their values."""
_POLICIES = ("Never", "PreemptLowerPriority")


def default(obj: Obj) -> None:
    """Fill the preemption policy."""
    if not obj.get("preemptionPolicy"):
        obj["preemptionPolicy"] = "PreemptLowerPriority"


def validate(obj: Obj) -> list[FieldError]:
    """Check name, value and policy."""
    return list(_errors(obj))


def _errors(obj: Obj) -> Errors:
    name, value = name_of(obj), obj.get("value") or 0
    if name.startswith(SYSTEM_PREFIX):
        if SYSTEM_CLASSES.get(name) != value or obj.get("globalDefault"):
            detail = (
                "priority class names with 'system-' prefix are reserved for system use only. "
                "error: the requested priority class is not one of the system's own"
            )
            yield forbidden_field("metadata.name", detail)
    elif value > HIGHEST_USER_PRIORITY:
        detail = f"maximum allowed value of a user defined priority is {HIGHEST_USER_PRIORITY}"
        yield forbidden_field("value", detail)
    yield from fields.optional_one_of("preemptionPolicy", obj.get("preemptionPolicy"), _POLICIES)


def validate_update(new: Obj, old: Obj) -> list[FieldError]:
    """Refuse to change value and policy: pods already carry them."""
    errors: list[FieldError] = []
    if (new.get("value") or 0) != (old.get("value") or 0):
        errors.append(forbidden_field("value", "may not be changed in an update."))
    return errors + list(fields.immutable("preemptionPolicy", new.get("preemptionPolicy"), old.get("preemptionPolicy")))


KIND = Kind(
    resource=PRIORITYCLASSES,
    singular="priorityclass",
    definition="io.k8s.api.scheduling.v1.PriorityClass",
    short_names=("pc",),
    columns=(
        NAME,
        number("Value", "value"),
        cell("Global-Default", lambda obj: bool(obj.get("globalDefault")), kind="boolean"),
        AGE,
        text("PreemptionPolicy", "preemptionPolicy"),
    ),
    default=default,
    validate=validate,
    validate_update=validate_update,
    has_generation=True,
)
