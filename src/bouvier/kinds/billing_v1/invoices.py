"""Invoice: a final bill for one project and month. Its name is its number; what it says never changes."""

from __future__ import annotations

import re

from bouvier.kinds.columns import AGE, NAME, text
from bouvier.kinds.kind import Kind
from bouvier.meta.errors import FieldError, invalid, required
from bouvier.meta.gvk import Resource
from bouvier.meta.objects import Obj, name_of

RESOURCE = Resource("billing.bouvier.io", "v1", "invoices", "Invoice", namespaced=False)
_LINE = {
    "type": "object",
    "required": ["key", "amount"],
    "properties": {
        "key": {"type": "string"},
        "amount": {"type": "string"},
        "parts": {
            "type": "object",
            "additionalProperties": {"type": "string"},
            "description": "What the amount is for: compute, storage, traffic.",
        },
    },
}
_SPEC = {
    "type": "object",
    "required": ["project", "month", "currency", "lines", "total"],
    "properties": {
        "project": {"type": "string", "description": "Namespace that is billed."},
        "month": {"type": "string", "description": "Month that is billed, such as 2026-11."},
        "currency": {"type": "string"},
        "lines": {"type": "array", "items": _LINE},
        "total": {"type": "string"},
        "issued": {"type": "string", "description": "Day of issue."},
        "corrects": {"type": "string", "description": "Number of the invoice whose difference this one is."},
        "reason": {"type": "string", "description": "Why it is corrected."},
    },
}
_NUMBER = re.compile(r"\d{4}-\d{6}")


def _validate(obj: Obj) -> list[FieldError]:
    if not _NUMBER.fullmatch(name_of(obj)):
        return [invalid("metadata.name", name_of(obj), "must be a number such as 2026-000001")]
    spec = obj.get("spec") or {}
    if spec.get("corrects") and not spec.get("reason"):
        return [required("spec.reason", "a correction says why")]
    if spec.get("corrects") and not _NUMBER.fullmatch(spec["corrects"]):
        return [invalid("spec.corrects", spec["corrects"], "must be a number such as 2026-000001")]
    return []


def _validate_update(new: Obj, old: Obj) -> list[FieldError]:
    if new.get("spec") != old.get("spec"):
        return [
            FieldError(
                "FieldValueForbidden",
                "spec",
                "Forbidden: a final invoice cannot be changed: correct it (bouvier cost correct NUMBER)",
            )
        ]
    return []


KIND = Kind(
    resource=RESOURCE,
    singular="invoice",
    definition="",
    columns=(
        NAME,
        text("Project", "spec", "project"),
        text("Month", "spec", "month"),
        text("Total", "spec", "total"),
        text("Currency", "spec", "currency"),
        text("Corrects", "spec", "corrects"),
        AGE,
    ),
    validate=_validate,
    validate_update=_validate_update,
    schema={"type": "object", "required": ["spec"], "properties": {"spec": _SPEC}},
)
