"""Whether the names of a definition are free in its group, and the conditions that say so.

Source: https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/
"""

from __future__ import annotations

from collections.abc import Iterable

from bouvier.kinds.apiextensions_v1 import approval
from bouvier.meta.objects import Obj, condition_of, is_condition_true

_RESOURCES = ("plural", "singular", "shortNames")
_KINDS = ("kind", "listKind")
_REASONS = {
    "plural": "PluralConflict",
    "singular": "SingularConflict",
    "shortNames": "ShortNamesConflict",
    "kind": "KindConflict",
    "listKind": "ListKindConflict",
}


def completed(names: Obj) -> Obj:
    """Return the names with those that follow from the kind."""
    return {"singular": names["kind"].lower(), "listKind": f"{names['kind']}List", **names}


def conflict_of(definition: Obj, others: Iterable[Obj]) -> tuple[str, str]:
    """Return reason and message of the last name that is taken; `others` are names accepted in the group."""
    taken: dict[bool, set[str]] = {True: set(), False: set()}
    for accepted in others:
        taken[True].update(*(_values(accepted, field) for field in _RESOURCES))
        taken[False].update(*(_values(accepted, field) for field in _KINDS))
    names, found = completed(definition["spec"]["names"]), ("", "")
    for field in (*_RESOURCES, *_KINDS):
        for value in _values(names, field):
            if value in taken[field in _RESOURCES]:
                found = (_REASONS[field], f'"{value}" is already in use')
    return found


def _values(names: Obj, field: str) -> list[str]:
    value = names.get(field)
    return value if isinstance(value, list) else [value] if value else []


def judged(definition: Obj, conflict: tuple[str, str], now: str) -> Obj:
    """Return the definition with the conditions NamesAccepted and Established, and the names if they were accepted."""
    status = definition.setdefault("status", {})
    is_established = is_condition_true(definition, "Established")
    accepted = ("True", "NoConflicts", "no conflicts found")
    established = ("True", "InitialNamesAccepted", "the initial names have been accepted")
    if any(conflict):
        accepted = ("False", *conflict)
        established = ("False", "NotAccepted", "not all names are accepted")
    else:
        status["acceptedNames"] = completed(definition["spec"]["names"])
    wanted = {"NamesAccepted": accepted}
    if not is_established:
        wanted["Established"] = established
    if approved := approval.condition_of(definition):
        wanted[approval.CONDITION] = approved
    others = [one for one in status.get("conditions") or () if one.get("type") not in wanted]
    status["conditions"] = [*others, *(_condition(definition, kind, *state, now) for kind, state in wanted.items())]
    status.setdefault("acceptedNames", {"plural": "", "kind": ""})
    if not status.get("storedVersions"):
        status["storedVersions"] = [v["name"] for v in definition["spec"]["versions"] if v.get("storage")]
    return definition


def _condition(  # noqa: PLR0917
    definition: Obj, kind: str, status: str, reason: str, message: str, now: str
) -> Obj:
    known = condition_of(definition, kind) or {}
    if (known.get("status"), known.get("reason"), known.get("message")) == (status, reason, message):
        return known
    return {"type": kind, "status": status, "reason": reason, "message": message, "lastTransitionTime": now}


def is_settled(definition: Obj, conflict: tuple[str, str]) -> bool:
    """Tell whether the conditions say what is."""
    if not _is_approval_told(definition):
        return False
    condition = condition_of(definition, "NamesAccepted") or {}
    if any(conflict):
        return bool(condition.get("reason") == conflict[0] and condition.get("message") == conflict[1])
    status = definition.get("status") or {}
    has_names = status.get("acceptedNames") == completed(definition["spec"]["names"])
    return condition.get("status") == "True" and has_names and is_condition_true(definition, "Established")


def _is_approval_told(definition: Obj) -> bool:
    """Tell whether the condition about the community's groups is there where it belongs."""
    wanted, found = approval.condition_of(definition), condition_of(definition, approval.CONDITION) or {}
    return wanted is None or wanted == (found.get("status"), found.get("reason"), found.get("message"))
