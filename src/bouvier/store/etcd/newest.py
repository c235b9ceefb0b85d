"""Asking how far all writers are, once for many askers."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable


class SharedQuestion:
    """Asks again for whoever comes later than the last question was sent: no answer is older than its asker's call."""

    def __init__(self, ask: Callable[[], Awaitable[int]]) -> None:
        self._ask = ask
        self._waiting: list[asyncio.Future[int]] = []
        self._running: asyncio.Task[None] | None = None

    async def answer(self) -> int:
        """Return what a question answers that is sent after this call; its error is everybody's."""
        asker: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._waiting.append(asker)
        if self._running is None:
            self._running = asyncio.create_task(self._run(), name="etcd-newest")
        return await asker

    async def _run(self) -> None:
        try:
            while self._waiting:
                askers, self._waiting = self._waiting, []
                await self._tell(askers)
        finally:
            self._running = None

    async def _tell(self, askers: list[asyncio.Future[int]]) -> None:
        try:
            answer = await self._ask()
        except Exception as error:  # whatever it is, those who wait must hear of it
            for asker in askers:
                if not asker.done():
                    asker.set_exception(error)
            return
        for asker in askers:
            if not asker.done():
                asker.set_result(answer)
