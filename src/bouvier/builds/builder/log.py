"""The log of a Build: a file that one task writes and any number of readers follow."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import BinaryIO

SNIPPET_LINES, SNIPPET_BYTES = 5, 1024
"""What of the log's end a failed Build carries in its status, as OpenShift's."""
PIECE_BYTES = 64 * 1024


class BuildLog:
    """One open log; every write is one piece for the readers."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._file: BinaryIO = path.open("ab")
        self._tail = ""
        self._news = asyncio.Event()
        self.is_closed = False

    def write(self, text: str) -> None:
        """Append text as it is."""
        self._file.write(text.encode())
        self._file.flush()
        self._tail = (self._tail + text)[-SNIPPET_BYTES:]
        self._wake()

    def line(self, text: str) -> None:
        """Append a line."""
        self.write(text.rstrip("\n") + "\n")

    def snippet(self) -> str:
        """Return the last lines."""
        return "\n".join(self._tail.strip().splitlines()[-SNIPPET_LINES:])

    def close(self) -> None:
        """End the log: followers read the rest and leave."""
        self.is_closed = True
        self._file.close()
        self._wake()

    def _wake(self) -> None:
        news, self._news = self._news, asyncio.Event()
        news.set()

    async def changed(self) -> None:
        """Wait for the next write."""
        await self._news.wait()


async def read_log(path: Path, live: BuildLog | None) -> AsyncIterator[bytes]:
    """Yield a log piece by piece; while `live` is written, go on with what is added."""
    with path.open("rb") as file:
        while True:
            news = asyncio.ensure_future(live.changed()) if live is not None else None
            is_last = live is None or live.is_closed
            try:
                while piece := file.read(PIECE_BYTES):
                    yield piece
                if is_last or news is None:
                    return
                await news
            finally:
                if news is not None:
                    news.cancel()


def last_lines(data: bytes, count: int) -> bytes:
    """Return the last lines of a text."""
    lines = data.splitlines(keepends=True)
    return b"".join(lines[-count:] if count else [])
