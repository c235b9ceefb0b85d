"""The SQLite store: an append-only log of revisions.

Reads of the present and the past use connections of their own in worker threads; the write-ahead log lets
them see a committed state while the writer goes on.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from bouvier.store.feed import Feed
from bouvier.store.interface import Batch, Change, CompactedError, Page, Stored
from bouvier.store.sqlite.schema import connect
from bouvier.store.sqlite.writer import Writer

Rows = list[tuple[Any, ...]]

COMPACT_ROWS = 2000
"""Log rows looked at in one step between two transactions: about 15 ms."""

NEWEST = """
SELECT key, rev FROM (SELECT key, max(rev) AS rev FROM log GROUP BY key)
WHERE rev NOT IN (SELECT rev FROM log INDEXED BY log_removals WHERE deleted)
"""
"""The keys that exist with their revisions, from the indexes alone."""

HISTORY_PAGE = 5000
"""Changes read at once when a watch starts in the past."""


class SqliteStore:
    """The default store. Make it with `await SqliteStore.open(path)`."""

    is_shared = False

    def __init__(self, path: Path, db: sqlite3.Connection) -> None:
        self._path = path
        self._reader = connect(path, read_only=True)
        self._reading = asyncio.Lock()
        self._feed = Feed()
        self._revision = _number(db, "SELECT max(rev) FROM log")
        self._compacted = _number(db, "SELECT number FROM meta WHERE name='compacted'")
        self._revision = max(self._revision, self._compacted)
        current = dict(db.execute(NEWEST).fetchall())
        self._writer = Writer(path, db, self._revision, current, self._published)
        self._db = db

    @classmethod
    async def open(cls, path: Path) -> SqliteStore:
        """Open or create the file."""
        path.parent.mkdir(parents=True, exist_ok=True)
        return cls(path, connect(path))

    @property
    def revision(self) -> int:
        """Revision of the newest durable write."""
        return self._revision

    def _published(self, changes: list[Change], revision: int) -> None:
        self._revision = revision
        self._feed.publish(changes)

    def earlier(self, writes: int) -> int:
        """Return the revision of so many writes ago."""
        return max(0, self._revision - writes)

    async def newest(self) -> int:
        """Return the revision of the newest durable write: nobody else writes here."""
        return self._revision

    async def get(self, key: str, revision: int = 0) -> Stored | None:
        """Return the value of a key now or at an older revision."""
        self._check(revision)
        at = revision or self._revision
        rows = await self._read(
            "SELECT rev, deleted, value FROM log WHERE key=? AND rev<=? ORDER BY rev DESC LIMIT 1", (key, at)
        )
        if not rows or rows[0][1]:
            return None
        return Stored(key, rows[0][2], rows[0][0])

    async def list(self, prefix: str, revision: int = 0, limit: int = 0, after: str = "") -> Page:
        """Return the values with a prefix behind `after`, in key order."""
        self._check(revision)
        at = revision or self._revision
        query = (
            "SELECT l.key, l.value, l.rev FROM log l JOIN"
            " (SELECT key, max(rev) AS rev FROM log WHERE key>=? AND key<? AND key>? AND rev<=? GROUP BY key) n"
            " ON l.rev=n.rev WHERE NOT l.deleted ORDER BY l.key LIMIT ?"
        )
        wanted = limit + 1 if limit else -1
        rows = await self._read(query, (prefix, _behind(prefix), after, at, wanted))
        items = [Stored(*row) for row in rows]
        return Page(items[:limit] if limit else items, at, bool(limit) and len(items) > limit)

    def _check(self, revision: int) -> None:
        if revision and revision < self._compacted:
            raise CompactedError(self._compacted)

    async def _read(self, query: str, parameters: tuple[object, ...]) -> Rows:
        async with self._reading:
            return await asyncio.to_thread(lambda: self._reader.execute(query, parameters).fetchall())

    async def create(self, key: str, value: bytes) -> int:
        """Write a key that must have no value."""
        return await self._writer.submit(key, value, 0)

    async def update(self, key: str, value: bytes, expected_revision: int) -> int:
        """Replace a value at the expected revision."""
        return await self._writer.submit(key, value, expected_revision or -1)

    async def delete(self, key: str, expected_revision: int) -> int:
        """Remove a key at the expected revision."""
        return await self._writer.submit(key, None, expected_revision or -1)

    async def watch(self, prefix: str, after_revision: int) -> AsyncIterator[Batch]:
        """Yield every change behind a revision, in batches, without end."""
        if after_revision < self._compacted:
            raise CompactedError(self._compacted)
        subscription = self._feed.subscribe()
        reached = self._revision
        seen = after_revision
        try:
            while seen < reached:
                page = await self._history(prefix, seen, reached)
                if page:
                    yield page
                if len(page) < HISTORY_PAGE:
                    break
                seen = page[-1].revision
            async for batch in subscription.batches(prefix, max(reached, after_revision)):
                yield batch
        finally:
            subscription.close()

    async def _history(self, prefix: str, after: int, until: int) -> Batch:
        rows = await self._read(
            "SELECT rev, key, value FROM log WHERE rev>? AND rev<=? AND key>=? AND key<? ORDER BY rev LIMIT ?",
            (after, until, prefix, _behind(prefix), HISTORY_PAGE),
        )
        return [Change(*row) for row in rows]

    async def compact(self, revision: int) -> None:
        """Forget values superseded at or before a revision, a few rows at a time between writes."""
        target = min(revision, self._revision)
        start = self._compacted
        while start < target:
            end = min(start + COMPACT_ROWS, target)
            await self._compact_range(start, end)
            start = end

    async def _compact_range(self, start: int, end: int) -> None:
        loop = asyncio.get_running_loop()
        done: asyncio.Future[None] = loop.create_future()

        def job(db: sqlite3.Connection) -> None:
            db.execute("BEGIN IMMEDIATE")
            db.execute(
                "DELETE FROM log WHERE rev IN (SELECT prev FROM log WHERE rev>? AND rev<=? AND prev>0)", (start, end)
            )
            db.execute("DELETE FROM log WHERE rev>? AND rev<=? AND deleted", (start, end))
            db.execute("INSERT OR REPLACE INTO meta VALUES ('compacted', ?)", (end,))
            db.execute("COMMIT")
            loop.call_soon_threadsafe(done.set_result, None)

        self._compacted = max(self._compacted, end)
        self._writer.run_between(job)
        await done

    async def close(self) -> None:
        """Finish accepted writes and release the file."""
        await self._writer.close()
        self._feed.close()
        async with self._reading:
            self._reader.close()
        self._db.close()


def _number(db: sqlite3.Connection, query: str) -> int:
    row = db.execute(query).fetchone()
    return int(row[0]) if row and row[0] is not None else 0


def _behind(prefix: str) -> str:
    """Return the first text that sorts behind every key with the prefix."""
    return prefix[:-1] + chr(ord(prefix[-1]) + 1) if prefix else "\U0010ffff"
