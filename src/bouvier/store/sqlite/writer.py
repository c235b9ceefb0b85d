"""Groups waiting writes into one commit: all that came in one turn of the loop.

On a fast disk the loop itself commits: handing over to a thread and back costs more than the 0.3 ms of a commit, and
under load the thread would wait for the interpreter lock as long as the loop has work. On a slow disk a thread commits,
so that reads go on meanwhile. Changes are published right after the commit, before the writers learn of their success.
"""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

import structlog

from bouvier.store.interface import Change, StoreUnavailableError
from bouvier.store.sqlite.checkpoints import Checkpoints
from bouvier.store.sqlite.commits import BATCH_WRITES, Commits, Outcome, Write

log = structlog.get_logger(__name__)

SLOW_SECONDS = 0.004
"""Commits that take longer on the whole leave the loop: with those of 4 ms at most, a read waits no longer than it does
for 20 other requests."""
SMOOTHING = 1 / 8
"""Weight of the newest commit in the mean: one that was held up by chance sends none away."""
BANISHED_SECONDS = 10.0
"""After this time the loop tries again whether the disk has become fast."""

Job = Callable[[sqlite3.Connection], None]
_T = TypeVar("_T")
Result = tuple[list[Outcome], list[Change]]


class Writer:
    """Commits writes in the order in which they came."""

    def __init__(
        self,
        path: Path,
        db: sqlite3.Connection,
        revision: int,
        current: dict[str, int],
        publish: Callable[[list[Change], int], None],
    ) -> None:
        self._commits = Commits(db, revision, current)
        self._checkpoints = Checkpoints(path, db)
        self._loop = asyncio.get_running_loop()
        self._publish = publish
        self._writes: deque[Write] = deque()
        self._jobs: deque[Job] = deque()
        self._is_planned = False
        self._thread = ThreadPoolExecutor(1, "store-writer")
        self._away: asyncio.Future[None] | None = None
        """Done when the thread gives the connection back; None while the loop has it."""
        self._mean_seconds = 0.0
        self._banished_until = 0.0

    def submit(self, key: str, value: bytes | None, expected: int) -> asyncio.Future[int]:
        """Queue a write; the future gives its revision or raises why it was refused."""
        done: asyncio.Future[int] = self._loop.create_future()
        self._writes.append(Write(key, value, expected, done))
        self._plan()
        return done

    def run_between(self, job: Job) -> None:
        """Run a job on the writing connection between two commits, in a thread."""
        self._jobs.append(job)
        self._plan()

    async def close(self) -> None:
        """Finish what is queued and stop the threads."""
        while self._writes or self._jobs or self._away is not None:
            if self._away is None:
                self._turn()
            else:
                await asyncio.wait([self._away])
        await self._checkpoints.close()
        self._thread.shutdown()

    def _plan(self) -> None:
        if not self._is_planned and self._away is None:
            self._is_planned = True
            self._loop.call_soon(self._turn)

    def _turn(self) -> None:
        """Do the next job or commit, and plan the one after it."""
        self._is_planned = False
        if self._away is not None:
            return
        if self._jobs:
            job = self._jobs.popleft()
            self._send_away(lambda: job(self._commits.db), lambda _: None)
        elif self._writes:
            batch = [self._writes.popleft() for _ in range(min(len(self._writes), BATCH_WRITES))]
            self._begin(batch)
        if self._writes or self._jobs:
            self._plan()

    def _begin(self, batch: list[Write]) -> None:
        now = time.monotonic()
        if now < self._banished_until:
            self._send_away(lambda: self._commit(batch), self._finish)
            return
        self._finish(self._commit(batch))
        self._mean_seconds += (time.monotonic() - now - self._mean_seconds) * SMOOTHING
        if self._mean_seconds > SLOW_SECONDS:
            self._banished_until, self._mean_seconds = time.monotonic() + BANISHED_SECONDS, 0.0

    def _commit(self, batch: list[Write]) -> Result:
        try:
            return self._commits.commit(batch)
        except Exception as error:
            log.exception("the store failed")
            failed = StoreUnavailableError(f"the store could not be written: {error}")
            return [Outcome(write, 0, failed) for write in batch], []

    def _send_away(self, work: Callable[[], _T], then: Callable[[_T], None]) -> None:
        """Let the thread work; the connection is its own until then."""
        away = self._away = self._loop.create_future()

        def back(result: Future[_T]) -> None:
            self._away = None
            away.set_result(None)
            self._plan()
            then(result.result())

        future = self._thread.submit(work)
        future.add_done_callback(lambda done: self._loop.call_soon_threadsafe(back, done))

    def _finish(self, result: Result) -> None:
        outcomes, changes = result
        if changes:
            self._publish(changes, self._commits.revision)
        for write, written, error in outcomes:
            if write.done.done():
                continue
            if error is None:
                write.done.set_result(written)
            else:
                write.done.set_exception(error)
        self._checkpoints.finish()
        self._checkpoints.count(outcomes)
