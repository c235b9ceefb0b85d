"""The connection over which the API server reaches into this host.

The agent keeps one websocket open and answers each request on a second one, so that hosts need outbound connections
only. The first message of an answer is `{"ok": true}` or the Status to show; then bytes flow.
"""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Callable, Coroutine, Mapping
from typing import Any

import orjson

from bouvier.client.backoff import Backoff
from bouvier.client.websocket import WebSocket
from bouvier.engine.errors import EngineError
from bouvier.engine.specs import ExecSpec
from bouvier.meta.errors import ApiError, bad_request
from bouvier.meta.objects import Obj, uid_of
from bouvier.node.pods.manager import PodManager
from bouvier.node.pods.records import PodRecords
from bouvier.node.pods.spec import find_container, uses_host_network
from bouvier.node.shared import Shared
from bouvier.node.stats.summary import Summary
from bouvier.node.tunnel import forward, serving, streams
from bouvier.node.tunnel.logs import log_options, send_log
from bouvier.node.tunnel.requests import (
    TunnelRequest,
    check_pod,
    container_name,
    log_record,
    parse,
    running_record,
    waiting_reason,
)

HEARTBEAT_SECONDS = 20.0
"""A dead connection is noticed after two of these."""

_log = logging.getLogger(__name__)


OrderHandler = Callable[[TunnelRequest, WebSocket], Coroutine[Any, Any, None]]
"""Carries out an operation that other rooms of this host bring along; it accepts on the websocket itself."""


