"""The cells of table rows, encoded once for each object and kept with it.

Ages pass while objects stay, so a row is kept in two pieces with room for its age between them. The few other cells
that tell a time ago (restarts, last schedule) make the whole row stale after a second.
"""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, NamedTuple

import orjson

from bouvier.apiserver.wire.partial import Cached, kept_of
from bouvier.kinds import columns
from bouvier.kinds.kind import Column, Kind
from bouvier.util.clock import parse_time
from bouvier.util.durations import human_duration

STALE_SECONDS = 1.0
"""Shortest time in which a text such as `5s` changes."""

_RELATIVE_NAMES = frozenset(("Duration", "First Seen", "Last Schedule", "Last Seen"))
_AGO = " ago)"
_AGES_KEPT = 4096


class Layout(NamedTuple):
    """How the rows of a kind are made."""

    columns: tuple[Column, ...]
    age_at: int
    """Position of the column that shows the object's age, -1 without one."""
    definitions: bytes
    """`columnDefinitions` as JSON."""


class Row(NamedTuple):
    """The cells of one object: JSON before and after its age."""

    layout: Layout
    before: bytes
    after: bytes
    created: float | None
    """Seconds since the epoch; None when the row shows no age."""
    stale_at: float
    """Moment after which the row must be made anew."""


class _Same:
    """A kind as a cache key: equal to itself only, and kept alive by the cache."""

    __slots__ = ("kind",)

    def __init__(self, kind: Kind) -> None:
        self.kind = kind

    def __hash__(self) -> int:
        return id(self.kind)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and other.kind is self.kind


def layout_of(kind: Kind) -> Layout:
    """Return the layout of a kind's rows."""
    return _layout(_Same(kind))


def row_of(entry: Cached, layout: Layout, now: float) -> Row:
    """Return an object's row, from last time if it still holds; `now` is in seconds since the epoch."""
    kept = kept_of(entry)
    row: Row | None = kept.row
    if row is None or row.layout is not layout or now >= row.stale_at:
        row = kept.row = _make(orjson.loads(entry.value), layout, now)
    return row


@lru_cache(_AGES_KEPT)
def age_cell(seconds: int) -> bytes:
    """Return the cell that shows an age."""
    return b'"%b"' % human_duration(seconds).encode()


@lru_cache(1024)
def _layout(same: _Same) -> Layout:
    listed = tuple(same.kind.columns) or columns.DEFAULT_COLUMNS
    ages = [index for index, column in enumerate(listed) if column.value is columns.age_cell]
    definitions = [
        {
            "name": column.name,
            "type": column.type,
            "format": column.format,
            "description": column.description,
            "priority": column.priority,
        }
        for column in listed
    ]
    return Layout(listed, ages[0] if ages else -1, orjson.dumps(definitions))


def _make(obj: dict[str, Any], layout: Layout, now: float) -> Row:
    cells = [None if at == layout.age_at else column.value(obj) for at, column in enumerate(layout.columns)]
    is_relative = any(map(_tells_time_ago, layout.columns, cells))
    stale_at = now + STALE_SECONDS if is_relative else float("inf")
    created = _epoch((obj.get("metadata") or {}).get("creationTimestamp")) if layout.age_at >= 0 else None
    if created is None:
        if layout.age_at >= 0:
            cells[layout.age_at] = "<unknown>"
        return Row(layout, orjson.dumps(cells), b"", None, stale_at)
    before, after = orjson.dumps(cells[: layout.age_at]), orjson.dumps(cells[layout.age_at + 1 :])
    opening = before[:-1] + b"," if layout.age_at else before[:-1]
    closing = b"," + after[1:] if layout.age_at + 1 < len(cells) else after[1:]
    return Row(layout, opening, closing, created, stale_at)


def _tells_time_ago(column: Column, cell: Any) -> bool:
    if column.name in _RELATIVE_NAMES or (isinstance(cell, str) and cell.endswith(_AGO)):
        return True
    return column.type == "date" and column.value is not columns.created_cell


def _epoch(moment: str | None) -> float | None:
    if not moment:
        return None
    parsed = parse_time(moment)
    return (parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)).timestamp()


def epoch_now() -> float:
    """Return the present moment in seconds since the epoch."""
    return datetime.now(UTC).timestamp()
