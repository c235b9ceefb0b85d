"""One HTTP/1.1 request and its answer over a pair of streams."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

import httptools

from bouvier.apiserver.proxying.pipe import Streams
from bouvier.meta.errors import ApiError

PIECE_BYTES = 64 * 1024
SWITCHING_PROTOCOLS = 101
_NO_BODY = (204, 304)

Pairs = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Head:
    """The head of an answer."""

    status: int
    headers: list[tuple[str, str]]
    raw: bytes

    def get(self, name: str) -> str:
        """Return a header's value, empty when it is not there."""
        return next((value for key, value in self.headers if key.lower() == name), "")

    def has_body(self, method: str) -> bool:
        """Tell whether a body may follow."""
        return method != "HEAD" and self.status not in _NO_BODY


async def ask(streams: Streams, method: str, path: str, headers: Pairs, body: bytes) -> Head:
    """Send a request and return the head of the answer.

    Raises:
        ApiError: ServiceUnavailable when the connection ends or what comes is not HTTP.

    """
    reader, writer = streams
    lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in headers)]
    writer.write("\r\n".join([*lines, "", ""]).encode("latin-1", "replace") + body)
    try:
        await writer.drain()
        while True:
            head = _parsed(await reader.readuntil(b"\r\n\r\n"))
            if head.status >= 200 or head.status == SWITCHING_PROTOCOLS:
                return head
    except (asyncio.IncompleteReadError, ConnectionError) as error:
        raise _broken("EOF") from error
    except (asyncio.LimitOverrunError, ValueError) as error:
        raise _broken("malformed HTTP response") from error


def _parsed(raw: bytes) -> Head:
    start, *lines = raw.decode("latin-1").split("\r\n")
    version, status, *_ = start.split(" ", 2)
    if not version.startswith("HTTP/1."):
        raise ValueError(start)
    headers = [(name.strip(), value.strip()) for name, _, value in (line.partition(":") for line in lines if line)]
    return Head(int(status), headers, raw)


def _broken(why: str) -> ApiError:
    return ApiError("ServiceUnavailable", f"error trying to reach service: {why}")


class _Body:
    """What the parser found since the last look."""

    def __init__(self) -> None:
        self.pieces: list[bytes] = []
        self.is_complete = False

    def on_body(self, data: bytes) -> None:
        self.pieces.append(data)

    def on_message_complete(self) -> None:
        self.is_complete = True


async def pieces(streams: Streams, head: Head) -> AsyncIterator[bytes]:
    """Yield the body of an answer as it comes.

    Raises:
        ConnectionError: it was cut short.

    """
    found = _Body()
    parser = httptools.HttpResponseParser(found)
    data = head.raw
    is_counted = bool(head.get("content-length") or head.get("transfer-encoding"))
    while True:
        try:
            parser.feed_data(data)
        except httptools.HttpParserError as error:
            raise ConnectionResetError(f"the answer is not HTTP: {error}") from error
        for piece in found.pieces:
            yield piece
        found.pieces.clear()
        if found.is_complete:
            return
        data = await streams[0].read(PIECE_BYTES)
        if not data:
            if is_counted:
                raise ConnectionResetError("the answer was cut short")
            return
