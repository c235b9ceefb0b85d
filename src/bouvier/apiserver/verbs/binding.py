"""Binding: a pod gets its host."""

from __future__ import annotations

from dataclasses import replace

from bouvier.apiserver import codec
from bouvier.apiserver.context import Call
from bouvier.apiserver.request import Response
from bouvier.apiserver.verbs import writing
from bouvier.apiserver.verbs.connecting import judge_part
from bouvier.apiserver.verbs.updating import change_object
from bouvier.apiserver.wire import bodies
from bouvier.kinds.core_v1 import bindings
from bouvier.meta.errors import bad_request, conflict
from bouvier.meta.objects import Obj, name_of
from bouvier.meta.resources import PODS
from bouvier.util.clock import now_text

SUCCESS: Obj = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "code": 201}


async def bind(call: Call) -> Response:
    """Give a pod its host.

    Raises:
        ApiError: Conflict when it has one already or is being deleted.

    """
    content_type = call.request.headers.get("Content-Type", "application/json")
    body = bodies.decode_object(content_type, await call.request.read(), ("v1", "Binding")).obj
    wrong = bindings.validate(body)
    if wrong:
        raise bad_request("binding: " + ", ".join(map(str, wrong)))
    node, metadata = body["target"]["name"], body.get("metadata") or {}
    if metadata.get("name", call.target.name) != call.target.name:
        raise bad_request("name in URL does not match name in Binding object")
    await judge_part(call, "create", body, dry_run=call.is_dry_run)
    uid = metadata.get("uid", "")

    def bound(pod: Obj) -> Obj:
        _check_bindable(call, pod, uid)
        pod["spec"]["nodeName"] = node
        _copy_notes(pod["metadata"], metadata)
        conditions = [c for c in pod["status"].get("conditions") or () if c.get("type") != "PodScheduled"]
        done = {"type": "PodScheduled", "status": "True", "lastTransitionTime": now_text()}
        if generation := pod["metadata"].get("generation"):
            done["observedGeneration"] = generation
        pod["status"]["conditions"] = [*conditions, done]
        return pod

    await change_object(call, bound)
    return Response(201, codec.dumps(SUCCESS))


async def bind_named(call: Call, _verb: str) -> Response:
    """Give the pod that the body names its host: a Binding sent to the namespace."""
    body = await writing.read_object(call, call.view)
    pods = call.context.kinds.find(call.cluster, PODS.group, PODS.version, PODS.plural)
    assert pods is not None
    target = call.target._replace(plural=PODS.plural, name=name_of(body), subresource="binding")
    return await bind(replace(call, kind=pods, requested=None, target=target))


def _copy_notes(own: Obj, given: Obj) -> None:
    """Take over what the scheduler notes on a pod: annotations, and labels that the pod does not have."""
    if given.get("annotations"):
        own["annotations"] = (own.get("annotations") or {}) | given["annotations"]
    if given.get("labels"):
        own["labels"] = given["labels"] | (own.get("labels") or {})


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
