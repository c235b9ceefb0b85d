"""Handing changes to watchers inside one process, shared by the back ends that write here."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from bouvier.store.interface import Change


class Feed:
    """Copies each batch of changes to every subscriber's queue."""

    def __init__(self) -> None:
        self._queues: set[asyncio.Queue[list[Change] | None]] = set()
        self._closed = False

    def publish(self, changes: list[Change]) -> None:
        """Queue a batch for every subscriber, in order."""
        for queue in self._queues:
            queue.put_nowait(changes)

    def close(self) -> None:
        """End every subscription after what is queued."""
        self._closed = True
        for queue in self._queues:
            queue.put_nowait(None)

    def subscribe(self) -> Subscription:
        """Start to collect batches from now on."""
        queue: asyncio.Queue[list[Change] | None] = asyncio.Queue()
        self._queues.add(queue)
        if self._closed:
            queue.put_nowait(None)
        return Subscription(self._queues, queue)


class Subscription:
    """One subscriber's queue; closing it stops the collection."""

    def __init__(
        self, queues: set[asyncio.Queue[list[Change] | None]], queue: asyncio.Queue[list[Change] | None]
    ) -> None:
        self._queues = queues
        self._queue = queue

    async def batches(self, prefix: str, after_revision: int) -> AsyncIterator[list[Change]]:
        """Yield the batches behind a revision, reduced to keys with the prefix."""
        try:
            while (batch := await self._queue.get()) is not None:
                chosen = [c for c in batch if c.revision > after_revision and c.key.startswith(prefix)]
                if chosen:
                    yield chosen
        finally:
            self.close()

    def close(self) -> None:
        """Stop collecting."""
        self._queues.discard(self._queue)
