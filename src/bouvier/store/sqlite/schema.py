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

CHECKPOINT_PAGES = 4000
"""32 MiB of log between checkpoints: fewer than that stalls the writer more often for no gain in recovery time."""


def connect(path: Path, *, read_only: bool = False) -> sqlite3.Connection:
    """Open the file with write-ahead log and full synchronisation: a commit survives loss of power."""
    target = f"file:{path}?mode=ro" if read_only else f"file:{path}"
    db = sqlite3.connect(target, uri=True, isolation_level=None, check_same_thread=False)
    db.execute(f"PRAGMA page_size={PAGE_BYTES}")
    if not read_only:
        db.execute("PRAGMA journal_mode=WAL")
        db.execute("PRAGMA synchronous=FULL")
        db.execute(f"PRAGMA wal_autocheckpoint={CHECKPOINT_PAGES}")
        db.executescript(TABLES)
    return db
