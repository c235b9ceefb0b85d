"""Asking admission about connections into pods: what is wanted is shown as the options object of Kubernetes.

Source: https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/#connect-connect-connect-to-exec
"""

from __future__ import annotations

from bouvier.apiserver.admission.chain import Operation
from bouvier.apiserver.context import Call
from bouvier.meta.objects import Obj

_KINDS = {"exec": "PodExecOptions", "attach": "PodAttachOptions", "portforward": "PodPortForwardOptions"}
_FLAGS = ("stdin", "stdout", "stderr", "tty")


async def admit_connection(call: Call) -> None:
    """Let policies and webhooks judge a connection. Raises: ApiError when one refuses."""
    kind = _KINDS[call.target.subresource]
    options = {"kind": kind, "apiVersion": "v1", **_options(call)}
    operation = Operation(call, "connect", options, None, call.target.subresource, body_kind=("", "v1", kind))
    await call.context.admission.judge(operation)


def _options(call: Call) -> Obj:
    request = call.request
    if call.target.subresource == "portforward":
        ports = [int(port) for text in request.query_list("ports") for port in text.split(",") if port.isdigit()]
        return {"ports": ports} if ports else {}
    found: Obj = {flag: True for flag in _FLAGS if request.query.get(flag) in ("true", "1", "True")}
    if request.query.get("container"):
        found["container"] = request.query["container"]
    if call.target.subresource == "exec":
        found["command"] = request.query_list("command")
    return found
