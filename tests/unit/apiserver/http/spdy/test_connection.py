"""Streams of a connection, without a network."""

import asyncio

import pytest

from bouvier.apiserver.http.spdy import connection as module
from bouvier.apiserver.http.spdy import frames
from bouvier.apiserver.http.spdy.stream import SpdyStream
from tests.unit.apiserver.http.spdy.client import Client


async def opened(client: Client, number: int = 1, **headers: str) -> SpdyStream:
    client.send(frames.SynStream(number, headers))
    stream = await client.server.accept()
    assert stream is not None
    return stream


async def test_a_stream_carries_bytes_both_ways() -> None:
    """A stream is answered, and each direction ends by itself."""
    client = Client()
    stream = await opened(client, port="80")
    stream.reply()
    assert client.received == [frames.SynReply(1)]
    assert stream.headers == {"port": "80"}

    client.send(frames.Data(1, b"ab"), frames.Data(1, b"c", fin=True))
    assert [await stream.receive() for _ in range(3)] == [b"ab", b"c", None]
    await stream.send(b"late answer")
    stream.finish()
    assert client.data(1) == b"late answer"
    assert client.finished(1)


async def test_a_stream_that_is_given_up() -> None:
    """After a reset nothing is received or sent any more."""
    client = Client()
    stream = await opened(client)
    waiting = asyncio.create_task(stream.receive())
    await asyncio.sleep(0)
    client.send(frames.RstStream(1, frames.CANCEL))
    with pytest.raises(ConnectionError):
        await waiting
    with pytest.raises(ConnectionError):
        await stream.send(b"x")
    await stream.given_up()


async def test_a_refused_stream() -> None:
    """A refusal is told as such and the stream is no more."""
    client = Client()
    stream = await opened(client)
    stream.refuse()
    assert client.received == [frames.RstStream(1, frames.REFUSED_STREAM)]
    client.send(frames.Data(1, b"ignored"))


async def test_pings_are_answered_and_sent() -> None:
    """The client's pings come back; the server's have even numbers, and their answers are not answered."""
    client = Client()
    client.send(frames.Ping(1))
    client.server.ping()
    client.send(frames.Ping(2))
    assert client.received == [frames.Ping(1), frames.Ping(2)]


async def test_numbers_of_streams_go_up() -> None:
    """Even and repeated numbers are refused, and the connection goes on."""
    client = Client()
    await opened(client, 5)
    client.send(frames.SynStream(3), frames.SynStream(8), frames.SynStream(5))
    reason = frames.PROTOCOL_ERROR
    assert client.received == [frames.RstStream(3, reason), frames.RstStream(8, reason), frames.RstStream(5, reason)]
    await opened(client, 7)


async def test_too_many_streams(monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond the limit streams are refused; ended ones make room."""
    monkeypatch.setattr(module, "MAX_STREAMS", 2)
    client = Client()
    first = await opened(client, 1)
    await opened(client, 3)
    client.send(frames.SynStream(5))
    assert client.received == [frames.RstStream(5, frames.REFUSED_STREAM)]
    first.finish()
    client.send(frames.Data(1, b"", fin=True))
    await opened(client, 7)


async def test_a_client_that_sends_faster_than_it_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """Reading pauses above a bound and goes on when half of it was taken."""
    monkeypatch.setattr(module, "UNREAD_BYTES", 10)
    client = Client()
    stream = await opened(client)
    assert not client.send(frames.Data(1, b"123456"))
    assert client.send(frames.Data(1, b"7890x"))
    await stream.receive()
    assert client.resumed == 1


async def test_dropped_data_makes_room(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a given up stream did not read counts no longer."""
    monkeypatch.setattr(module, "UNREAD_BYTES", 10)
    client = Client()
    await opened(client)
    assert client.send(frames.Data(1, b"x" * 11))
    client.send(frames.RstStream(1, frames.CANCEL))
    assert client.resumed == 1


async def test_a_slow_client_makes_senders_wait() -> None:
    """While the wire is full nothing more is written to it."""
    client = Client()
    stream = await opened(client)
    client.server.pause_writing()
    sending = asyncio.create_task(stream.send(b"x"))
    await asyncio.sleep(0)
    assert not sending.done()
    client.server.resume_writing()
    await sending
    assert client.data(1) == b"x"


async def test_a_client_that_leaves() -> None:
    """Everybody who waits for something is woken."""
    client = Client()
    stream = await opened(client)
    waiting = asyncio.create_task(stream.receive())
    await asyncio.sleep(0)
    client.server.lost()
    with pytest.raises(ConnectionError):
        await waiting
    assert await client.server.accept() is None
    await client.server.gone()
    with pytest.raises(ConnectionError):
        await stream.send(b"x")


async def test_closing_waits_for_the_client() -> None:
    """Streams end first; the connection stays until the client has read the rest and leaves."""
    client = Client()
    await opened(client)
    closing = asyncio.create_task(client.server.close())
    await asyncio.sleep(0)
    assert client.finished(1)
    assert not client.closed
    client.server.lost()
    await closing
    assert client.closed


async def test_a_client_that_does_not_leave(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is told that the connection ends."""
    monkeypatch.setattr(module, "LEAVE_SECONDS", 0.0)
    client = Client()
    await client.server.close()
    assert client.received == [frames.GoAway(0)]
    assert client.closed


async def test_nonsense_ends_the_connection() -> None:
    """What is no frame is answered with a protocol error."""
    client = Client()
    client.server.feed(b"\xff" * 20)
    assert client.received[-1:] == [frames.GoAway(0, frames.GOAWAY_PROTOCOL_ERROR)]
    assert client.closed
    await client.server.gone()


async def test_frames_without_meaning_here() -> None:
    """Settings, windows, further headers and frames of unknown streams are ignored."""
    client = Client()
    stream = await opened(client)
    client.send(
        frames.Settings(((0, 7, 65536),)),
        frames.WindowUpdate(1, 1000),
        frames.MoreHeaders(1, {"a": "b"}),
        frames.Data(99, b"x"),
        frames.RstStream(99, 1),
        frames.Data(1, b"still here"),
    )
    assert await stream.receive() == b"still here"
    assert client.received == []
