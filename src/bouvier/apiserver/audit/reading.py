"""Reading the audit log from its newest line to its oldest, over all rotated files, a block at a time.

Files are known by inode, so a reader that comes back after a rotation goes on in the right one.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import orjson

from bouvier.apiserver.audit.log_file import backups
from bouvier.apiserver.audit.query import Query

BLOCK_BYTES = 256 * 1024
SCAN_BYTES = 32 * 1024 * 1024
"""What one request reads at most: some 50 ms of processor time."""
LINE_BYTES = 16 * 1024 * 1024
"""No line is longer: a body and its answer, each at most 3 MiB, with what JSON adds."""

_MOMENT, _MOMENT_BYTES = b'"stageTimestamp":"', len("2026-01-01T00:00:00.000000Z")


class Position(NamedTuple):
    """Where reading goes on: before this byte of this file."""

    inode: int
    end: int


class Found(NamedTuple):
    """A page of events, newest first."""

    events: list[dict[str, Any]]
    rest: Position | None
    """Where to go on; None when the log ends there."""


class PositionLostError(Exception):
    """Raised when the file that a position names is gone."""


def find(path: Path, query: Query, limit: int, start: Position | None, scan_bytes: int = SCAN_BYTES) -> Found:
    """Return the newest events before a position that a query asks for.

    Raises:
        PositionLostError: the log was rotated away under the reader.

    """
    needles = query.needles()
    events: list[dict[str, Any]] = []
    scanned, first_moment = 0, query.begin.encode()
    for file, inode, end in _files(path, start):
        for begin, line in lines_backwards(file, end):
            scanned += len(line) + 1
            if first_moment and first_moment > moment_of(line):
                return Found(events, None)
            if all(needle in line for needle in needles):
                event = _decode(line)
                if event is not None and query.matches(event):
                    events.append(event)
            if (len(events) == limit or scanned >= scan_bytes) and begin:
                return Found(events, Position(inode, begin))
        if len(events) == limit or scanned >= scan_bytes:
            following = next(_older(path, inode), None)
            return Found(events, following)
    return Found(events, None)


def _files(path: Path, start: Position | None) -> Iterator[tuple[BinaryIO, int, int]]:
    """Yield each file, newest first, with its inode and where reading begins."""
    is_reached = start is None
    for each in [path, *backups(path)]:
        try:
            file = each.open("rb")
        except FileNotFoundError:
            continue
        with file:
            inode = _inode(file)
            size = file.seek(0, 2)
            if start is not None and inode == start.inode:
                is_reached = True
                yield file, inode, min(size, start.end)
            elif is_reached:
                yield file, inode, size
    if not is_reached:
        raise PositionLostError


def _older(path: Path, inode: int) -> Iterator[Position]:
    """Yield the ends of the files behind one."""
    is_behind = False
    for each in [path, *backups(path)]:
        try:
            status = each.stat()
        except FileNotFoundError:
            continue
        if is_behind:
            yield Position(status.st_ino, status.st_size)
        is_behind = is_behind or status.st_ino == inode


def _inode(file: BinaryIO) -> int:
    return os.fstat(file.fileno()).st_ino


def lines_backwards(file: BinaryIO, end: int) -> Iterator[tuple[int, bytes]]:
    """Yield where each complete line before `end` begins, and the line, last first."""
    rest = b""
    while end:
        begin = max(0, end - BLOCK_BYTES)
        file.seek(begin)
        block = file.read(end - begin) + rest
        first = block.find(b"\n") + 1 if begin else 0
        if begin and not first and len(block) < LINE_BYTES:
            end, rest = begin, block
            continue
        place = begin + len(block)
        for line in reversed(block[first:].split(b"\n")):
            place -= len(line)
            if line:
                yield place, line
            place -= 1
        end, rest = begin, block[:first]


def moment_of(line: bytes) -> bytes:
    """Return the stageTimestamp of a line without decoding it; no text inside can hold an unescaped quote."""
    at = line.rfind(_MOMENT)
    return line[at + len(_MOMENT) : at + len(_MOMENT) + _MOMENT_BYTES] if at >= 0 else b"~"


def _decode(line: bytes) -> dict[str, Any] | None:
    try:
        event = orjson.loads(line)
    except orjson.JSONDecodeError:
        return None  # torn by a crash
    return event if isinstance(event, dict) else None
