"""The conditions of a certificate request: approved or denied for good, and that through `/approval` only.

Source: https://kubernetes.io/docs/reference/access-authn-authz/certificate-signing-requests/#approval-rejection
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bouvier.kinds import fields
from bouvier.kinds.fields import Errors
from bouvier.meta.errors import FieldError, duplicate, forbidden_field, required
from bouvier.meta.objects import Obj
from bouvier.util.clock import now_text

DECISIONS = ("Approved", "Denied")
LASTING = (*DECISIONS, "Failed")
"""Conditions that are never false and never go."""
_PATH = "status.conditions"

Conditions = Sequence[dict[str, Any]]


def conditions_of(obj: Obj) -> list[dict[str, Any]]:
    """Return the conditions of a request."""
    return (obj.get("status") or {}).get("conditions") or []


def keep_decisions(new: Obj, old: Obj) -> None:
    """Put back what `/status` does not decide, and note the times of what is new."""
    status = new.get("status")
    if status is None:
        return
    decided = [one for one in conditions_of(old) if one.get("type") in DECISIONS]
    others = [one for one in conditions_of(new) if one.get("type") not in DECISIONS]
    if decided or others:
        status["conditions"] = decided + others
    else:
        status.pop("conditions", None)
    stamp(new, old)


def stamp(new: Obj, old: Obj) -> None:
    """Note when conditions were written and when their status became what it is."""
    before = {one.get("type"): one for one in conditions_of(old)}
    for one in conditions_of(new):
        known = before.get(one.get("type"))
        if not one.get("lastUpdateTime"):
            one["lastUpdateTime"] = now_text()
        if one.get("lastTransitionTime"):
            continue
        is_same = known is not None and known.get("status") == one.get("status")
        one["lastTransitionTime"] = (known or {}).get("lastTransitionTime") if is_same else now_text()


def validate_conditions(new: Obj, old: Obj) -> list[FieldError]:
    """Check the conditions, and that no decision is taken back."""
    return [*_each(conditions_of(new)), *_lost(conditions_of(new), conditions_of(old))]


def _each(conditions: Conditions) -> Errors:
    seen: set[str] = set()
    for index, one in enumerate(conditions):
        path, kind, status = f"{_PATH}[{index}]", one.get("type") or "", one.get("status") or ""
        if not kind:
            yield required(f"{path}.type")
        if kind in LASTING and status != "True":
            if not status:
                yield required(f"{path}.status")
            else:
                yield fields.unsupported(f"{path}.status", status, ("True",))
        elif kind not in LASTING:
            yield from fields.one_of(f"{path}.status", status, ("False", "True", "Unknown"))
        if kind in seen:
            yield duplicate(f"{path}.type", kind)
        seen.add(kind)
    for index, one in enumerate(conditions):
        other = {"Approved": "Denied", "Denied": "Approved"}.get(one.get("type") or "")
        if other in seen and one.get("type") == "Denied":
            yield fields.invalid(
                f"{_PATH}[{index}].type", "Denied", "Approved and Denied conditions are mutually exclusive"
            )


def _lost(new: Conditions, old: Conditions) -> Errors:
    for kind in LASTING:
        if any(one.get("type") == kind for one in old) and not any(one.get("type") == kind for one in new):
            yield forbidden_field(_PATH, f'updates may not remove a condition of type "{kind}"')
