"""LimitRange: gives containers the namespace's defaults and refuses pods and claims out of its bounds.

Source: Kubernetes "Admission Control", LimitRanger.
"""

from __future__ import annotations

from bouvier.apiserver.admission.chain import Operation, concerns
from bouvier.apiserver.admission.refusals import forbidden
from bouvier.kinds.usage.limits import ANNOTATION, claim_violations, fill, violations
from bouvier.meta.objects import Obj

CLAIMS = ("", "persistentvolumeclaims")
PODS = ("", "pods")


@concerns(PODS, CLAIMS)
async def limit_ranges(operation: Operation) -> None:
    """Fill defaults and check bounds of new pods and of new or growing claims."""
    obj = operation.obj
    is_resize = operation.resource == PODS and operation.subresource == "resize"
    if obj is None or operation.resource not in (PODS, CLAIMS) or (operation.subresource and not is_resize):
        return
    if operation.resource == PODS and operation.verb != "create" and not is_resize:
        return
    ranges = _ranges(operation)
    if not ranges:
        return
    if operation.resource == PODS and not is_resize:
        _fill(ranges, obj)
    check = violations if operation.resource == PODS else claim_violations
    found = [text for each in ranges for text in check(each, obj)]
    if found:
        raise forbidden(operation, found[0] if len(found) == 1 else f"[{', '.join(found)}]")


def _ranges(operation: Operation) -> list[Obj]:
    call = operation.call
    cache = call.context.hub.resource(call.cluster, "", "limitranges")
    return [entry.decode() for entry in cache.in_namespace(call.target.namespace)]


def _fill(ranges: list[Obj], pod: Obj) -> None:
    said = [text for each in ranges for text in fill(each, pod)]
    if said:
        annotations = pod["metadata"].setdefault("annotations", {})
        annotations[ANNOTATION] = f"LimitRanger plugin set: {'; '.join(said)}"
