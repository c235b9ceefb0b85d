"""One commit of many writes: decided against a map of current revisions, then stored by one statement.

The map is advanced only after the statement, which commits by itself: a failed one leaves nothing to undo.
"""

from __future__ import annotations

import asyncio
import sqlite3
from typing import NamedTuple

from bouvier.store.interface import Change, KeyExistsError, RevisionMismatchError, StoreUnavailableError

STATEMENT_ROWS = (1, 4, 16, 64, 128)
"""Rows of a statement: few sizes, so that the connection's cache keeps all statements compiled. Each statement gives the
interpreter lock away three times, and each commit waits for the disk: a batch is one statement and its own transaction."""

BATCH_WRITES = STATEMENT_ROWS[-1]
"""Writes of a commit at most: about 1.5 ms of processor time, so that p99 stays near 5 ms."""

_COLUMNS = "log (rev, key, prev, deleted, value)"
_ROW = "(?,?,?,?,?)"
_FILLER = (None,) * 5
"""Fills a statement up to its size; such rows are left out."""


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


class Commits:
    """Owns the writing connection and the map of current revisions. Not to be used by two threads at once."""

    def __init__(self, db: sqlite3.Connection, revision: int, current: dict[str, int]) -> None:
        self.db = db
        self.revision = revision
        self._current = current

    def commit(self, batch: list[Write]) -> tuple[list[Outcome], list[Change]]:
        """Store what may be stored of a batch; when this returns, it is on the disk."""
        outcomes, accepted = self._decide(batch)
        if not accepted:
            return outcomes, []
        try:
            self.db.execute(*_insertion(accepted))
        except sqlite3.Error as error:
            failed = StoreUnavailableError(f"the store could not be written: {error}")
            return [Outcome(w, 0, failed if e is None else e) for w, _, e in outcomes], []
        for write, revision, _ in accepted:
            if write.value is None:
                self._current.pop(write.key, None)
            else:
                self._current[write.key] = revision
        self.revision = accepted[-1].revision
        return outcomes, [Change(revision, write.key, write.value) for write, revision, _ in accepted]

    def _decide(self, batch: list[Write]) -> tuple[list[Outcome], list[Accepted]]:
        """Check each write against the state that the ones before it leave."""
        revision = self.revision
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


def _statement(size: int) -> str:
    if size == 1:
        return f"INSERT INTO {_COLUMNS} VALUES {_ROW}"  # noqa: S608 - constants alone
    rows = ",".join([_ROW] * size)
    return f"INSERT INTO {_COLUMNS} SELECT * FROM (VALUES {rows}) WHERE column1 IS NOT NULL"  # noqa: S608


_STATEMENTS = {size: _statement(size) for size in STATEMENT_ROWS}


def _insertion(accepted: list[Accepted]) -> tuple[str, list[object]]:
    """Return the statement that logs all writes, and its values."""
    size = next(size for size in STATEMENT_ROWS if size >= len(accepted))
    values: list[object] = []
    for write, revision, previous in accepted:
        values += (revision, write.key, previous, write.value is None, write.value)
    for _ in range(size - len(accepted)):
        values += _FILLER
    return _STATEMENTS[size], values
