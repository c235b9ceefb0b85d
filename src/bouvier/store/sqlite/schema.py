"""The tables of the SQLite store and how the file is opened."""

from __future__ import annotations

import sqlite3
from pathlib import Path

TABLES = """
CREATE TABLE IF NOT EXISTS log (
    rev INTEGER PRIMARY KEY,
    key TEXT NOT NULL,
    prev INTEGER NOT NULL,
    deleted INTEGER NOT NULL,
    value BLOB
);
CREATE INDEX IF NOT EXISTS log_key ON log (key, rev);
CREATE INDEX IF NOT EXISTS log_removals ON log (key, rev) WHERE deleted;
CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, number INTEGER NOT NULL) WITHOUT ROWID;
DROP TABLE IF EXISTS cur;
"""
"""`log` says all there is to say. The newest revision of each key is read from its two indexes at the start, instead of
being kept in a table of its own (`cur`, in older files): a write changes two trees rather than four."""

PAGE_BYTES = 8192
"""Two typical objects a page; 4 KiB pages cost one more level of the tree at 100,000 objects."""


def connect(path: Path, *, read_only: bool = False) -> sqlite3.Connection:
    """Open the file with write-ahead log and full synchronisation: a commit survives loss of power.

    No commit carries the log over into the file; see `checkpoints`.
    """
    db = open_file(path, "ro" if read_only else "rwc")
    db.execute(f"PRAGMA page_size={PAGE_BYTES}")
    if not read_only:
        db.execute("PRAGMA journal_mode=WAL")
        db.execute("PRAGMA synchronous=FULL")
        db.execute("PRAGMA wal_autocheckpoint=0")
        db.executescript(TABLES)
    return db


def open_file(path: Path, mode: str) -> sqlite3.Connection:
    """Open the file as it is; transactions are ended by statements alone."""
    return sqlite3.connect(f"file:{path}?mode={mode}", uri=True, isolation_level=None, check_same_thread=False)
