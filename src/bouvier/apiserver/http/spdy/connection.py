"""The server's side of a SPDY connection, on whatever carries its bytes.

Windows are neither kept nor granted: the clients of Kubernetes send and take without them, and slow readers are felt
through the connection itself. One slow stream therefore holds up the others once `UNREAD_BYTES` wait.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Protocol

from bouvier.apiserver.http.spdy import frames
from bouvier.apiserver.http.spdy.frames import SpdyError
from bouvier.apiserver.http.spdy.reader import FrameReader
from bouvier.apiserver.http.spdy.stream import SpdyStream
from bouvier.apiserver.http.spdy.writer import FrameWriter

UNREAD_BYTES = 4 * 1024 * 1024
"""Received bytes that may wait for their readers before the client is made to wait."""
MAX_STREAMS = 1024
"""Open at a time; a forwarded connection takes two."""
LEAVE_SECONDS = 5.0
"""Given to the client to read the rest and close; a connection that is closed earlier can cost it the last output."""


class Wire(Protocol):
    """What carries the bytes; the transport of a connection is one."""

    def write(self, data: bytes) -> None:
        """Queue bytes."""

    def close(self) -> None:
        """Close when what is queued was sent."""

    def is_closing(self) -> bool:
        """Tell whether nothing can be sent any more."""


class SpdyConnection:
    """Streams that a client opens; its owner feeds it what arrives."""

    def __init__(self, protocol: str, wire: Wire, resume: Callable[[], None]) -> None:
        self.protocol = protocol
        self._wire = wire
        self._resume = resume
        self._reader = FrameReader()
        self._writer = FrameWriter()
        self._streams: dict[int, SpdyStream] = {}
        self._last_stream = 0
        self._last_ping = 0
        self._opened: asyncio.Queue[SpdyStream | None] = asyncio.Queue()
        self._writable = asyncio.Event()
        self._writable.set()
        self._gone = asyncio.Event()
        self._unread = 0

    # ---- for the server

    async def accept(self) -> SpdyStream | None:
        """Return the next stream that the client opens, None when there will be none; answer it with `reply`."""
        return await self._opened.get()

    async def gone(self) -> None:
        """Wait until the client has left."""
        await self._gone.wait()

    async def close(self) -> None:
        """End every stream, let the client read the rest and leave, then close."""
        for stream in list(self._streams.values()):
            stream.finish()
        try:
            async with asyncio.timeout(LEAVE_SECONDS):
                await self._gone.wait()
        except TimeoutError:
            self.transmit(frames.GoAway(self._last_stream))
        finally:
            self.lost()
            self._wire.close()

    # ---- for streams

    def transmit(self, frame: frames.Frame) -> None:
        """Queue a frame."""
        if not self._gone.is_set() and not self._wire.is_closing():
            self._wire.write(self._writer.encode(frame))

    async def writable(self) -> None:
        """Wait while the client is slow.

        Raises:
            ConnectionError: it has gone.

        """
        await self._writable.wait()
        if self._gone.is_set() or self._wire.is_closing():
            raise ConnectionResetError("the client has gone")

    def taken(self, size: int) -> None:
        """Note that so many received bytes were read."""
        self._unread -= size
        if self._unread <= UNREAD_BYTES // 2:
            self._resume()

    def forget(self, stream: SpdyStream) -> None:
        """Drop a stream whose both directions have ended."""
        self._streams.pop(stream.identifier, None)

    # ---- for the owner

    def feed(self, data: bytes) -> bool:
        """Take bytes from the client; tell whether reading should pause."""
        if self._gone.is_set():
            return False
        try:
            for frame in self._reader.feed(data):
                self._take(frame)
        except SpdyError:
            self.transmit(frames.GoAway(self._last_stream, frames.GOAWAY_PROTOCOL_ERROR))
            self.lost()
            self._wire.close()
        return self._unread > UNREAD_BYTES

    def lost(self) -> None:
        """Note that the client has left."""
        if self._gone.is_set():
            return
        self._gone.set()
        self._writable.set()
        self._opened.put_nowait(None)
        for stream in list(self._streams.values()):
            stream.take_reset()
        self._streams.clear()

    def pause_writing(self) -> None:
        """Make senders wait."""
        self._writable.clear()

    def resume_writing(self) -> None:
        """Let senders go on."""
        self._writable.set()

    def ping(self) -> None:
        """Send a ping, so that the way stays open and a dead client is noticed."""
        self._last_ping = self._last_ping % (frames.MAX_STREAM - 1) + 2
        self.transmit(frames.Ping(self._last_ping))

    # ---- frames

    def _take(self, frame: frames.Frame) -> None:
        match frame:
            case frames.Data(number, data, fin):
                self._take_data(number, data, fin=fin)
            case frames.SynStream():
                self._open(frame)
            case frames.RstStream(number, _):
                if stream := self._streams.pop(number, None):
                    stream.take_reset()
            case frames.Ping(number):
                if number % 2:
                    self.transmit(frame)
            case frames.GoAway():
                self._opened.put_nowait(None)
            case _:
                pass  # settings, windows and further headers change nothing here

    def _take_data(self, number: int, data: bytes, *, fin: bool) -> None:
        stream = self._streams.get(number)
        if stream is not None and stream.take(data, fin=fin):
            self._unread += len(data)

    def _open(self, frame: frames.SynStream) -> None:
        if not frame.stream % 2 or frame.stream <= self._last_stream:
            self.transmit(frames.RstStream(frame.stream or 1, frames.PROTOCOL_ERROR))
            return
        self._last_stream = frame.stream
        if len(self._streams) >= MAX_STREAMS:
            self.transmit(frames.RstStream(frame.stream, frames.REFUSED_STREAM))
            return
        stream = self._streams[frame.stream] = SpdyStream(self, frame)
        self._opened.put_nowait(stream)
