"""Pod subresources that reach into containers: log, exec and attach, through the host's tunnel."""

from __future__ import annotations

import asyncio
import base64

from bouvier.apiserver.context import Call
from bouvier.apiserver.request import Answer, Response, Streamed, WebSocket
from bouvier.apiserver.tunnels import Connection
from bouvier.apiserver.verbs import log_options, reading
from bouvier.apiserver.verbs.connecting import admit_connection
from bouvier.apiserver.verbs.older_channels import CHANNEL_PROTOCOLS, STREAM_PROTOCOLS, as_newest
from bouvier.apiserver.verbs.orders import container_of, open_order
from bouvier.apiserver.verbs.spdy_channels import accept_channels
from bouvier.meta.errors import bad_request

SLOW_BYTES = 4 * 1024 * 1024
"""Unsent log bytes at which the host is made to wait."""
PAUSE_SECONDS = 0.02


async def log(call: Call) -> Answer:
    """Answer with the log of a container, following it if asked."""
    pod = reading.find(call).decode()
    log_options.check(call.target.name, call.request.query)
    container = container_of(call, pod)
    if not pod["spec"].get("nodeName"):
        return Response(200, b"", "text/plain")  # as the original: it has said nothing yet
    connection = await open_order(call, pod, "logs", container)
    if call.request.headers.get("Upgrade", "").lower() == "websocket":
        return Streamed(lambda: _log_messages(call, connection))

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


async def _log_messages(call: Call, connection: Connection) -> None:
    """Send a log as messages of a websocket."""
    try:
        client = await call.request.exchange.accept_websocket(STREAM_PROTOCOLS)
        while (message := await connection.socket.receive()) is not None:
            data = message.encode() if isinstance(message, str) else message
            await client.send(base64.b64encode(data).decode() if "base64" in client.protocol else data)
        await client.close()
    finally:
        connection.close()


async def execute(call: Call) -> Answer:
    """Run a command in a container, or attach to its main process."""
    pod = reading.find(call).decode()
    container = container_of(call, pod)
    if call.target.subresource == "exec" and not call.request.query_list("command"):
        raise bad_request("you must specify at least 1 command for exec")
    upgrade = call.request.headers.get("Upgrade", "").lower()
    if upgrade not in ("websocket", "spdy/3.1"):
        raise bad_request("Upgrade request required: to websocket (v5.channel.k8s.io) or SPDY/3.1")
    await admit_connection(call)
    connection = await open_order(call, pod, call.target.subresource, container)

    async def run() -> None:
        exchange = call.request.exchange
        try:
            if upgrade == "websocket":
                client = as_newest(await exchange.accept_websocket(CHANNEL_PROTOCOLS))
            else:
                client = await accept_channels(exchange, call.request.query)
            await _join(client, connection.socket)
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
