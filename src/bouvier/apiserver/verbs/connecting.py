"""Asking admission about subresources that have an object of their own: connections into pods, scales, evictions, bindings.

Policies and webhooks judge these objects; they cannot change them. Connections are shown as Kubernetes' options objects.

Source: https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/#connect-connect-connect-to-exec
"""

from __future__ import annotations

from bouvier.apiserver.admission.chain import Operation
from bouvier.apiserver.context import Call
from bouvier.meta.gvk import split_api_version
from bouvier.meta.objects import Obj

_KINDS = {"exec": "PodExecOptions", "attach": "PodAttachOptions", "portforward": "PodPortForwardOptions"}
_FLAGS = ("stdin", "stdout", "stderr", "tty")


async def judge_part(call: Call, verb: str, obj: Obj, old: Obj | None = None, *, dry_run: bool = False) -> None:
    """Let policies and webhooks judge the object of a subresource. Raises: ApiError when one refuses."""
    group, version = split_api_version(obj["apiVersion"])
    kind = (group, version, str(obj["kind"]))
    part = Operation(call, verb, obj, old, call.target.subresource, dry_run, body_kind=kind)
    await call.context.admission.judge(part)


async def admit_connection(call: Call) -> None:
    """Let policies and webhooks judge a connection. Raises: ApiError when one refuses."""
    kind = _KINDS[call.target.subresource]
    await judge_part(call, "connect", {"kind": kind, "apiVersion": "v1", **_options(call)})


def _options(call: Call) -> Obj:
    request = call.request
    if call.target.subresource == "portforward":
        ports = [int(port) for text in request.query_list("ports") for port in text.split(",") if port.isdecimal()]
        return {"ports": ports} if ports else {}
    found: Obj = {flag: True for flag in _FLAGS if request.query.get(flag) in ("true", "1", "True")}
    if request.query.get("container"):
        found["container"] = request.query["container"]
    if call.target.subresource == "exec":
        found["command"] = request.query_list("command")
    return found
