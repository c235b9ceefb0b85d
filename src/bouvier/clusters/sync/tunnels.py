"""Logs and exec in clusters of other orchestrators: the driver answers for every host, as a host's own agent would.

The protocol is that of `design/interfaces.md`, Tunnel. A container is reached through the engine that the driver can
reach; for hosts whose engine cannot be reached from here the answer says so.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Mapping, Sequence

import orjson

from bouvier.client.backoff import Backoff
from bouvier.client.rest import Client
from bouvier.client.websocket import WebSocket
from bouvier.clusters.driver import Access, Driver, Instance, Observed
from bouvier.clusters.sync.pods import pod_name
from bouvier.engine.errors import EngineError
from bouvier.engine.specs import ExecSpec
from bouvier.meta.errors import ApiError, bad_request, not_found
from bouvier.meta.objects import Obj, namespace_of
from bouvier.node.tunnel import streams
from bouvier.node.tunnel.logs import log_options, send_log
from bouvier.node.tunnel.requests import TunnelRequest, parse

HEARTBEAT_SECONDS = 20.0
NEXT_LOOK_SECONDS = 3.0
"""A pod is seen as ready a moment before the look that found it is over: so long its tunnel waits for that."""
_log = logging.getLogger(__name__)


class HostTunnels:
    """One tunnel for each host of a cluster."""

    def __init__(self, client: Client, driver: Driver) -> None:
        self._client = client
        self._driver = driver
        self._instances: dict[str, Instance] = {}
        self._served = asyncio.Event()
        self._tunnels: dict[str, asyncio.Task[None]] = {}
        self._answers: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Hold the tunnels until cancelled."""
        try:
            await asyncio.Event().wait()
        finally:
            for task in (*self._tunnels.values(), *self._answers):
                task.cancel()

    def serve(
        self, observed: Observed, owned: Sequence[tuple[Obj, Obj, Instance]], pods: Mapping[str, Instance]
    ) -> None:
        """Take in which hosts and pods there are; `pods` are those with workloads of their own, by key."""
        self._instances = {f"{namespace_of(o)}/{pod_name(o, i)}": i for o, _, i in owned} | dict(pods)
        self._served.set()
        self._served = asyncio.Event()
        names = {host.name for host in observed.hosts}
        for name in names - set(self._tunnels):
            self._tunnels[name] = asyncio.get_running_loop().create_task(self._hold(name), name=f"tunnel {name}")
        for name in set(self._tunnels) - names:
            self._tunnels.pop(name).cancel()

    async def _hold(self, host: str) -> None:
        path = f"/apis/node.bouvier.io/v1/nodes/{host}/tunnel"
        retry = Backoff(0.1, 5.0)
        while True:
            try:
                socket = await self._client.websocket(path, heartbeat_seconds=HEARTBEAT_SECONDS)
                retry.reset()
                await self._serve(socket, path)
            except (ApiError, ConnectionError) as error:
                _log.debug("tunnel: %s", error)
            await asyncio.sleep(retry.next_seconds())

    async def _serve(self, socket: WebSocket, path: str) -> None:
        try:
            while (message := await socket.receive()) is not None:
                with contextlib.suppress(ValueError):
                    request = parse(message)
                    task = asyncio.get_running_loop().create_task(
                        self._answer(request, path), name=f"tunnel {request.op}"
                    )
                    self._answers.add(task)
                    task.add_done_callback(self._answers.discard)
        finally:
            socket.abort()

    async def _answer(self, request: TunnelRequest, path: str) -> None:
        try:
            socket = await self._client.websocket(f"{path}/{request.id}")
        except (ApiError, ConnectionError):
            return  # nobody waits any more
        try:
            await self._perform(request, socket)
        except ApiError as error:
            await _refuse(socket, error)
        except EngineError as error:
            await _refuse(socket, ApiError("InternalError", str(error)))
        except ConnectionError:
            return  # the client has gone
        finally:
            await socket.close()

    async def _perform(self, request: TunnelRequest, socket: WebSocket) -> None:
        engine, container = await self._find(request)
        match request.op:
            case "logs":
                self._check_times(request)
                await _logs(engine, container, request, socket)
            case "exec":
                await _execute(engine, container, request, socket)
            case "attach":
                async with engine.attach(container, stdin=request.flag("stdin")) as session:
                    await _accept(socket)
                    await streams.relay(session, socket)
            case _:
                raise bad_request(f"{request.op} is not possible in clusters of other orchestrators")

    def _check_times(self, request: TunnelRequest) -> None:
        options = log_options(request, 0.0)
        if (options.timestamps or options.since) and not self._driver.keeps_log_times:
            raise bad_request("this orchestrator keeps no times with output: leave --timestamps and --since out")

    async def _find(self, request: TunnelRequest) -> tuple[Access, str]:
        key = f"{request.namespace}/{request.pod}"
        if key not in self._instances:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._served.wait(), NEXT_LOOK_SECONDS)
        instance = self._instances.get(key)
        if instance is None:
            raise not_found("pods", request.pod)
        reached = self._driver.reach(instance)
        if reached is None:
            text = f'pod "{request.pod}": the engine of its host cannot be reached from here'
            raise ApiError(
                "ServiceUnavailable", text + ": name a manager on that host, or use the orchestrator's tools there"
            )
        return reached


async def _refuse(socket: WebSocket, error: ApiError) -> None:
    with contextlib.suppress(ConnectionError):
        await socket.send_text(orjson.dumps(error.status()).decode())


async def _accept(socket: WebSocket) -> None:
    await socket.send_text('{"ok": true}')


async def _logs(engine: Access, container: str, request: TunnelRequest, socket: WebSocket) -> None:
    log_options(request, 0.0)
    await _accept(socket)
    watcher = asyncio.create_task(_until_closed(socket), name="log client")
    sender = asyncio.create_task(send_log(engine, container, request, socket), name="log")
    try:
        await asyncio.wait({watcher, sender}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in (watcher, sender):
            task.cancel()
        await asyncio.gather(watcher, sender, return_exceptions=True)


async def _until_closed(socket: WebSocket) -> None:
    while await socket.receive() is not None:
        pass


async def _execute(engine: Access, container: str, request: TunnelRequest, socket: WebSocket) -> None:
    command = request.words("command")
    if not command:
        raise bad_request("command: Required value")
    terminal = request.flag("tty")
    spec = ExecSpec(
        command,
        stdin=request.flag("stdin"),
        stdout=request.flag("stdout"),
        stderr=request.flag("stderr") and not terminal,
        terminal=terminal,
    )
    async with engine.execute(container, spec) as session:
        await _accept(socket)
        await streams.relay(session, socket)
