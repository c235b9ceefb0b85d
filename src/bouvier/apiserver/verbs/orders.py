"""Orders to the host of a pod: which container is meant, and what is said when there is nothing to reach."""

from __future__ import annotations

from typing import Any

from bouvier.apiserver.context import Call
from bouvier.apiserver.tunnels import Connection
from bouvier.meta.errors import ApiError, bad_request
from bouvier.meta.objects import Obj


def container_of(call: Call, pod: Obj) -> str:
    """Return the container that is meant.

    Raises:
        ApiError: BadRequest when it must be named, or does not exist.

    """
    spec = pod["spec"]
    names = [
        c["name"] for part in ("containers", "initContainers", "ephemeralContainers") for c in spec.get(part) or ()
    ]
    wanted = call.request.query.get("container", "")
    pod_name = pod["metadata"]["name"]
    if not wanted:
        if len(spec["containers"]) > 1 and call.target.subresource == "log":
            choices = " ".join(c["name"] for c in spec["containers"])
            raise bad_request(f"a container name must be specified for pod {pod_name}, choose one of: [{choices}]")
        return str(spec["containers"][0]["name"])
    if wanted not in names:
        raise bad_request(f"container {wanted} is not valid for pod {pod_name}")
    return wanted


def host_of(pod: Obj) -> str:
    """Return the host on which a pod runs.

    Raises:
        ApiError: BadRequest before it was placed.

    """
    node = pod["spec"].get("nodeName", "")
    if not node:
        raise bad_request(f"pod {pod['metadata']['name']} does not have a host assigned")
    return str(node)


async def open_order(call: Call, pod: Obj, order: str, container: str = "", **more: str) -> Connection:
    """Ask the pod's host to carry out an order; the client's query and `more` are its options.

    Raises:
        ApiError: the pod has no host, the host does not answer, or refuses.

    """
    node = host_of(pod)
    _check_started(call, pod, order, container)
    options: dict[str, Any] = call.request.query | more
    if call.request.query_list("command"):
        options["command"] = call.request.query_list("command")
    metadata = pod["metadata"]
    what = {"op": order, "namespace": metadata["namespace"], "pod": metadata["name"], "uid": metadata["uid"]}
    return await call.context.tunnels.open(call.cluster, node, what | {"container": container, "options": options})


def _check_started(call: Call, pod: Obj, order: str, container: str) -> None:
    """Say why a container that never ran has no log, in the original's words."""
    status = pod.get("status") or {}
    parts = ("containerStatuses", "initContainerStatuses", "ephemeralContainerStatuses")
    for state in (s for part in parts for s in status.get(part) or () if s["name"] == container):
        waiting = (state.get("state") or {}).get("waiting")
        if not waiting or state.get("lastState"):
            return
        reason = waiting.get("reason", "")
        name = pod["metadata"]["name"]
        text = f'container "{container}" in pod "{name}" is waiting to start: {reason}'
        if reason in ("ErrImagePull", "ImagePullBackOff"):
            text = f'container "{container}" in pod "{name}" is waiting to start: trying and failing to pull image'
        if order == "logs" and call.request.query.get("previous") != "true":
            raise ApiError("BadRequest", text)
