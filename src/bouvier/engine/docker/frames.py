"""Docker's framing of standard output and error on one stream.

Without a terminal every piece is preceded by eight bytes: the stream (1 output, 2 error), three zeros, and the length
as a big-endian 32-bit number. With a terminal the bytes come as they are.
Source: Docker Engine API, ContainerAttach, "Stream format".
"""

from __future__ import annotations

import asyncio
import struct
from typing import Protocol

from bouvier.engine.states import Output

_HEADER = struct.Struct(">BxxxL")
_PIECE_BYTES = 32 * 1024
_NAMES = {0: "stdout", 1: "stdout", 2: "stderr"}


class Reader(Protocol):
    """The part of a stream reader, asyncio's or aiohttp's, that is needed here."""

    async def read(self, n: int = -1) -> bytes:
        """Read at most `n` bytes; empty at the end."""

    async def readexactly(self, n: int) -> bytes:
        """Read `n` bytes or raise `IncompleteReadError`."""


async def read_frame(reader: Reader, *, terminal: bool) -> Output | None:
    """Return the next piece of output, None at the end of the stream."""
    if terminal:
        data = await reader.read(_PIECE_BYTES)
        return Output("stdout", data) if data else None
    try:
        stream, length = _HEADER.unpack(await reader.readexactly(_HEADER.size))
        return Output(_NAMES.get(stream, "stderr"), await reader.readexactly(length))
    except asyncio.IncompleteReadError:
        return None
