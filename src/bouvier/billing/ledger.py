"""The usage ledger: what was reserved, used, kept and carried in each window of time, in one append-only SQLite file.

A window is written once, in one transaction, and never changed: its rows are keyed by window and object, so a recorder
that was killed and comes back can neither lose nor count anything twice. The same transaction adds the rows to sums by
hour, from which long reports are made: a million rows are some thousands of sums. Reading: `billing.sums`.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

HOUR_SECONDS = 3600
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
CREATE TABLE IF NOT EXISTS volumes (
    start INTEGER NOT NULL,
    uid TEXT NOT NULL,
    cluster TEXT NOT NULL,
    namespace TEXT NOT NULL,
    claim TEXT NOT NULL,
    labels INTEGER NOT NULL,
    seconds INTEGER NOT NULL,
    bytes INTEGER NOT NULL,
    PRIMARY KEY (start, uid)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS traffic (
    start INTEGER NOT NULL,
    host TEXT NOT NULL,
    cluster TEXT NOT NULL,
    namespace TEXT NOT NULL,
    service TEXT NOT NULL,
    labels INTEGER NOT NULL,
    received INTEGER NOT NULL,
    sent INTEGER NOT NULL,
    PRIMARY KEY (start, host, namespace, service)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS counters (
    host TEXT NOT NULL,
    namespace TEXT NOT NULL,
    service TEXT NOT NULL,
    epoch TEXT NOT NULL,
    received INTEGER NOT NULL,
    sent INTEGER NOT NULL,
    PRIMARY KEY (host, namespace, service)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS hours (
    hour INTEGER NOT NULL,
    cluster TEXT NOT NULL,
    namespace TEXT NOT NULL,
    host TEXT NOT NULL,
    labels INTEGER NOT NULL,
    cpu INTEGER NOT NULL,
    memory INTEGER NOT NULL,
    storage INTEGER NOT NULL,
    traffic INTEGER NOT NULL,
    PRIMARY KEY (hour, cluster, namespace, host, labels)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS capacity_hours (
    hour INTEGER NOT NULL,
    cpu INTEGER NOT NULL,
    memory INTEGER NOT NULL,
    PRIMARY KEY (hour)
) WITHOUT ROWID;
"""
ROWS = """
SELECT {hour} AS hour, cluster, namespace, host, labels, SUM(cpu), SUM(memory), SUM(storage), SUM(traffic) FROM (
    SELECT start, cluster, namespace, host, labels, MAX(cpu_requested, cpu_used) * seconds AS cpu,
        MAX(memory_requested, memory_used) * seconds AS memory, 0 AS storage, 0 AS traffic FROM usage WHERE {where}
    UNION ALL
    SELECT start, cluster, namespace, '', labels, 0, 0, bytes * seconds, 0 FROM volumes WHERE {where}
    UNION ALL
    SELECT start, cluster, namespace, host, labels, 0, 0, 0, received + sent FROM traffic WHERE {where}
) GROUP BY 1, cluster, namespace, host, labels
"""
"""Everything that is charged, in one form; what counts of processor and memory is reserved or used, whichever is more."""
_HOUR = f"start / {HOUR_SECONDS} * {HOUR_SECONDS}"
_ADD_HOURS = """
ON CONFLICT (hour, cluster, namespace, host, labels) DO UPDATE SET cpu = cpu + excluded.cpu,
    memory = memory + excluded.memory, storage = storage + excluded.storage, traffic = traffic + excluded.traffic
"""
_ADD_CAPACITY = """
ON CONFLICT (hour) DO UPDATE SET cpu = cpu + excluded.cpu, memory = memory + excluded.memory
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


class VolumeUsage(NamedTuple):
    """What one claim kept in one window."""

    cluster: str
    namespace: str
    claim: str
    uid: str
    labels: dict[str, str]
    seconds: int
    bytes: int


class TrafficUsage(NamedTuple):
    """What the balancer of one host carried for one Service in one window, in bytes."""

    cluster: str
    namespace: str
    service: str
    host: str
    labels: dict[str, str]
    received: int
    sent: int


class Counter(NamedTuple):
    """How far a host's counters of one Service were counted; another epoch began again at zero."""

    epoch: str
    received: int
    sent: int


CounterKey = tuple[str, str, str]
"""Host, namespace, service."""


class Window(NamedTuple):
    """Everything that one window holds."""

    start: int
    seconds: int
    pods: Iterable[PodUsage] = ()
    hosts: Iterable[HostCapacity] = ()
    volumes: Iterable[VolumeUsage] = ()
    traffic: Iterable[TrafficUsage] = ()
    counters: Mapping[CounterKey, Counter] = {}
    """How far counters are counted with this window."""


