"""RuntimeClass: what the class of a new pod adds to it, and what it may not contradict.

Source: Kubernetes "Admission Control", RuntimeClass.
"""

from __future__ import annotations

from typing import Any

from bouvier.apiserver.admission.chain import Operation, concerns
from bouvier.apiserver.admission.refusals import forbidden
from bouvier.meta.objects import Obj

PODS = ("", "pods")
_MISMATCH = "pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead"
_ALONE = "pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead"


@concerns(PODS)
async def runtime_class(operation: Operation) -> None:
    """Give a new pod its class's overhead, host labels and tolerations.

    Raises:
        ApiError: Forbidden when there is no such class, or the pod says otherwise.

    """
    found = _class_of(operation)
    if found is None or operation.obj is None:
        return
    spec = operation.obj["spec"]
    overhead = (found.get("overhead") or {}).get("podFixed")
    if overhead:
        if spec.get("overhead") and spec["overhead"] != overhead:
            raise forbidden(operation, _MISMATCH)
        spec["overhead"] = dict(overhead)
    scheduling = found.get("scheduling") or {}
    _select(operation, spec, scheduling.get("nodeSelector") or {})
    if scheduling.get("tolerations"):
        spec["tolerations"] = _joined(spec.get("tolerations") or [], scheduling["tolerations"])


@concerns(PODS)
async def runtime_class_kept(operation: Operation) -> None:
    """Refuse a new pod whose overhead is not its class's, whoever changed it."""
    pod = operation.obj
    if not _is_new(operation) or pod is None:
        return
    given = pod["spec"].get("overhead")
    found = _class_of(operation) if pod["spec"].get("runtimeClassName") else None
    wanted = ((found or {}).get("overhead") or {}).get("podFixed")
    if wanted and given != wanted:
        raise forbidden(operation, _MISMATCH)
    if given and not wanted:
        raise forbidden(operation, _ALONE)


def _is_new(operation: Operation) -> bool:
    return operation.verb == "create" and not operation.subresource and operation.resource == PODS


def _class_of(operation: Operation) -> Obj | None:
    name = (operation.obj or {}).get("spec", {}).get("runtimeClassName")
    if not name or not _is_new(operation):
        return None
    call = operation.call
    entry = call.context.hub.resource(call.cluster, "node.k8s.io", "runtimeclasses").entries.get(f"/{name}")
    if entry is None:
        raise forbidden(operation, f'pod rejected: RuntimeClass "{name}" not found')
    found: Obj = entry.decode()
    return found


def _select(operation: Operation, spec: Obj, wanted: dict[str, str]) -> None:
    given = spec.get("nodeSelector") or {}
    for key, value in wanted.items():
        if given.get(key, value) != value:
            text = f"conflict: runtimeClass.scheduling.nodeSelector[{key}] = {value}; "
            raise forbidden(operation, f"{text}pod.spec.nodeSelector[{key}] = {given[key]}")
    if wanted:
        spec["nodeSelector"] = given | wanted


def _joined(own: list[dict[str, Any]], more: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [*own, *(toleration for toleration in more if toleration not in own)]
