"""The one thread that writes: it groups waiting writes into one transaction each time it is free.

Compare-and-swap is decided against a map of current revisions before the transaction; the map is advanced
only after the commit, so a failed commit leaves nothing to undo. Changes are published on the event loop
right after the commit, before the writers learn of their success.
"""

from __future__ import annotations

import asyncio
import queue
import sqlite3
import threading
from collections.abc import Callable, Sequence
from typing import NamedTuple

from bouvier.store.interface import Change, KeyExistsError, RevisionMismatchError, StoreUnavailableError

STATEMENT_ROWS = (64, 16, 4, 1)
"""Rows of one INSERT: few sizes, so that the connection's cache keeps all statements compiled."""

BATCH_WRITES = 512
"""Writes a transaction at most: at 64 writers the batches stay near 64; the bound keeps p99 near 5 ms."""


class Write(NamedTuple):
    """A write that waits for its turn."""

    key: str
    value: bytes | None
    expected: int
    """Revision that the key must have; 0 for a creation."""
    done: asyncio.Future[int]


class Accepted(NamedTuple):
    """A write that will be stored."""

    write: Write
    revision: int
    previous: int
    """Revision that it replaces; 0 for a creation."""


class Outcome(NamedTuple):
    """What became of a write: a revision or the error to raise."""

    write: Write
    revision: int
    error: Exception | None


def _insert(db: sqlite3.Connection, head: str, rows: Sequence[tuple[object, ...]]) -> None:
    """Insert rows, many with one statement: each statement gives the interpreter lock away and must win it back."""
    at = 0
    for size in STATEMENT_ROWS:
        while len(rows) - at >= size:
            part = rows[at : at + size]
            row = "(" + ",".join("?" * len(part[0])) + ")"
            db.execute(f"{head} VALUES {','.join([row] * size)}", [value for values in part for value in values])
            at += size


class Writer:
    """Owns the writing connection and the map of current revisions."""

    def __init__(
        self,
        db: sqlite3.Connection,
        revision: int,
        current: dict[str, int],
        publish: Callable[[list[Change], int], None],
    ) -> None:
        self._db = db
        self._loop = asyncio.get_running_loop()
        self._publish = publish
        self._revision = revision
        self._current = current
        self._queue: queue.SimpleQueue[Write | Callable[[sqlite3.Connection], None] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="store-writer", daemon=True)
        self._thread.start()

    def submit(self, key: str, value: bytes | None, expected: int) -> asyncio.Future[int]:
        """Queue a write; the future gives its revision or raises why it was refused."""
        done: asyncio.Future[int] = self._loop.create_future()
        self._queue.put(Write(key, value, expected, done))
        return done

    def run_between(self, job: Callable[[sqlite3.Connection], None]) -> None:
        """Run a job on the writing connection between two transactions."""
        self._queue.put(job)

    async def close(self) -> None:
        """Finish what is queued and stop the thread."""
        self._queue.put(None)
        await asyncio.to_thread(self._thread.join)

    def _run(self) -> None:
        while True:
            first = self._queue.get()
            if first is None:
                return
            if callable(first):
                first(self._db)
                continue
            batch = [first]
            stop = self._gather(batch)
            outcomes, changes = self._commit(batch)
            self._loop.call_soon_threadsafe(self._finish, outcomes, changes, self._revision)
            if stop:
                return

    def _gather(self, batch: list[Write]) -> bool:
        """Add what waits already; tell whether the thread shall stop after this batch."""
        while len(batch) < BATCH_WRITES:
            try:
                item = self._queue.get_nowait()
            except queue.Empty:
                return False
            if item is None:
                return True
            if callable(item):
                self._queue.put(item)
                return False
            batch.append(item)
        return False

    def _commit(self, batch: list[Write]) -> tuple[list[Outcome], list[Change]]:
        outcomes, accepted = self._decide(batch)
        if not accepted:
            return outcomes, []
        try:
            changes = self._store(accepted)
        except sqlite3.Error as error:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            failed = StoreUnavailableError(f"the store could not be written: {error}")
            return [Outcome(w, 0, failed if e is None else e) for w, _, e in outcomes], []
        for write, revision, _ in accepted:
            if write.value is None:
                self._current.pop(write.key, None)
            else:
                self._current[write.key] = revision
        self._revision = accepted[-1][1]
        return outcomes, changes

    def _decide(self, batch: list[Write]) -> tuple[list[Outcome], list[Accepted]]:
        """Check each write against the state that the ones before it leave."""
        revision = self._revision
        overlay: dict[str, int] = {}
        outcomes, accepted = [], []
        for write in batch:
            present = overlay.get(write.key)
            if present is None:
                present = self._current.get(write.key, 0)
            if present != write.expected:
                refused = RevisionMismatchError(present) if write.expected else KeyExistsError(write.key)
                outcomes.append(Outcome(write, 0, refused))
                continue
            revision += 1
            overlay[write.key] = 0 if write.value is None else revision
            accepted.append(Accepted(write, revision, present))
            outcomes.append(Outcome(write, revision, None))
        return outcomes, accepted

    def _store(self, accepted: list[Accepted]) -> list[Change]:
        db = self._db
        db.execute("BEGIN IMMEDIATE")
        logged = [(rev, w.key, prev, w.value is None, w.value) for w, rev, prev in accepted]
        _insert(db, "INSERT INTO log (rev, key, prev, deleted, value)", logged)
        db.execute("COMMIT")
        return [Change(revision, write.key, write.value) for write, revision, _ in accepted]

    def _finish(self, outcomes: list[Outcome], changes: list[Change], revision: int) -> None:
        if changes:
            self._publish(changes, revision)
        for write, written, error in outcomes:
            if write.done.done():
                continue
            if error is None:
                write.done.set_result(written)
            else:
                write.done.set_exception(error)
