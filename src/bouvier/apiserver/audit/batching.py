"""Lines on their way to a slow place: they wait on the event loop for a moment, and leave together in another thread.

Nothing on the loop ever waits: what does not fit any more is dropped and counted.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import structlog

log = structlog.get_logger(__name__)

Send = Callable[[list[bytes]], Awaitable[None]]


class Batcher:
    """Collects lines and sends them in batches, one batch at a time."""

    def __init__(self, send: Send, *, name: str, wait_seconds: float, batch_lines: int, waiting_bytes: int) -> None:
        self._send = send
        self.name = name
        self._wait_seconds = wait_seconds
        self._batch_lines = batch_lines
        self._waiting_bytes = waiting_bytes
        self._lines: list[bytes] = []
        self._bytes = 0
        self._timer: asyncio.TimerHandle | None = None
        self._task: asyncio.Task[None] | None = None
        self._is_closing = False
        self.dropped = 0
        """Lines that did not fit or could not be sent."""

    def put(self, line: bytes) -> None:
        """Take a line without waiting."""
        if self._bytes + len(line) > self._waiting_bytes:
            self._drop(1, "the backlog is full")
            return
        self._lines.append(line)
        self._bytes += len(line)
        if self._task is None and self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(self._wait_seconds, self._begin)
        elif len(self._lines) == self._batch_lines:
            self._begin()

    def _begin(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._task is None and self._lines:
            self._task = asyncio.create_task(self._work(), name=f"audit-{self.name}")

    async def _work(self) -> None:
        """Send what waits; what comes meanwhile waits for its own moment unless it fills a batch."""
        try:
            while self._lines:
                batch, self._lines = self._lines[: self._batch_lines], self._lines[self._batch_lines :]
                self._bytes -= sum(map(len, batch))
                try:
                    await self._send(batch)
                except OSError as error:
                    self._drop(len(batch), str(error))
                if len(self._lines) < self._batch_lines and not self._is_closing:
                    break
        finally:
            self._task = None
            if self._lines and not self._is_closing and self._timer is None:
                self._timer = asyncio.get_running_loop().call_later(self._wait_seconds, self._begin)

    def _drop(self, count: int, why: str) -> None:
        if not self.dropped:
            log.error("audit events are lost", backend=self.name, why=why)
        self.dropped += count

    async def flush(self) -> None:
        """Wait until everything taken so far is sent or given up."""
        while self._lines or self._task is not None:
            self._begin()
            if self._task is not None:
                await asyncio.wait([self._task])

    async def close(self, seconds: float) -> None:
        """Send what waits, for so long at most."""
        self._is_closing = True
        try:
            async with asyncio.timeout(seconds):
                await self.flush()
        except TimeoutError:
            self._drop(len(self._lines), "the server stopped")
        if self._task is not None:
            self._task.cancel()
