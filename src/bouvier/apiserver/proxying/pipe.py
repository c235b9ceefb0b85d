"""A connection to a place, as a pair of streams: through the tunnel of a host, or made by this process itself.

What comes out of a tunnel are messages, but TLS wants a socket: a pair of local sockets stands between the two.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
from collections.abc import AsyncIterator

from bouvier.apiserver.context import Call
from bouvier.apiserver.proxying.places import Place
from bouvier.apiserver.request import WebSocket
from bouvier.meta.errors import ApiError

CONNECT_SECONDS = 30.0
"""As the original's dialer."""
PIECE_BYTES = 64 * 1024

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@contextlib.asynccontextmanager
async def connected(call: Call, place: Place) -> AsyncIterator[Streams]:
    """Connect, and close in the end.

    Raises:
        ApiError: ServiceUnavailable when nobody answers there.

    """
    if not place.node:
        streams = await _opened(place, None)
        try:
            yield streams
        finally:
            streams[1].close()
        return
    order = {"op": "dial", "options": {"host": place.host, "port": str(place.port)}} if place.port else {"op": "serve"}
    try:
        connection = await call.context.tunnels.open(call.cluster, place.node, order)
    except ApiError as error:
        raise _away(error.message) from error
    near, far = socket.socketpair()
    joining = asyncio.create_task(_join(far, connection.socket), name="proxy tunnel")
    try:
        streams = await _opened(place, near)
        try:
            yield streams
        finally:
            streams[1].close()
    finally:
        joining.cancel()
        await asyncio.gather(joining, return_exceptions=True)
        connection.close()


async def _opened(place: Place, made: socket.socket | None) -> Streams:
    context = _trusting() if place.scheme == "https" else None
    name = place.host if context else None
    try:
        async with asyncio.timeout(CONNECT_SECONDS):
            if made is not None:
                return await asyncio.open_connection(sock=made, ssl=context, server_hostname=name)
            return await asyncio.open_connection(place.host, place.port, ssl=context, server_hostname=name)
    except TimeoutError as error:
        raise _away(f"dial tcp {place.host}:{place.port}: i/o timeout") from error
    except OSError as error:
        raise _away(f"dial tcp {place.host}:{place.port}: {error.strerror or error}") from error


def _trusting() -> ssl.SSLContext:
    """Return a context that takes any certificate: pods have none that anybody else knows; as the original."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def _away(why: str) -> ApiError:
    return ApiError("ServiceUnavailable", f"error trying to reach service: {why}")


async def _join(local: socket.socket, tunnel: WebSocket) -> None:
    """Pass bytes between a local socket and a tunnel until both directions have ended."""
    reader, writer = await asyncio.open_connection(sock=local)

    async def outward() -> None:
        while data := await reader.read(PIECE_BYTES):
            await tunnel.send(data)

    async def inward() -> None:
        while (message := await tunnel.receive()) is not None:
            writer.write(message if isinstance(message, bytes) else message.encode())
            await writer.drain()

    tasks = (asyncio.create_task(outward(), name="proxy out"), asyncio.create_task(inward(), name="proxy in"))
    try:
        with contextlib.suppress(ConnectionError):
            await tasks[1]
    finally:
        writer.close()  # first: waiting may be cut short
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
