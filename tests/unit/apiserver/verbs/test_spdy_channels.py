"""Exec over SPDY seen as channel frames."""

import asyncio
import json

import pytest

from bouvier.apiserver.http.spdy import frames
from bouvier.apiserver.verbs.spdy_channels import (
    PROTOCOLS,
    SpdyChannels,
    accept_channels,
    final_text,
    split_documents,
    wanted_streams,
)
from tests.support.waiting import until
from tests.unit.apiserver.http.spdy.client import Client

ERROR, STDIN, STDOUT, STDERR = 1, 3, 5, 7
FAILED = json.dumps({"status": "Failure", "message": "exit status 3"}).encode()


class Exchange:
    """Hands out the client's connection."""

    def __init__(self, client: Client) -> None:
        self.client = client

    async def accept_spdy(self, protocols: tuple[str, ...]) -> object:
        assert self.client.server.protocol in protocols
        return self.client.server


async def channels_of(client: Client, **query: str) -> SpdyChannels:
    """Open the streams for error, stdin, stdout and stderr, or the last one as resize."""
    last = "resize" if query.get("tty") == "true" else "stderr"
    for number, name in ((ERROR, "error"), (STDIN, "stdin"), (STDOUT, "stdout"), (STDERR, last)):
        client.send(frames.SynStream(number, {"streamtype": name}))
    asked = {"stdin": "true", "stdout": "true", "stderr": "true"} | query
    return await accept_channels(Exchange(client), asked)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("query", "protocol", "wanted"),
    [
        ({"stdout": "true", "stderr": "1"}, PROTOCOLS[1], {"error", "stdout", "stderr"}),
        ({"stdin": "1", "stdout": "true", "stderr": "true", "tty": "true"}, PROTOCOLS[1], "error stdin stdout resize"),
        ({"stdin": "true", "stdout": "true", "tty": "true"}, PROTOCOLS[3], {"error", "stdin", "stdout"}),
        ({"stdout": "false"}, PROTOCOLS[4], {"error"}),
    ],
)
def test_the_streams_that_are_waited_for(query: dict[str, str], protocol: str, wanted: set[str] | str) -> None:
    """A terminal joins output and errors, and has a size since version 3."""
    assert wanted_streams(query, protocol) == (set(wanted.split()) if isinstance(wanted, str) else wanted)


async def test_input_and_its_end() -> None:
    """Bytes of the stream become frames of channel 0, its end closes the channel."""
    client = Client()
    channels = await channels_of(client)
    client.send(frames.Data(STDIN, b"typed"), frames.Data(STDIN, b"", fin=True))
    assert await channels.receive() == b"\x00typed"
    assert await channels.receive() == b"\xff\x00"
    client.server.lost()
    assert await channels.receive() is None
    await channels.close()


async def test_output_goes_to_its_streams() -> None:
    """Output, errors and the final Status arrive apart, and every stream ends."""
    client = Client()
    channels = await channels_of(client)
    for frame in (b"\x01out", b"\x02err", b"\x03" + FAILED, b"", b"\x09?"):
        await channels.send(frame)
    assert (client.data(STDOUT), client.data(STDERR), client.data(ERROR)) == (b"out", b"err", FAILED)
    closing = asyncio.create_task(channels.close())
    await until(lambda: all(client.finished(number) for number in (ERROR, STDIN, STDOUT, STDERR)))
    client.server.lost()
    await closing


async def test_a_command_whose_end_is_unknown_has_failed() -> None:
    """A host that is lost does not look like success."""
    client = Client()
    channels = await channels_of(client)
    closing = asyncio.create_task(channels.close())
    await until(lambda: client.finished(ERROR))
    client.server.lost()
    await closing
    assert json.loads(client.data(ERROR))["status"] == "Failure"


async def test_sizes_of_the_terminal() -> None:
    """Sizes are passed on one a frame, however they arrive."""
    client = Client()
    channels = await channels_of(client, tty="true")
    for piece in (b'{"Width":80,"Hei', b'ght":24}\n{"Width":9', b'1,"Height":17}\n'):
        client.send(frames.Data(STDERR, piece))
    assert [await channels.receive() for _ in range(2)] == [
        b'\x04{"Width":80,"Height":24}',
        b'\x04{"Width":91,"Height":17}',
    ]
    client.server.lost()
    await channels.close()


async def test_streams_that_are_not_wanted() -> None:
    """A stream of another type, or a second one of the same, is refused."""
    client = Client()
    for number, name in ((1, "error"), (3, "error"), (5, "video"), (7, "stdout")):
        client.send(frames.SynStream(number, {"streamtype": name}))
    channels = await accept_channels(Exchange(client), {"stdout": "true"})  # type: ignore[arg-type]
    refused = frames.REFUSED_STREAM
    assert client.received == [
        frames.SynReply(1),
        frames.RstStream(3, refused),
        frames.RstStream(5, refused),
        frames.SynReply(7),
    ]
    client.server.lost()
    await channels.close()


async def test_a_client_that_leaves_too_early() -> None:
    """Nothing waits for streams that will not come."""
    client = Client()
    client.server.lost()
    with pytest.raises(ConnectionError):
        await accept_channels(Exchange(client), {"stdout": "true"})  # type: ignore[arg-type]


def test_the_final_status_in_older_versions() -> None:
    """Before version 4 only failures are told, as text."""
    assert final_text(FAILED, PROTOCOLS[1]) == FAILED
    assert final_text(FAILED, PROTOCOLS[2]) == b"exit status 3"
    assert final_text(b'{"status": "Success"}', PROTOCOLS[2]) == b""


def test_split_documents() -> None:
    """What is not complete is left for later."""
    assert split_documents('{"a":1}\n{"b":2} {"c"') == (['{"a":1}', '{"b":2}'], ' {"c"')
    assert split_documents("") == ([], "")