class Tunnel:
    """Serves requests of the API server."""

    def __init__(self, shared: Shared, pods: PodManager, orders: Mapping[str, OrderHandler] | None = None) -> None:
        self._shared = shared
        self._orders = dict(orders or {})
        self._pods = pods
        self._summary = Summary(shared)
        self._path = f"/apis/node.bouvier.io/v1/nodes/{shared.settings.node_name}/tunnel"
        self._tasks: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Keep the tunnel open until cancelled."""
        retry = Backoff(0.1, 5.0)
        try:
            while True:
                try:
                    socket = await self._shared.client.websocket(self._path, heartbeat_seconds=HEARTBEAT_SECONDS)
                    retry.reset()
                    await self._serve(socket)
                except (ApiError, ConnectionError) as error:
                    _log.debug("tunnel: %s", error)
                await asyncio.sleep(retry.next_seconds())
        finally:
            for task in self._tasks:
                task.cancel()

    async def _serve(self, socket: WebSocket) -> None:
        try:
            while (message := await socket.receive()) is not None:
                try:
                    request = parse(message)
                except ValueError as error:
                    _log.warning("tunnel: message not understood: %s", error)
                    continue
                task = asyncio.get_running_loop().create_task(self._answer(request), name=f"tunnel {request.op}")
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)
        finally:
            socket.abort()

    async def _answer(self, request: TunnelRequest) -> None:
        try:
            socket = await self._shared.client.websocket(f"{self._path}/{request.id}")
        except (ApiError, ConnectionError) as error:
            _log.debug("tunnel: nobody waits for %s any more: %s", request.id, error)
            return
        try:
            await self._perform_shown(request, socket)
        except ConnectionError:
            return  # the client has gone
        finally:
            await socket.close()

    async def _perform_shown(self, request: TunnelRequest, socket: WebSocket) -> None:
        try:
            await self._perform(request, socket)
        except ApiError as error:
            await socket.send_text(orjson.dumps(error.status()).decode())
        except (EngineError, OSError) as error:
            if isinstance(error, ConnectionError):
                raise
            status = ApiError("InternalError", str(error)).status()
            await socket.send_text(orjson.dumps(status).decode())

    async def _perform(self, request: TunnelRequest, socket: WebSocket) -> None:
        match request.op:
            case "logs":
                await self._logs(request, socket)
            case "exec":
                await self._exec(request, socket)
            case "attach":
                await self._attach(request, socket)
            case "portforward":
                await self._forward(request, socket)
            case "dial":
                await self._dial(request, socket)
            case "serve":
                await _accept(socket)
                await serving.serve(socket, serving.AgentPages(self._shared, self._pods, self._summary))
            case "stats":
                await _accept(socket)
                await socket.send(orjson.dumps(self._summary.take(self._pods.pods())))
            case other if other in self._orders:
                await self._orders[other](request, socket)
            case _:
                raise bad_request(f'the node agent does not know the operation "{request.op}"')

    def _find(self, request: TunnelRequest) -> tuple[Obj, PodRecords]:
        pod = check_pod(request, self._pods.find(request.namespace, request.pod))
        return pod, self._shared.view.pod(uid_of(pod))

    async def _logs(self, request: TunnelRequest, socket: WebSocket) -> None:
        pod, records = self._find(request)
        name = container_name(request, pod)
        record = log_record(request, name, records, waiting_reason(pod, name))
        log_options(request, 0.0)
        await _accept(socket)
        watcher = asyncio.create_task(_wait_closed(socket), name="log client")
        sender = asyncio.create_task(send_log(self._shared.engine, record.id, request, socket), name="log")
        try:
            await asyncio.wait({watcher, sender}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (watcher, sender):
                task.cancel()
            await asyncio.gather(watcher, sender, return_exceptions=True)

    async def _exec(self, request: TunnelRequest, socket: WebSocket) -> None:
        pod, records = self._find(request)
        record = running_record(request, container_name(request, pod), records)
        command = request.words("command")
        if not command:
            raise bad_request("command: Required value")
        spec = ExecSpec(
            command,
            stdin=request.flag("stdin"),
            stdout=request.flag("stdout"),
            stderr=request.flag("stderr") and not request.flag("tty"),
            terminal=request.flag("tty"),
        )
        async with self._shared.engine.execute(record.id, spec) as session:
            await _accept(socket)
            await streams.relay(session, socket)

    async def _attach(self, request: TunnelRequest, socket: WebSocket) -> None:
        pod, records = self._find(request)
        name = container_name(request, pod)
        record = running_record(request, name, records)
        found = find_container(pod, name)
        stdin = request.flag("stdin")
        if stdin and not (found and found[1].get("stdin")):
            raise bad_request(f'container "{name}" was not made with stdin: set stdin: true in its spec')
        async with self._shared.engine.attach(record.id, stdin=stdin) as session:
            await _accept(socket)
            await streams.relay(session, socket)

    async def _forward(self, request: TunnelRequest, socket: WebSocket) -> None:
        pod, records = self._find(request)
        port = request.number("port")
        if not port:
            raise bad_request("port: Required value")
        sandbox = records.sandbox
        if sandbox is None or not sandbox.is_running:
            raise ApiError("InternalError", f'pod "{request.pod}" is not running', code=500)
        try:
            connection = await forward.connect(0 if uses_host_network(pod) else sandbox.state.pid, port)
        except OSError as error:
            reason = os.strerror(error.errno).lower() if error.errno else str(error)
            text = f"failed to connect to localhost:{port} inside the pod: {reason}"
            raise ApiError("InternalError", text, code=500) from error
        await _accept(socket)
        await forward.relay(connection, socket)

    async def _dial(self, request: TunnelRequest, socket: WebSocket) -> None:
        host, port = request.option("host"), request.number("port")
        if not host or not port:
            raise bad_request("host, port: Required value")
        try:
            connection = await forward.dial(host, port)
        except (OSError, TimeoutError) as error:
            reason = "i/o timeout" if isinstance(error, TimeoutError) else str(error)
            if isinstance(error, OSError) and error.errno:
                reason = os.strerror(error.errno).lower()
            raise ApiError("ServiceUnavailable", f"dial tcp {host}:{port}: connect: {reason}") from error
        await _accept(socket)
        await forward.relay(connection, socket)


async def _accept(socket: WebSocket) -> None:
    await socket.send_text('{"ok": true}')


async def _wait_closed(socket: WebSocket) -> None:
    while await socket.receive() is not None:
        pass
