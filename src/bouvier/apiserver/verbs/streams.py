"""Pod subresources that reach into containers: log, exec, attach and port-forward, through the host's tunnel."""

from __future__ import annotations

import asyncio
from typing import Any

from bouvier.apiserver.context import Call
from bouvier.apiserver.request import Answer, Streamed, WebSocket
from bouvier.apiserver.tunnels import Connection
from bouvier.apiserver.verbs import reading
from bouvier.meta.errors import ApiError, bad_request
from bouvier.meta.objects import Obj

CHANNEL_PROTOCOLS = ("v5.channel.k8s.io", "v4.channel.k8s.io")
SLOW_BYTES = 4 * 1024 * 1024
"""Unsent log bytes at which the host is made to wait."""
PAUSE_SECONDS = 0.02


async def log(call: Call) -> Answer:
    """Answer with the log of a container, following it if asked."""
    pod = reading.find(call).decode()
    container = _container(call, pod)
    connection = await _open(call, pod, "logs", container)

    async def run() -> None:
        stream = await call.request.exchange.start_stream(200, {"Content-Type": "text/plain"})
        try:
            while (message := await connection.socket.receive()) is not None:
                if message:
                    stream.write(message if isinstance(message, bytes) else message.encode())
                while stream.unsent_bytes > SLOW_BYTES:  # noqa: ASYNC110 (the transport has no event for it)
                    await asyncio.sleep(PAUSE_SECONDS)
        finally:
            connection.close()

    return Streamed(run)


async def execute(call: Call) -> Answer:
    """Run a command in a container, or attach to its main process."""
    pod = reading.find(call).decode()
    container = _container(call, pod)
    if call.target.subresource == "exec" and not call.request.query_list("command"):
        raise bad_request("you must specify at least 1 command for exec")
    if call.request.headers.get("Upgrade", "").lower() != "websocket":
        raise bad_request("Upgrade request required: this server speaks the websocket protocol v5.channel.k8s.io")
    connection = await _open(call, pod, call.target.subresource, container)

    async def run() -> None:
        try:
            socket = await call.request.exchange.accept_websocket(CHANNEL_PROTOCOLS)
            await _join(socket, connection.socket)
        finally:
            connection.close()

    return Streamed(run)


async def _join(client: WebSocket, host: WebSocket) -> None:
    """Pass messages both ways until either side closes."""

    async def copy(source: WebSocket, sink: WebSocket) -> None:
        try:
            while (message := await source.receive()) is not None:
                await sink.send(message)
        except ConnectionError:
            return

    inward = asyncio.create_task(copy(client, host), name="tunnel-in")
    outward = asyncio.create_task(copy(host, client), name="tunnel-out")
    try:
        await asyncio.wait((inward, outward), return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in (inward, outward):
            task.cancel()
        await asyncio.gather(inward, outward, return_exceptions=True)
        await client.close()


def _container(call: Call, pod: Obj) -> str:
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


async def _open(call: Call, pod: Obj, order: str, container: str) -> Connection:
    node = pod["spec"].get("nodeName", "")
    if not node:
        raise bad_request(f"pod {pod['metadata']['name']} does not have a host assigned")
    _check_started(call, pod, order, container)
    options: dict[str, Any] = dict(call.request.query)
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