class Ledger:
    """The file. One process writes it; others read it at the same time."""

    def __init__(self, path: Path, *, read_only: bool = False) -> None:
        if not read_only:
            path.parent.mkdir(parents=True, exist_ok=True)
        target = f"file:{path}?mode=ro" if read_only else f"file:{path}"
        self.db = sqlite3.connect(target, uri=True, isolation_level=None, check_same_thread=False)
        if not read_only:
            self.db.execute("PRAGMA journal_mode=WAL")
            self.db.execute("PRAGMA synchronous=FULL")
            self._complete()

    def _complete(self) -> None:
        """Make what an older version did not have: tables, and the sums of windows that were written without them."""
        self.db.executescript(TABLES)
        with _Transaction(self.db):
            if self.db.execute("SELECT 1 FROM hours LIMIT 1").fetchone() is None:
                self._add_sums("1")

    def _add_sums(self, where: str, *parameters: int) -> None:
        rows = ROWS.format(hour=_HOUR, where=where)
        self.db.execute(f"INSERT INTO hours SELECT * FROM ({rows}) WHERE true {_ADD_HOURS}", parameters * 3)  # noqa: S608
        offered = (
            f"SELECT {_HOUR} AS hour, SUM(cpu * seconds), SUM(memory * seconds) FROM capacity WHERE {where} GROUP BY 1"  # noqa: S608
        )
        self.db.execute(f"INSERT INTO capacity_hours SELECT * FROM ({offered}) WHERE true {_ADD_CAPACITY}", parameters)  # noqa: S608

    def last_end(self) -> int:
        """Return when the newest window ended, in seconds since the epoch; 0 for an empty ledger."""
        row = self.db.execute("SELECT start + seconds FROM windows ORDER BY start DESC LIMIT 1").fetchone()
        return int(row[0]) if row else 0

    def counters(self) -> dict[CounterKey, Counter]:
        """Return how far the balancers' counters were counted."""
        rows = self.db.execute("SELECT host, namespace, service, epoch, received, sent FROM counters")
        return {(row[0], row[1], row[2]): Counter(row[3], row[4], row[5]) for row in rows}

    def record(self, window: Window) -> bool:
        """Write one window; tell whether it was new. A window that was written before is left as it is."""
        with _Transaction(self.db):
            added = self.db.execute("INSERT OR IGNORE INTO windows VALUES (?,?)", window[:2]).rowcount
            if added:
                self._insert(window)
                self._add_sums("start = ?", window.start)
        return bool(added)

    def _insert(self, window: Window) -> None:
        start = window.start
        self._many(
            "usage",
            [
                (start, p.uid, p.cluster, p.namespace, p.pod, p.host, self._labels(p.labels), *p[6:])
                for p in window.pods
            ],
        )
        self._many("capacity", [(start, h.host, h.cluster, *h[2:]) for h in window.hosts])
        self._many(
            "volumes",
            [(start, v.uid, v.cluster, v.namespace, v.claim, self._labels(v.labels), *v[5:]) for v in window.volumes],
        )
        self._many(
            "traffic",
            [
                (start, t.host, t.cluster, t.namespace, t.service, self._labels(t.labels), *t[5:])
                for t in window.traffic
            ],
        )
        self.db.executemany(
            "INSERT OR REPLACE INTO counters VALUES (?,?,?,?,?,?)",
            [(*key, *counter) for key, counter in window.counters.items()],
        )

    def _many(self, table: str, rows: list[tuple[object, ...]]) -> None:
        if rows:
            marks = ",".join("?" * len(rows[0]))
            self.db.executemany(f"INSERT OR IGNORE INTO {table} VALUES ({marks})", rows)  # noqa: S608

    def _labels(self, labels: dict[str, str]) -> int:
        text = json.dumps(labels, sort_keys=True, separators=(",", ":"))
        self.db.execute("INSERT OR IGNORE INTO label_sets (labels) VALUES (?)", (text,))
        return int(self.db.execute("SELECT id FROM label_sets WHERE labels=?", (text,)).fetchone()[0])

    def close(self) -> None:
        """Close the file."""
        self.db.close()


class _Transaction:
    """Writes everything or nothing."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def __enter__(self) -> None:
        self._db.execute("BEGIN IMMEDIATE")

    def __exit__(self, kind: type[BaseException] | None, *_rest: object) -> None:
        self._db.execute("ROLLBACK" if kind else "COMMIT")
