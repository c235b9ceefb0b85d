"""One stream that the client has opened."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Protocol

from bouvier.apiserver.http.spdy import frames


class Owner(Protocol):
    """The connection as a stream sees it."""

    def transmit(self, frame: frames.Frame) -> None:
        """Queue a frame."""

    async def writable(self) -> None:
        """Wait while the client is slow."""

    def taken(self, size: int) -> None:
        """Note that so many received bytes were read."""

    def forget(self, stream: SpdyStream) -> None:
        """Drop a stream whose both directions have ended."""


class SpdyStream:
    """Bytes both ways, each direction ending by itself; made by the connection."""

    def __init__(self, owner: Owner, opened: frames.SynStream) -> None:
        self.identifier = opened.stream
        self.headers = opened.headers
        self._owner = owner
        self._received: deque[bytes] = deque()
        self._changed = asyncio.Event()
        self._peer_finished = opened.fin
        self._finished = opened.unidirectional
        self._is_reset = False

    # ---- for the server

    def reply(self) -> None:
        """Accept the stream; the client waits for it before it sends."""
        self._owner.transmit(frames.SynReply(self.identifier))

    def refuse(self) -> None:
        """Refuse the stream instead of accepting it."""
        if not self._is_reset:
            self._owner.transmit(frames.RstStream(self.identifier, frames.REFUSED_STREAM))
            self.take_reset()
            self._owner.forget(self)

    async def receive(self) -> bytes | None:
        """Return what came next, None after the client's last byte.

        Raises:
            ConnectionError: the client gave the stream up.

        """
        while not self._received:
            if self._is_reset:
                raise ConnectionResetError("the stream was reset")
            if self._peer_finished:
                return None
            await self._change()
        data = self._received.popleft()
        self._owner.taken(len(data))
        return data

    async def send(self, data: bytes) -> None:
        """Send bytes, waiting while the client is slow.

        Raises:
            ConnectionError: the client gave the stream up, or has gone.

        """
        await self._owner.writable()
        if self._is_reset or self._finished:
            raise ConnectionResetError("the stream has ended")
        if data:
            self._owner.transmit(frames.Data(self.identifier, data))

    def finish(self) -> None:
        """Tell the client that nothing more comes; it may go on sending."""
        if self._is_reset or self._finished:
            return
        self._finished = True
        self._owner.transmit(frames.Data(self.identifier, b"", fin=True))
        self._forget_ended()

    async def given_up(self) -> None:
        """Wait until the client gave the stream up or has left; nobody may receive meanwhile."""
        while not self._is_reset:
            await self._change()

    async def _change(self) -> None:
        self._changed.clear()
        await self._changed.wait()

    # ---- for the connection

    @property
    def unread_bytes(self) -> int:
        """Bytes that came and were not read."""
        return sum(map(len, self._received))

    def take(self, data: bytes, *, fin: bool) -> bool:
        """Keep what came for the reader; tell whether it was kept."""
        keep = bool(data) and not self._peer_finished
        if keep:
            self._received.append(data)
        self._peer_finished |= fin
        self._changed.set()
        if fin:
            self._forget_ended()
        return keep

    def take_reset(self) -> None:
        """Note that the stream is no more; what was not read is dropped."""
        self._is_reset = True
        self._owner.taken(self.unread_bytes)
        self._received.clear()
        self._changed.set()

    def _forget_ended(self) -> None:
        if self._finished and self._peer_finished:
            self._owner.forget(self)
