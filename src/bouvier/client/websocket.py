"""Websocket client: `wsproto` does the framing, asyncio's streams the transport.

Fragmented messages are joined. A refused handshake becomes the ApiError that the server's answer describes.
Source: RFC 6455.
"""

from __future__ import annotations

import asyncio
import ssl
from collections import deque
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from typing import NoReturn

from wsproto import ConnectionType, WSConnection
from wsproto import events as ws
from wsproto.utilities import LocalProtocolError, RemoteProtocolError

from bouvier.client.endpoint import Endpoint
from bouvier.client.http.messages import error_of
from bouvier.client.http.pool import ANSWER_SECONDS, CONNECT_SECONDS

READ_BYTES = 1 << 16
CLOSE_SECONDS = 2.0
"""Time given to the peer to answer a closing handshake; RFC 6455 leaves it open."""


class WebSocket:
    """An open websocket. One task may receive while others send."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._protocol = WSConnection(ConnectionType.CLIENT)
        self._received: deque[bytes] = deque()
        self._partial: list[bytes] = []
        self._heartbeat: asyncio.Task[None] | None = None
        self._heard = True
        self.subprotocol = ""
        """The subprotocol that the server chose, empty for none."""
        self.closed = False
        self.close_code = 0
        self.close_reason = ""

    async def send(self, data: bytes) -> None:
        """Send a binary message; waits while the peer is slow.

        Raises:
            ConnectionError: the websocket is closed.
        """
        await self.write(ws.BytesMessage(data=data))

    async def send_text(self, text: str) -> None:
        """Send a text message."""
        await self.write(ws.TextMessage(data=text))

    async def receive(self) -> bytes | None:
        """Return the next message (text as UTF-8), or None when the peer has closed.

        Raises:
            ConnectionError: the connection broke without a closing handshake.
        """
        while not self._received:
            if self.closed:
                return None
            await self._read()
        return self._received.popleft()

    async def close(self, code: int = 1000, reason: str = "") -> None:
        """Close; what was not received is dropped."""
        try:
            if not self.closed:
                await self.write(ws.CloseConnection(code=code, reason=reason))
                async with asyncio.timeout(CLOSE_SECONDS):
                    while not self.closed:
                        await self._read()
        except (ConnectionError, TimeoutError):
            pass
        finally:
            self.abort()

    def abort(self) -> None:
        """Drop the connection without a closing handshake."""
        self.closed = True
        if self._heartbeat is not None:
            self._heartbeat.cancel()
        self._writer.transport.abort()

    async def write(self, event: ws.Event) -> None:
        """Send a frame of any kind."""
        if self.closed:
            raise ConnectionError("websocket is closed")
        try:
            self._writer.write(self._protocol.send(event))
        except LocalProtocolError as error:
            raise ConnectionError(f"websocket is closing: {error}") from error
        await self._writer.drain()

    async def handshake_events(self) -> AsyncIterator[ws.Event]:
        """Yield what the server answers to the request for the upgrade."""
        while True:
            await self._feed()
            for event in self._protocol.events():
                yield event

    async def _read(self) -> None:
        """Read once and handle the frames that came."""
        await self._feed()
        try:
            for event in self._protocol.events():
                self._handle(event)
        except RemoteProtocolError as error:
            self._fail(error)

    async def _feed(self) -> None:
        try:
            data = await self._reader.read(READ_BYTES)
            if not data:
                raise ConnectionError("connection lost")
            self._heard = True
            self._protocol.receive_data(data)
        except (RemoteProtocolError, OSError) as error:
            self._fail(error)

    def _fail(self, error: Exception) -> NoReturn:
        self.abort()
        raise ConnectionError(f"websocket: {error}") from error

    def _handle(self, event: ws.Event) -> None:
        match event:
            case ws.Message():
                data = event.data.encode() if isinstance(event.data, str) else bytes(event.data)
                self._partial.append(data)
                if event.message_finished:
                    self._received.append(b"".join(self._partial))
                    self._partial.clear()
            case ws.Ping():
                self._writer.write(self._protocol.send(event.response()))
            case ws.CloseConnection():
                self.close_code, self.close_reason = event.code, event.reason or ""
                with suppress(LocalProtocolError):
                    self._writer.write(self._protocol.send(event.response()))
                self.closed = True
            case _:
                pass

    def start_heartbeat(self, seconds: float) -> None:
        """Ping every so many seconds and drop the connection when nothing came in between two pings."""
        self._heartbeat = asyncio.get_running_loop().create_task(self._beat(seconds))

    async def _beat(self, seconds: float) -> None:
        while not self.closed:
            if not self._heard:
                self._writer.transport.abort()
                return
            self._heard = False
            with suppress(ConnectionError):
                await self.write(ws.Ping())
            await asyncio.sleep(seconds)


async def connect(
    endpoint: Endpoint,
    target: str,
    protocols: Sequence[str],
    *,
    user_agent: str,
    tls: ssl.SSLContext | None,
    heartbeat_seconds: float = 0,
) -> WebSocket:
    """Open a websocket to a request target of the endpoint.

    Raises:
        ApiError: the server refused.
        ConnectionError: it cannot be reached or does not speak websocket.
    """
    try:
        async with asyncio.timeout(CONNECT_SECONDS):
            reader, writer = await _open(endpoint, tls)
    except TimeoutError as error:
        raise ConnectionError(f"no connection to {endpoint} within {CONNECT_SECONDS:g} s") from error
    except ConnectionError:
        raise
    except OSError as error:
        raise ConnectionError(f"cannot connect to {endpoint}: {error}") from error
    socket = WebSocket(reader, writer)
    try:
        async with asyncio.timeout(ANSWER_SECONDS):
            socket.subprotocol = await _handshake(socket, _request(endpoint, target, protocols, user_agent))
    except TimeoutError as error:
        socket.abort()
        raise ConnectionError(f"no answer from {endpoint} within {ANSWER_SECONDS:g} s") from error
    except BaseException:
        socket.abort()
        raise
    if heartbeat_seconds:
        socket.start_heartbeat(heartbeat_seconds)
    return socket


async def _open(endpoint: Endpoint, tls: ssl.SSLContext | None) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    if endpoint.unix_socket:
        return await asyncio.open_unix_connection(endpoint.unix_socket)
    server_name = (endpoint.server_name or endpoint.host) if tls else None
    return await asyncio.open_connection(endpoint.host, endpoint.port, ssl=tls, server_hostname=server_name)


def _request(endpoint: Endpoint, target: str, protocols: Sequence[str], user_agent: str) -> ws.Request:
    headers = [(b"User-Agent", user_agent.encode())]
    if endpoint.token:
        headers.append((b"Authorization", f"Bearer {endpoint.token}".encode()))
    return ws.Request(host=endpoint.authority, target=target, subprotocols=list(protocols), extra_headers=headers)


async def _handshake(socket: WebSocket, request: ws.Request) -> str:
    """Ask for the upgrade and return the chosen subprotocol; a refusal is read to its end and raised."""
    await socket.write(request)
    refusal: ws.RejectConnection | None = None
    body: list[bytes] = []
    async for event in socket.handshake_events():
        match event:
            case ws.AcceptConnection():
                return event.subprotocol or ""
            case ws.RejectConnection():
                refusal = event
            case ws.RejectData():
                body.append(bytes(event.data))
        if refusal and (not refusal.has_body or (isinstance(event, ws.RejectData) and event.body_finished)):
            break
    if refusal is None:
        raise ConnectionError("websocket: connection lost during the handshake")
    raise error_of(refusal.status_code, dict(refusal.headers), b"".join(body))
