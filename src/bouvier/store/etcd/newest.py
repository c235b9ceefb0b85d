"""Asking how far all writers are, once for many askers."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable


class SharedQuestion:
    """Asks again for whoever comes later than the last question was sent: no answer is older than its asker's call."""

    def __init__(self, ask: Callable[[], Awaitable[int]]) -> None:
        self._ask = ask
        self._running: asyncio.Task[int] | None = None
        self._next: asyncio.Task[int] | None = None

    async def answer(self) -> int:
        """Return what a question answers that is sent after this call; its error is everybody's."""
        if self._next is None:
            self._next = asyncio.create_task(self._after(self._running))
        return await asyncio.shield(self._next)

    async def _after(self, running: asyncio.Task[int] | None) -> int:
        if running is not None:
            await asyncio.wait([running])
        self._running, self._next = self._next, None
        return await self._ask()
