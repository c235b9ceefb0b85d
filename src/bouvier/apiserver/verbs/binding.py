"""Binding: a pod gets its host."""

from __future__ import annotations

from bouvier.apiserver import codec
from bouvier.apiserver.context import Call
from bouvier.apiserver.request import Response
from bouvier.apiserver.verbs.connecting import judge_part
from bouvier.apiserver.verbs.updating import change_object
from bouvier.apiserver.wire import bodies
from bouvier.meta.errors import bad_request, conflict
from bouvier.meta.objects import Obj
from bouvier.util.clock import now_text

SUCCESS: Obj = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "code": 201}


async def bind(call: Call) -> Response:
    """Give a pod its host.

    Raises:
        ApiError: Conflict when it has one already or is being deleted.

    """
    content_type = call.request.headers.get("Content-Type", "application/json")
    body = bodies.decode_object(content_type, await call.request.read(), ("v1", "Binding")).obj
    node = (body.get("target") or {}).get("name", "")
    if not node:
        raise bad_request("binding: target.name: Required value")
    await judge_part(call, "create", body, dry_run=call.is_dry_run)
    uid = (body.get("metadata") or {}).get("uid", "")

    def bound(pod: Obj) -> Obj:
        _check_bindable(call, pod, uid)
        pod["spec"]["nodeName"] = node
        conditions = [c for c in pod["status"].get("conditions") or () if c["type"] != "PodScheduled"]
        done = {"type": "PodScheduled", "status": "True", "lastTransitionTime": now_text()}
        pod["status"]["conditions"] = [*conditions, done]
        return pod

    await change_object(call, bound)
    return Response(201, codec.dumps(SUCCESS))


def _check_bindable(call: Call, pod: Obj, uid: str) -> None:
    if uid and uid != pod["metadata"]["uid"]:
        raise conflict(call.group_resource, call.target.name, "Precondition failed: the uid is another one")
    if pod["metadata"].get("deletionTimestamp"):
        raise conflict(
            call.group_resource,
            call.target.name,
            f"pod {call.target.name} is being deleted, cannot be assigned to a host",
        )
    if pod["spec"].get("nodeName"):
        present = pod["spec"]["nodeName"]
        raise conflict(
            call.group_resource, call.target.name, f'pod {call.target.name} is already assigned to node "{present}"'
        )
    if pod["spec"].get("schedulingGates"):
        raise conflict(
            call.group_resource, call.target.name, f"pod {call.target.name} has non-empty .spec.schedulingGates"
        )
