"""The server's side of a websocket, framed by wsproto. Source: RFC 6455."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import hashlib
from collections.abc import Callable

from wsproto import ConnectionType
from wsproto import events as ws
from wsproto.connection import Connection
from wsproto.frame_protocol import CloseReason
from wsproto.utilities import LocalProtocolError, RemoteProtocolError

from bouvier.apiserver.headers import Headers
from bouvier.meta.errors import ApiError

MESSAGE_BYTES = 4 * 1024 * 1024
QUEUED_MESSAGES = 64
"""Messages that may wait for the reader before the peer is made to wait."""
CLOSE_SECONDS = 2.0
_MARK = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


def accept(headers: Headers, protocols: tuple[str, ...]) -> tuple[str, dict[str, str]]:
    """Return the first of `protocols` that a client's handshake offers, and the headers that accept it.

    Raises:
        ApiError: BadRequest when it is no proper handshake.
    """
    key = headers.get("sec-websocket-key")
    if headers.get("upgrade").lower() != "websocket" or not key:
        raise ApiError("BadRequest", "a websocket handshake was expected")
    offered = [p.strip() for line in headers.getall("sec-websocket-protocol") for p in line.split(",")]
    chosen = next((p for p in protocols if p in offered), "")
    if protocols and offered and not chosen:
        raise ApiError("BadRequest", f"none of the offered websocket protocols is spoken here: {', '.join(protocols)}")
    proof = base64.b64encode(hashlib.sha1(key.encode() + _MARK, usedforsecurity=False).digest()).decode()
    answer = {"Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Accept": proof}
    return chosen, answer | ({"Sec-WebSocket-Protocol": chosen} if chosen else {})


class ServerWebSocket:
    """An accepted websocket; made by the connection, which feeds it what arrives."""

    def __init__(self, transport: asyncio.Transport, protocol: str, resume: Callable[[], None]) -> None:
        self.protocol = protocol
        self._transport = transport
        self._resume = resume
        self._framing = Connection(ConnectionType.SERVER)
        self._messages: asyncio.Queue[bytes | str | None] = asyncio.Queue()
        self._partial: list[bytes | str] = []
        self._size = 0
        self._writable = asyncio.Event()
        self._writable.set()
        self._closed = False

    def feed(self, data: bytes) -> bool:
        """Take bytes from the peer; tell whether reading should pause."""
        try:
            self._framing.receive_data(data)
            for event in self._framing.events():
                self._take(event)
        except (RemoteProtocolError, LocalProtocolError):
            self._end()
        return self._messages.qsize() > QUEUED_MESSAGES

    def _take(self, event: ws.Event) -> None:
        if isinstance(event, (ws.BytesMessage, ws.TextMessage)):
            part = bytes(event.data) if isinstance(event, ws.BytesMessage) else event.data
            self._partial.append(part)
            self._size += len(part)
            if self._size > MESSAGE_BYTES:
                self._write(ws.CloseConnection(code=CloseReason.MESSAGE_TOO_BIG))
                self._end()
            elif event.message_finished:
                whole = b"" if isinstance(part, bytes) else ""
                self._messages.put_nowait(whole.join(self._partial))  # type: ignore[arg-type]
                self._partial, self._size = [], 0
        elif isinstance(event, ws.Ping):
            self._write(event.response())
        elif isinstance(event, ws.CloseConnection):
            with contextlib.suppress(LocalProtocolError):
                self._write(event.response())
            self._end()

    def _write(self, event: ws.Event) -> None:
        if not self._transport.is_closing():
            self._transport.write(self._framing.send(event))

    def lost(self) -> None:
        """Note that the connection is gone."""
        self._closed = True
        self._writable.set()
        self._messages.put_nowait(None)

    def pause_writing(self) -> None:
        """Make senders wait."""
        self._writable.clear()

    def resume_writing(self) -> None:
        """Let senders go on."""
        self._writable.set()

    def _end(self) -> None:
        self._closed = True
        self._messages.put_nowait(None)
        self._transport.close()

    async def receive(self) -> bytes | str | None:
        """Return the next message, None after the peer closed."""
        if self._closed and self._messages.empty():
            return None
        message = await self._messages.get()
        if self._messages.qsize() <= QUEUED_MESSAGES // 2:
            self._resume()
        return message

    async def send(self, message: bytes | str) -> None:
        """Send one message, waiting while the peer is slow.

        Raises:
            ConnectionError: the peer has gone.

        """
        await self._writable.wait()
        if self._closed or self._transport.is_closing():
            raise ConnectionResetError("the websocket is closed")
        event = ws.TextMessage(data=message) if isinstance(message, str) else ws.BytesMessage(data=message)
        self._write(event)

    def ping(self) -> None:
        """Send a ping, so that the way stays open and a dead peer is noticed."""
        if not self._closed:
            self._write(ws.Ping())

    async def close(self, code: int = 1000, reason: str = "") -> None:
        """Close with a code and wait a moment for the peer to answer."""
        if self._closed:
            return
        with contextlib.suppress(LocalProtocolError):
            self._write(ws.CloseConnection(code=code, reason=reason[:120]))
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(CLOSE_SECONDS):
                while await self._messages.get() is not None:
                    pass
        self._closed = True
        self._transport.close()
