"""Validation of `metav1.Condition`, the form that newer kinds report their state in."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from bouvier.kinds import fields, names
from bouvier.kinds.fields import Errors
from bouvier.meta.errors import duplicate, required

STATUSES = ("False", "True", "Unknown")
MAX_REASON, MAX_MESSAGE = 1024, 32 * 1024
_REASON = "[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?"
_REASON_RULE = (
    "a condition reason must start with alphabetic character, optionally followed by a string of alphanumeric characters"
    " or '_,:', and must end with an alphanumeric character or '_' (e.g. 'my_name',  or 'MY_NAME',  or 'MyName',  or"
    f" 'ReasonA,ReasonB',  or 'ReasonA:ReasonB', regex used for validation is '{_REASON}')"
)


def check_conditions(path: str, conditions: Sequence[Mapping[str, Any]] | None) -> Errors:
    """Check a list of conditions, each type once."""
    seen: set[str] = set()
    for index, condition in enumerate(conditions or ()):
        kind = condition.get("type") or ""
        if kind in seen:
            yield duplicate(f"{path}[{index}].type", kind)
        seen.add(kind)
        yield from _condition(f"{path}[{index}]", condition)


def _condition(path: str, condition: Mapping[str, Any]) -> Errors:
    yield from fields.each(f"{path}.type", condition.get("type") or "", names.qualified_name)
    if condition.get("status") not in STATUSES:
        yield fields.unsupported(f"{path}.status", condition.get("status") or "", STATUSES)
    generation = condition.get("observedGeneration")
    if generation is not None and generation < 0:
        yield fields.invalid(f"{path}.observedGeneration", generation, "must be greater than or equal to zero")
    if not condition.get("lastTransitionTime"):
        yield required(f"{path}.lastTransitionTime", "must be set")
    reason = condition.get("reason") or ""
    if not reason:
        yield required(f"{path}.reason", "must be set")
    elif not re.fullmatch(_REASON, reason):
        yield fields.invalid(f"{path}.reason", reason, _REASON_RULE)
    for field, limit in (("reason", MAX_REASON), ("message", MAX_MESSAGE)):
        if len(condition.get(field) or "") > limit:
            yield fields.too_long(f"{path}.{field}", limit)
