"""Numbers of replicas in the status of workloads: none below zero, and no part larger than the whole.

Source: Kubernetes, pkg/apis/apps/validation/validation.go
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from bouvier.kinds import fields
from bouvier.kinds.fields import Errors
from bouvier.meta.errors import FieldError
from bouvier.meta.objects import Obj

_OF_ALL = "cannot be greater than status.replicas"
_OF_READY = "cannot be greater than readyReplicas"


def status_check(parts: Sequence[str], others: Sequence[str] = ()) -> Callable[[Obj, Obj], list[FieldError]]:
    """Return the check of a status in which `parts` count some of `replicas`, and `others` count something else."""

    def check(new: Obj, _old: Obj) -> list[FieldError]:
        return list(_errors(new.get("status") or {}, parts, others))

    return check


def _errors(status: Obj, parts: Sequence[str], others: Sequence[str]) -> Errors:
    for field in ("replicas", *parts, *others, "observedGeneration", "collisionCount"):
        yield from fields.non_negative(f"status.{field}", status.get(field))
    whole = status.get("replicas") or 0
    for field in parts:
        count = status.get(field) or 0
        if count > whole:
            yield fields.invalid(f"status.{field}", count, _OF_ALL)
    available, ready = status.get("availableReplicas") or 0, status.get("readyReplicas") or 0
    if "availableReplicas" in parts and available > ready:
        yield fields.invalid("status.availableReplicas", available, _OF_READY)
