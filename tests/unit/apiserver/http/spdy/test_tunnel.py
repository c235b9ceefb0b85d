"""SPDY inside a websocket's messages."""

import asyncio

import pytest

from bouvier.apiserver.http.spdy import connection as connection_module
from bouvier.apiserver.http.spdy import frames, tunnel
from bouvier.apiserver.http.spdy.reader import FrameReader
from bouvier.apiserver.http.spdy.stream import SpdyStream
from bouvier.apiserver.http.spdy.tunnel import TunnelledConnection
from bouvier.apiserver.http.spdy.writer import FrameWriter
from tests.support.waiting import until


class Socket:
    """A websocket whose other end is the test."""

    protocol = "SPDY/3.1+portforward.k8s.io"

    def __init__(self) -> None:
        self.inbox: asyncio.Queue[bytes | str | None] = asyncio.Queue()
        self.messages: list[bytes] = []
        self.open = asyncio.Event()
        self.open.set()
        self.closed = False

    async def receive(self) -> bytes | str | None:
        return await self.inbox.get()

    async def send(self, message: bytes | str) -> None:
        await self.open.wait()
        assert isinstance(message, bytes)
        self.messages.append(message)

    async def close(self, code: int = 1000, reason: str = "") -> None:
        self.closed = True

    def frames(self) -> list[frames.Frame]:
        return list(FrameReader().feed(b"".join(self.messages)))


async def everything_of(stream: SpdyStream) -> bytes:
    data = b""
    while (piece := await stream.receive()) is not None:
        data += piece
    return data


async def test_borders_of_messages_mean_nothing() -> None:
    """A frame may be spread over messages, and a message may hold several."""
    socket, writer = Socket(), FrameWriter()
    connection = TunnelledConnection(socket, "portforward.k8s.io")
    wire = writer.encode(frames.SynStream(1, {"port": "80"})) + writer.encode(frames.Data(1, b"hello", fin=True))
    for start in range(0, len(wire), 7):
        socket.inbox.put_nowait(wire[start : start + 7])
    stream = await connection.accept()
    assert stream is not None
    stream.reply()
    assert await everything_of(stream) == b"hello"
    stream.finish()
    await until(lambda: socket.frames() == [frames.SynReply(1), frames.Data(1, b"", fin=True)])
    socket.inbox.put_nowait(None)
    await connection.close()
    assert socket.closed


async def test_a_slow_websocket_makes_senders_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    """No more than a bound waits for a client that does not read."""
    monkeypatch.setattr(tunnel, "UNSENT_BYTES", 100)
    socket = Socket()
    socket.open.clear()
    connection = TunnelledConnection(socket, "portforward.k8s.io")
    socket.inbox.put_nowait(FrameWriter().encode(frames.SynStream(1)))
    stream = await connection.accept()
    assert stream is not None
    sent = 0

    async def send_much() -> None:
        nonlocal sent
        for _ in range(20):
            await stream.send(b"x" * 50)
            sent += 1

    sending = asyncio.create_task(send_much())
    await until(lambda: sent >= 2)
    await asyncio.sleep(0)
    assert sent < 20
    socket.open.set()
    await sending
    socket.inbox.put_nowait(None)
    await connection.close()


async def test_a_client_that_is_not_read_is_made_to_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    """Messages stay in the websocket while too much is unread."""
    monkeypatch.setattr(connection_module, "UNREAD_BYTES", 10)
    socket, writer = Socket(), FrameWriter()
    connection = TunnelledConnection(socket, "portforward.k8s.io")
    socket.inbox.put_nowait(writer.encode(frames.SynStream(1)))
    for _ in range(3):
        socket.inbox.put_nowait(writer.encode(frames.Data(1, b"x" * 11)))
    stream = await connection.accept()
    assert stream is not None
    await until(lambda: socket.inbox.qsize() == 2)
    for _ in range(3):
        assert await stream.receive() == b"x" * 11
    socket.inbox.put_nowait(None)
    await connection.close()


async def test_a_protocol_error_is_told() -> None:
    """The last frame is sent before the websocket closes."""
    socket = Socket()
    connection = TunnelledConnection(socket, "portforward.k8s.io")
    socket.inbox.put_nowait(b"\xff" * 20)
    await connection.gone()
    await connection.close()
    assert socket.frames() == [frames.GoAway(0, frames.GOAWAY_PROTOCOL_ERROR)]
    assert socket.closed
