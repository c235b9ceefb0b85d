"""Exec and attach: HTTP requests whose connection becomes a two-way stream.

The connection is opened beside the HTTP client's, because standard input must be closable alone (half close), which
HTTP clients do not offer.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import orjson

from bouvier.engine.docker.errors import translate
from bouvier.engine.docker.frames import read_frame
from bouvier.engine.errors import Unreachable
from bouvier.engine.states import Output

LAST_WORDS_SECONDS = 3.0
"""Long enough for a program on a busy host to answer its last line, short enough for somebody who waits for the prompt."""
Resize = Callable[[int, int], Awaitable[None]]
ExitCode = Callable[[], Awaitable[int | None]]


class HijackedSession:
    """Both directions of one exec or attach."""

    def __init__(
        self,
        streams: tuple[asyncio.StreamReader, asyncio.StreamWriter],
        *,
        terminal: bool,
        resize: Resize,
        exit_code: ExitCode,
        keeps_input: bool = False,
    ) -> None:
        self._reader, self._writer = streams
        self._terminal = terminal
        self._resize = resize
        self._exit_code = exit_code
        self._keeps_input = keeps_input
        """Whether the process goes on waiting for input after this client's has ended."""

    async def receive(self) -> Output | None:
        """Return the next output, None at its end."""
        try:
            return await read_frame(self._reader, terminal=self._terminal)
        except ConnectionError:
            return None

    async def send(self, data: bytes) -> None:
        """Write to standard input."""
        try:
            self._writer.write(data)
            await self._writer.drain()
        except OSError:
            return  # the process has ended: its exit code tells more than a broken pipe

    async def close_stdin(self) -> None:
        """End the input: of the process where it takes input once, else of this client alone, whose output ends soon after.

        The engine ends such a client's output at once; what its last input brought about is waited for.
        """
        if self._keeps_input:
            await asyncio.sleep(LAST_WORDS_SECONDS)
        if self._writer.can_write_eof() and not self._writer.is_closing():
            self._writer.write_eof()

    async def resize(self, width: int, height: int) -> None:
        """Set the size of its terminal in characters."""
        await self._resize(width, height)

    async def exit_code(self) -> int | None:
        """Return the exit code of an ended exec."""
        return await self._exit_code()

    async def close(self) -> None:
        """Drop the connection."""
        self._writer.close()


async def open_stream(socket: str, path: str, body: object) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Send the request and return the connection once it is a plain stream.

    Raises:
        EngineError: the engine refused.
    """
    try:
        reader, writer = await asyncio.open_unix_connection(socket)
    except OSError as error:
        raise Unreachable(f"the container engine does not answer on {socket}: {error}") from error
    try:
        writer.write(_request(path, orjson.dumps(body)))
        await _check_answer(reader)
    except BaseException:
        writer.close()
        raise
    return reader, writer


def _request(path: str, body: bytes) -> bytes:
    head = (
        f"POST {path} HTTP/1.1\r\nHost: docker\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


async def _check_answer(reader: asyncio.StreamReader) -> None:
    try:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    except (asyncio.IncompleteReadError, ConnectionError) as error:
        raise Unreachable("the container engine closed the connection") from error
    lines = head.split("\r\n")
    status = int(lines[0].split(" ")[1])
    if status in (101, 200):
        return
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:])}
    raw = await reader.readexactly(int(headers.get("content-length") or 0))
    try:
        message = orjson.loads(raw)["message"]
    except (orjson.JSONDecodeError, KeyError):
        message = raw.decode(errors="replace")
    raise translate(status, message)
