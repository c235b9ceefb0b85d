"""Lengths of time as Kubernetes' tables show them: `5s`, `2m3s`, `4h`, `3d`."""

from __future__ import annotations

from datetime import UTC, datetime

from bouvier.util.clock import parse_time

_MINUTE = 60
_HOUR = 60 * _MINUTE
_DAY = 24 * _HOUR
_YEAR = 365 * _DAY

_STEPS = (
    # (below this many seconds, unit, suffix, smaller unit, its suffix): two units are shown while the first is small.
    (2 * _MINUTE, 1, "s", 0, ""),
    (10 * _MINUTE, _MINUTE, "m", 1, "s"),
    (3 * _HOUR, _MINUTE, "m", 0, ""),
    (8 * _HOUR, _HOUR, "h", _MINUTE, "m"),
    (2 * _DAY, _HOUR, "h", 0, ""),
    (8 * _DAY, _DAY, "d", _HOUR, "h"),
    (2 * _YEAR, _DAY, "d", 0, ""),
    (8 * _YEAR, _YEAR, "y", _DAY, "d"),
)


def human_duration(seconds: float) -> str:
    """Return the length in the one or two units that a table cell has room for."""
    whole = int(seconds)
    if whole < -1:
        return "<invalid>"
    if whole < 0:
        return "0s"
    for limit, unit, suffix, part_unit, part_suffix in _STEPS:
        if whole < limit:
            part = whole % unit // part_unit if part_unit else 0
            return f"{whole // unit}{suffix}" + (f"{part}{part_suffix}" if part else "")
    return f"{whole // _YEAR}y"


def age_text(moment: str | None, now: datetime | None = None) -> str:
    """Return the time since `moment` (RFC 3339), `<unknown>` when there is none.

    `now` is the present moment unless given.
    """
    if not moment:
        return "<unknown>"
    return human_duration(((now or datetime.now(UTC)) - parse_time(moment)).total_seconds())
