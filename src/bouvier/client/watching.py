"""The body of a watch: one JSON object a line."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any, NamedTuple

import orjson

from bouvier.meta.errors import ApiError
from bouvier.meta.objects import Obj


class WatchEvent(NamedTuple):
    """One change."""

    type: str
    """`ADDED`, `MODIFIED`, `DELETED` or `BOOKMARK` (of whose object only the resourceVersion counts)."""
    object: Obj


Batch = list[WatchEvent]
"""Events that arrived together, in order."""


async def events(chunks: AsyncIterator[bytes]) -> AsyncIterator[Batch]:
    """Yield the events of a watch's body, as many together as arrived together.

    Raises:
        ApiError: the server sent an ERROR event (`Expired` when the resourceVersion is too old).
        ConnectionError: the connection broke, or a line is not an event.
    """
    async for block in _blocks(chunks):
        found: Batch = []
        for line in block.split(b"\n"):
            if not line:
                continue
            event = _event(line)
            if event.type == "ERROR":
                if found:
                    yield found
                raise ApiError.from_status(event.object)
            found.append(event)
        yield found


async def _blocks(chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Yield whole lines, several together; joins a long line's chunks once, at its end."""
    pieces: list[bytes] = []
    async for chunk in chunks:
        end = chunk.rfind(b"\n")
        if end < 0:
            pieces.append(chunk)
            continue
        yield b"".join([*pieces, chunk[:end]]) if pieces else chunk[:end]
        pieces = [chunk[end + 1 :]] if end + 1 < len(chunk) else []


def _event(line: bytes) -> WatchEvent:
    try:
        event: dict[str, Any] = orjson.loads(line)
        return WatchEvent(event["type"], event["object"])
    except (orjson.JSONDecodeError, KeyError, TypeError) as error:
        raise ConnectionError(f"not a watch event: {line[:200]!r}") from error
