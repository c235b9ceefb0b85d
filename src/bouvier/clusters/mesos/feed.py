"""One wake-up for several streams of news, each opened again after it ended."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence

Source = Callable[[Callable[[], None]], Awaitable[None]]
"""Follows a stream and calls the function for every piece of news, until the stream ends or fails."""


class Feed:
    """Waits for news of any source."""

    def __init__(self, sources: Sequence[Source]) -> None:
        self._sources = sources
        self._running: dict[int, asyncio.Task[None]] = {}
        self.woken = asyncio.Event()

    async def wait(self) -> None:
        """Return at the next piece of news.

        Raises:
            ConnectionError: a stream ended; the next call opens it again.
        """
        for number, source in enumerate(self._sources):
            if number not in self._running:
                work = asyncio.ensure_future(source(self.woken.set))
                self._running[number] = work
                work.add_done_callback(lambda _: self.woken.set())
        await self.woken.wait()
        self.woken.clear()
        for number, work in list(self._running.items()):
            if work.done():
                del self._running[number]
                failure = work.exception() if not work.cancelled() else None
                raise ConnectionError(f"the stream of events ended: {failure or 'closed by the other side'}")

    async def close(self) -> None:
        """End all streams."""
        for work in self._running.values():
            work.cancel()
        await asyncio.gather(*self._running.values(), return_exceptions=True)
        self._running.clear()
