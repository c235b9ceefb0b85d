"""Carrying the write-ahead log over into the file, beside the writes.

A commit that did it would hold up everybody for some 50 ms. Here a thread with a connection of its own carries over
what was there when it began; the little that was written meanwhile follows between two commits, and the next write
begins the log anew.
"""

from __future__ import annotations

import asyncio
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from pathlib import Path

from bouvier.store.sqlite.commits import Outcome
from bouvier.store.sqlite.schema import PAGE_BYTES, open_file

CHECKPOINT_PAGES = 4000
"""32 MiB of log between checkpoints: fewer than that write the same pages too often for no gain in recovery time."""
PAGES_OF_A_COMMIT = 3
"""The inner pages of the tree and its two indexes."""
_CHECKPOINT = "PRAGMA wal_checkpoint(PASSIVE)"


class Checkpoints:
    """Counts what was written, and carries it over in time."""

    def __init__(self, path: Path, db: sqlite3.Connection) -> None:
        self._path = path
        self._db = db
        self._loop = asyncio.get_running_loop()
        self._thread = ThreadPoolExecutor(1, "store-checkpoint")
        self._pages = 0.0
        """About how many pages the log has grown by."""
        self._running: asyncio.Future[None] | None = None

    def count(self, outcomes: list[Outcome]) -> None:
        """Note a commit, and begin a checkpoint when it is time."""
        self._pages += PAGES_OF_A_COMMIT + sum(1 + len(one.write.value or b"") / PAGE_BYTES for one in outcomes)
        if self._pages >= CHECKPOINT_PAGES and self._running is None:
            self._pages = 0.0
            self._running = self._loop.run_in_executor(self._thread, self._carry)

    def _carry(self) -> None:
        with closing(open_file(self._path, "rw")) as db:
            db.execute(_CHECKPOINT).fetchone()

    def finish(self) -> None:
        """Carry over the rest, between two commits, if the thread is done."""
        running = self._running
        if running is None or not running.done():
            return
        self._running = None
        # If either fails the next one tries again; until then the log is only longer.
        if running.exception() is None:
            with suppress(sqlite3.Error):
                self._db.execute(_CHECKPOINT).fetchone()

    async def close(self) -> None:
        """Wait for a checkpoint that is under way."""
        if self._running is not None:
            await asyncio.wait([self._running])
        self._thread.shutdown()
