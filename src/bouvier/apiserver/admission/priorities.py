"""Priority classes: the number that the scheduler compares, and that at most one class is the default.

Source: https://kubernetes.io/docs/reference/access-authn-authz/admission-controllers/#priority
"""

from __future__ import annotations

from bouvier.apiserver.admission.chain import Operation, concerns
from bouvier.apiserver.admission.refusals import forbidden
from bouvier.kinds.scheduling_v1.priorityclasses import SYSTEM_CLASSES
from bouvier.meta.objects import Obj, name_of

CLASSES = ("scheduling.k8s.io", "priorityclasses")
PODS = ("", "pods")
PREEMPT = "PreemptLowerPriority"


@concerns(PODS, CLASSES)
async def priority(operation: Operation) -> None:
    """Turn a priority class into a number, and refuse a second default class.

    Raises:
        ApiError: Forbidden.

    """
    if operation.obj is None or operation.subresource:
        return
    if operation.resource == CLASSES:
        _one_default(operation, operation.obj)
    elif operation.verb == "create":
        _give(operation, operation.obj["spec"])
    elif operation.old is not None:
        _keep(operation.obj["spec"], operation.old["spec"])


def _one_default(operation: Operation, wanted: Obj) -> None:
    if not wanted.get("globalDefault"):
        return
    other = next((o for o in _classes(operation) if o.get("globalDefault") and name_of(o) != name_of(wanted)), None)
    if other is not None:
        text = f"PriorityClass {name_of(other)} is already marked as default for pods. Only one default can exist"
        raise forbidden(operation, text)


def _give(operation: Operation, spec: Obj) -> None:
    name = spec.get("priorityClassName") or ""
    found = _class(operation, name) if name else _default(operation)
    value = (found or {}).get("value") or 0
    policy = (found or {}).get("preemptionPolicy") or PREEMPT
    if found is not None and not name:
        spec["priorityClassName"] = name_of(found)
    if spec.get("priority") not in (None, value):
        raise forbidden(
            operation,
            f"the integer value of priority ({spec['priority']}) must not be provided in pod spec; priority admission"
            f" controller computed {value} from the given PriorityClass name",
        )
    if spec.get("preemptionPolicy") not in (None, policy):
        raise forbidden(
            operation,
            f"the string value of PreemptionPolicy ({spec['preemptionPolicy']}) must not be provided in pod spec;"
            f" priority admission controller computed {policy} from the given PriorityClass name",
        )
    spec["priority"], spec["preemptionPolicy"] = value, policy


def _keep(spec: Obj, before: Obj) -> None:
    """Keep what was computed for a pod whose update, made from a manifest, does not say it."""
    for field in ("priority", "preemptionPolicy"):
        if spec.get(field) is None and before.get(field) is not None:
            spec[field] = before[field]


def _class(operation: Operation, name: str) -> Obj:
    entry = operation.call.context.hub.resource(operation.call.cluster, *CLASSES).entries.get(f"/{name}")
    if entry is not None:
        found: Obj = entry.decode()
        return found
    if name in SYSTEM_CLASSES:
        return {"metadata": {"name": name}, "value": SYSTEM_CLASSES[name]}
    raise forbidden(operation, f"no PriorityClass with name {name} was found")


def _default(operation: Operation) -> Obj | None:
    """Return the default class; of several that came by race, the lowest."""
    defaults = [one for one in _classes(operation) if one.get("globalDefault")]
    return min(defaults, key=lambda one: int(one.get("value") or 0), default=None)


def _classes(operation: Operation) -> list[Obj]:
    entries = operation.call.context.hub.resource(operation.call.cluster, *CLASSES).entries
    return [entry.decode() for entry in entries.values()]
