"""SPDY inside binary messages of a websocket, whose borders mean nothing.

Source: KEP-4006, port forwarding over websockets
"""

from __future__ import annotations

import asyncio
from collections import deque
from contextlib import suppress

from bouvier.apiserver.http.spdy.connection import SpdyConnection
from bouvier.apiserver.request import WebSocket

UNSENT_BYTES = 1024 * 1024
"""Bytes that may wait for the websocket before senders wait."""
FLUSH_SECONDS = 1.0
"""Given to the last frames before the websocket closes."""
MESSAGE_BYTES = 64 * 1024
"""Small frames are sent together up to this size."""


class TunnelledConnection(SpdyConnection):
    """A SPDY connection that moves its bytes through a websocket by itself."""

    def __init__(self, socket: WebSocket, protocol: str) -> None:
        self._out = _Outbox(self)
        self._room = asyncio.Event()
        super().__init__(protocol, self._out, self._room.set)
        self._socket = socket
        self._tasks = (
            asyncio.create_task(self._receive(), name="spdy-websocket-in"),
            asyncio.create_task(self._send(), name="spdy-websocket-out"),
        )

    async def close(self) -> None:
        """End every stream, let the client read the rest and leave, then close."""
        try:
            await super().close()
            await asyncio.wait(self._tasks[1:], timeout=FLUSH_SECONDS)
        finally:
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)
            await self._socket.close()

    async def _receive(self) -> None:
        try:
            with suppress(ConnectionError):
                while (message := await self._socket.receive()) is not None:
                    if isinstance(message, bytes) and self.feed(message):
                        self._room.clear()
                        await self._room.wait()
        finally:
            self.lost()
            self._out.close()

    async def _send(self) -> None:
        try:
            with suppress(ConnectionError):
                while message := await self._out.next():
                    await self._socket.send(message)
        finally:
            self.lost()


class _Outbox:
    """The wire: frames that wait for the websocket."""

    def __init__(self, connection: SpdyConnection) -> None:
        self._connection = connection
        self._waiting: deque[bytes] = deque()
        self._bytes = 0
        self._changed = asyncio.Event()
        self._closed = False

    def write(self, data: bytes) -> None:
        self._waiting.append(data)
        self._bytes += len(data)
        self._changed.set()
        if self._bytes > UNSENT_BYTES:
            self._connection.pause_writing()

    def close(self) -> None:
        self._closed = True
        self._changed.set()

    def is_closing(self) -> bool:
        return self._closed

    async def next(self) -> bytes:
        """Return what is to be sent next, nothing after the end."""
        while not self._waiting:
            if self._closed:
                return b""
            self._changed.clear()
            await self._changed.wait()
        parts = [self._waiting.popleft()]
        size = len(parts[0])
        while self._waiting and size + len(self._waiting[0]) <= MESSAGE_BYTES:
            parts.append(self._waiting.popleft())
            size += len(parts[-1])
        self._bytes -= size
        if self._bytes <= UNSENT_BYTES // 2:
            self._connection.resume_writing()
        return b"".join(parts)
