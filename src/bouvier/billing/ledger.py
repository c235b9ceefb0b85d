"""The usage ledger: what each pod reserved and used in each window of time, in one append-only SQLite file.

A window is written once, in one transaction, and never changed: its rows are keyed by window and pod, so a recorder
that was killed and comes back can neither lose nor count anything twice.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

TABLES = """
CREATE TABLE IF NOT EXISTS label_sets (id INTEGER PRIMARY KEY, labels TEXT NOT NULL UNIQUE);
CREATE TABLE IF NOT EXISTS windows (start INTEGER PRIMARY KEY, seconds INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS usage (
    start INTEGER NOT NULL,
    uid TEXT NOT NULL,
    cluster TEXT NOT NULL,
    namespace TEXT NOT NULL,
    pod TEXT NOT NULL,
    host TEXT NOT NULL,
    labels INTEGER NOT NULL,
    seconds INTEGER NOT NULL,
    cpu_requested INTEGER NOT NULL,
    cpu_used INTEGER NOT NULL,
    memory_requested INTEGER NOT NULL,
    memory_used INTEGER NOT NULL,
    PRIMARY KEY (start, uid)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS capacity (
    start INTEGER NOT NULL,
    host TEXT NOT NULL,
    cluster TEXT NOT NULL,
    seconds INTEGER NOT NULL,
    cpu INTEGER NOT NULL,
    memory INTEGER NOT NULL,
    PRIMARY KEY (start, host)
) WITHOUT ROWID;
"""


class PodUsage(NamedTuple):
    """What one pod had in one window: averages in thousandths of a processor and in bytes."""

    cluster: str
    namespace: str
    pod: str
    uid: str
    host: str
    labels: dict[str, str]
    seconds: int
    """How much of the window the pod ran."""
    cpu_requested: int
    cpu_used: int
    memory_requested: int
    memory_used: int


class HostCapacity(NamedTuple):
    """What one host offered in one window."""

    cluster: str
    host: str
    seconds: int
    cpu_millis: int
    memory_bytes: int


class Sum(NamedTuple):
    """Totals of one key: thousandths of a processor times seconds, bytes times seconds; what counts is reserved or
    used, whichever is more.
    """

    key: str
    cpu: int
    memory: int


class Ledger:
    """The file. One process writes it; others read it at the same time."""

    def __init__(self, path: Path, *, read_only: bool = False) -> None:
        if not read_only:
            path.parent.mkdir(parents=True, exist_ok=True)
        target = f"file:{path}?mode=ro" if read_only else f"file:{path}"
        self._db = sqlite3.connect(target, uri=True, isolation_level=None, check_same_thread=False)
        if not read_only:
            self._db.execute("PRAGMA journal_mode=WAL")
            self._db.execute("PRAGMA synchronous=FULL")
            self._db.executescript(TABLES)

    def last_end(self) -> int:
        """Return when the newest window ended, in seconds since the epoch; 0 for an empty ledger."""
        row = self._db.execute("SELECT start + seconds FROM windows ORDER BY start DESC LIMIT 1").fetchone()
        return int(row[0]) if row else 0

    def record(self, start: int, seconds: int, pods: Iterable[PodUsage], hosts: Iterable[HostCapacity]) -> bool:
        """Write one window; tell whether it was new. A window that was written before is left as it is."""
        db = self._db
        db.execute("BEGIN IMMEDIATE")
        try:
            added = db.execute("INSERT OR IGNORE INTO windows VALUES (?,?)", (start, seconds)).rowcount
            if added:
                rows = [
                    (start, p.uid, p.cluster, p.namespace, p.pod, p.host, self._labels(p.labels), *p[6:]) for p in pods
                ]
                db.executemany("INSERT OR IGNORE INTO usage VALUES (?,?,?,?,?,?,?,?,?,?,?,?)", rows)
                offered = [(start, h.host, h.cluster, h.seconds, h.cpu_millis, h.memory_bytes) for h in hosts]
                db.executemany("INSERT OR IGNORE INTO capacity VALUES (?,?,?,?,?,?)", offered)
            db.execute("COMMIT")
        except BaseException:
            db.execute("ROLLBACK")
            raise
        return bool(added)

    def _labels(self, labels: dict[str, str]) -> int:
        text = json.dumps(labels, sort_keys=True, separators=(",", ":"))
        self._db.execute("INSERT OR IGNORE INTO label_sets (labels) VALUES (?)", (text,))
        return int(self._db.execute("SELECT id FROM label_sets WHERE labels=?", (text,)).fetchone()[0])

    def usage(self, by: str, begin: int, end: int, namespace: str = "") -> list[Sum]:
        """Return the totals of the windows that begin in `[begin, end)`, by `namespace`, `host`, `cluster` or `label:KEY`.

        Raises:
            ValueError: for another grouping.
        """
        where = "WHERE u.start >= ? AND u.start < ?" + (" AND u.namespace = ?" if namespace else "")
        parameters: list[object] = [begin, end, *([namespace] if namespace else [])]
        key, join = _grouping(by, parameters)
        query = (
            f"SELECT {key} AS k, SUM(MAX(cpu_requested, cpu_used) * u.seconds),"  # noqa: S608 (no user text in it)
            f" SUM(MAX(memory_requested, memory_used) * u.seconds) FROM usage u {join} {where} GROUP BY k ORDER BY k"
        )
        return [Sum(str(k), int(c), int(m)) for k, c, m in self._db.execute(query, parameters)]

    def capacity(self, begin: int, end: int) -> Sum:
        """Return what all hosts offered in the windows that begin in `[begin, end)`."""
        query = "SELECT SUM(cpu * seconds), SUM(memory * seconds) FROM capacity WHERE start >= ? AND start < ?"
        cpu, memory = self._db.execute(query, (begin, end)).fetchone()
        return Sum("", int(cpu or 0), int(memory or 0))

    def close(self) -> None:
        """Close the file."""
        self._db.close()


def _grouping(by: str, parameters: list[object]) -> tuple[str, str]:
    """Return the SQL of the key and of a join; the value of a label is put before the other parameters."""
    if by in ("namespace", "host", "cluster"):
        return f"u.{by}", ""
    if by.startswith("label:") and len(by) > len("label:"):
        parameters.insert(0, '$."' + by.removeprefix("label:").replace('"', "") + '"')
        return "COALESCE(json_extract(l.labels, ?), '(none)')", "JOIN label_sets l ON l.id = u.labels"
    raise ValueError(f"cannot group by {by!r}: use namespace, host, cluster or label:KEY")
