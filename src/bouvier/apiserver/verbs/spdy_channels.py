"""Exec and attach of clients that speak SPDY/3.1, seen as the channel frames in which hosts speak.

The client opens a stream for errors and one for each of standard input, output, errors and terminal size. In version 4
of the protocol the stream for errors carries the final Status; before it, the message of a failure as text.
Source: https://pkg.go.dev/k8s.io/apimachinery/pkg/util/remotecommand
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping

from bouvier.apiserver.request import ByteStream, Exchange, StreamConnection
from bouvier.meta.errors import ApiError

PROTOCOLS = ("v5.channel.k8s.io", "v4.channel.k8s.io", "v3.channel.k8s.io", "v2.channel.k8s.io", "channel.k8s.io")
"""The last, version 1, is also meant by clients that name none."""
OPEN_SECONDS = 30.0
"""Given to the client for opening its streams, as the original does."""
QUEUED_FRAMES = 16
_STDIN, _STDOUT, _STDERR, _ERROR, _RESIZE, _CLOSE = 0, 1, 2, 3, 4, 255
_OUTPUTS = {_STDOUT: "stdout", _STDERR: "stderr"}
_WITHOUT_RESIZE = PROTOCOLS[3:]
_LOST = ApiError("InternalError", "the connection to the container was lost before the command ended")


def wanted_streams(query: Mapping[str, str], protocol: str) -> set[str]:
    """Return the types of the streams that a client with these parameters opens (pure)."""
    asked = {name for name in ("stdin", "stdout", "stderr", "tty") if query.get(name) in ("true", "1")}
    wanted = {"error", *asked} - {"tty"}
    if "tty" in asked:
        wanted.discard("stderr")
        if protocol not in _WITHOUT_RESIZE:
            wanted.add("resize")
    return wanted


async def accept_channels(exchange: Exchange, query: Mapping[str, str]) -> SpdyChannels:
    """Upgrade the connection and wait for the client's streams.

    Raises:
        ApiError: it is no proper handshake.
        ConnectionError: the client left, or did not open its streams in time.

    """
    connection = await exchange.accept_spdy(PROTOCOLS)
    try:
        async with asyncio.timeout(OPEN_SECONDS):
            streams = await _accept_streams(connection, wanted_streams(query, connection.protocol))
    except TimeoutError as error:
        raise ConnectionResetError("timed out waiting for client to create streams") from error
    return SpdyChannels(connection, streams)


async def _accept_streams(connection: StreamConnection, wanted: set[str]) -> dict[str, ByteStream]:
    streams: dict[str, ByteStream] = {}
    while len(streams) < len(wanted):
        stream = await connection.accept()
        if stream is None:
            raise ConnectionResetError("the client left before it opened its streams")
        name = stream.headers.get("streamtype", "")
        if name in wanted and name not in streams:
            streams[name] = stream
            stream.reply()
        else:
            stream.refuse()
    return streams


class SpdyChannels:
    """The client as a websocket of channel frames."""

    def __init__(self, connection: StreamConnection, streams: dict[str, ByteStream]) -> None:
        self.protocol = connection.protocol
        self._connection = connection
        self._streams = streams
        self._frames: asyncio.Queue[bytes | None] = asyncio.Queue(QUEUED_FRAMES)
        self._has_status = False
        self._tasks = [asyncio.create_task(self._watch(), name="spdy-client")]
        if stdin := streams.get("stdin"):
            self._tasks.append(asyncio.create_task(self._read_input(stdin), name="spdy-stdin"))
        if resize := streams.get("resize"):
            self._tasks.append(asyncio.create_task(self._read_sizes(resize), name="spdy-resize"))

    async def receive(self) -> bytes | None:
        """Return the next frame, None after the client left."""
        return await self._frames.get()

    async def send(self, message: bytes | str) -> None:
        """Send a frame on the stream that its channel stands for.

        Raises:
            ConnectionError: the client has gone.

        """
        if not message or isinstance(message, str):
            return
        channel, data = message[0], message[1:]
        if channel == _ERROR:
            self._has_status = True
            await self._streams["error"].send(final_text(data, self.protocol))
        elif stream := self._streams.get(_OUTPUTS.get(channel, "")):
            await stream.send(data)

    async def close(self, code: int = 1000, reason: str = "") -> None:
        """End the streams; a command whose end is unknown has failed."""
        del code, reason
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        try:
            if not self._has_status:
                await self.send(bytes([_ERROR]) + json.dumps(_LOST.status()).encode())
        except ConnectionError:
            return  # nobody is there to be told
        finally:
            await self._connection.close()

    async def _watch(self) -> None:
        await self._connection.gone()
        await self._frames.put(None)

    async def _read_input(self, stream: ByteStream) -> None:
        try:
            while (data := await stream.receive()) is not None:
                await self._frames.put(bytes([_STDIN]) + data)
        except ConnectionError:
            pass  # given up: the same end for the process
        await self._frames.put(bytes([_CLOSE, _STDIN]))

    async def _read_sizes(self, stream: ByteStream) -> None:
        text = ""
        try:
            while (data := await stream.receive()) is not None:
                sizes, text = split_documents(text + data.decode("latin-1"))
                for size in sizes:
                    await self._frames.put(bytes([_RESIZE]) + size.encode())
        except ConnectionError:
            return


def final_text(status: bytes, protocol: str) -> bytes:
    """Return how the stream for errors tells a final Status (pure)."""
    if protocol in PROTOCOLS[:2]:
        return status
    document = json.loads(status)
    return b"" if document.get("status") == "Success" else str(document.get("message", "")).encode()


def split_documents(text: str) -> tuple[list[str], str]:
    """Return the flat JSON objects at the start of a text, and what is left (pure)."""
    *whole, rest = text.split("}")
    return [part.strip() + "}" for part in whole], rest
