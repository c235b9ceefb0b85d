"""Who writes: all that waits while one transaction is under way goes into the next.

Nothing waits for company: a write that finds nothing under way is sent at the end of the event loop's turn. Two writes of
one key never go together, since etcd takes a key once a transaction; the later one waits for the next.

A transaction whose answer is lost may have happened. It is not sent again: each caller is told that nobody knows, and its
own retry meets the comparison.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from bouvier.store.etcd.connection import CALL_SECONDS, Connection
from bouvier.store.etcd.transactions import MOST_BYTES, MOST_WRITES, Write, outcomes, request_of
from bouvier.store.interface import RevisionMismatchError, ValueTooLargeError


class Writer:
    """Sends writes, one transaction at a time."""

    def __init__(self, connection: Connection, mark: bytes, written: Callable[[int], None]) -> None:
        self._connection = connection
        self._mark = mark
        self._written = written
        """Told the revision of each write that was done, before its caller is."""
        self._waiting: list[Write] = []
        self._running: asyncio.Task[None] | None = None
        self._most_writes = MOST_WRITES

    def submit(self, name: bytes, value: bytes | None, expected: int) -> asyncio.Future[int]:
        """Queue a write; the future gives its revision or raises RevisionMismatchError or why it could not be sent."""
        loop = asyncio.get_running_loop()
        done: asyncio.Future[int] = loop.create_future()
        self._waiting.append(Write(name, value, expected, done, loop.time()))
        if self._running is None:
            self._running = asyncio.create_task(self._run(), name="etcd-writer")
        return done

    async def close(self) -> None:
        """Finish what is queued."""
        if self._running is not None:
            await self._running

    async def _run(self) -> None:
        try:
            while self._waiting:
                batch, self._waiting = choose(self._waiting, self._most_writes)
                if batch:
                    await self._send(batch)
        finally:
            self._running = None

    async def _send(self, batch: list[Write]) -> None:
        try:
            answer = await self._connection.transaction(request_of(batch, self._mark))
            self._tell(batch, outcomes(len(batch), answer))
        except ValueTooLargeError as error:
            if len(batch) == 1:
                _fail(batch, error)
                return
            # This etcd takes less than others do (--max-txn-ops, --max-request-bytes); it has written nothing.
            self._most_writes = half = len(batch) // 2
            await self._send(batch[:half])
            await self._send(batch[half:])
        except Exception as error:  # whatever it is, those who wait must hear of it
            _fail(batch, error)
            self._give_up(error)

    def _give_up(self, error: Exception) -> None:
        """Tell those who have waited for as long as an answer may take, so that nobody waits for one after the other."""
        latest = asyncio.get_running_loop().time() - CALL_SECONDS
        _fail([write for write in self._waiting if write.since < latest], error)
        self._waiting = [write for write in self._waiting if not write.done.done()]

    def _tell(self, batch: list[Write], results: list[int | RevisionMismatchError]) -> None:
        for write, result in zip(batch, results, strict=True):
            if not isinstance(result, int):
                if not write.done.done():
                    write.done.set_exception(result)
                continue
            self._written(result)
            if not write.done.done():
                write.done.set_result(result)


def choose(waiting: list[Write], most_writes: int) -> tuple[list[Write], list[Write]]:
    """Return what goes into one transaction, in the order of arrival, and what stays."""
    chosen: list[Write] = []
    names: set[bytes] = set()
    size = 0
    left: list[Write] = []
    for at, write in enumerate(waiting):
        if write.done.done():
            continue  # its caller is gone, and nothing was sent
        if write.name in names:
            left.append(write)
            continue
        size += len(write.value or b"")
        if chosen and (len(chosen) == most_writes or size > MOST_BYTES):
            return chosen, left + waiting[at:]
        names.add(write.name)
        chosen.append(write)
    return chosen, left


def _fail(batch: list[Write], error: Exception) -> None:
    for write in batch:
        if not write.done.done():
            write.done.set_exception(error)
