"""Points in time and spans of time as Go writes and reads them.

Source: https://pkg.go.dev/time#Duration.String, #ParseDuration, #Time.String
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta

_UNITS_SECONDS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}
_PART = re.compile(r"([0-9]+\.?[0-9]*|\.[0-9]+)(ns|us|µs|ms|s|m|h)")
_WHOLE = re.compile(r"[+-]?((([0-9]+\.?[0-9]*|\.[0-9]+)(ns|us|µs|ms|s|m|h))+|0)")


def parse_duration(text: str) -> timedelta:
    """Return the span of a text such as `1h30m`.

    Raises:
        ValueError: it is none.
    """
    if not _WHOLE.fullmatch(text):
        raise ValueError(f"invalid duration {text!r}: expected a form such as 90s or 1h30m")
    seconds = sum(float(number) * _UNITS_SECONDS[unit] for number, unit in _PART.findall(text))
    return timedelta(seconds=-seconds if text.startswith("-") else seconds)


def duration_text(span: timedelta) -> str:
    """Return a span as Go does: `1h30m0s`, `1.5s`, `250ms`."""
    micros = round(span.total_seconds() * 1_000_000)
    if not micros:
        return "0s"
    sign, micros = ("-" if micros < 0 else ""), abs(micros)
    if micros < 1_000:
        return f"{sign}{micros}µs"
    if micros < 1_000_000:
        return f"{sign}{_decimal(micros, 1_000)}ms"
    minutes, rest = divmod(micros, 60_000_000)
    hours, minutes = divmod(minutes, 60)
    seconds = _decimal(rest, 1_000_000) + "s"
    if hours:
        return f"{sign}{hours}h{minutes}m{seconds}"
    return f"{sign}{minutes}m{seconds}" if minutes else sign + seconds


def _decimal(value: int, unit: int) -> str:
    whole, fraction = divmod(value, unit)
    if not fraction:
        return str(whole)
    return f"{whole}.{str(fraction).zfill(len(str(unit)) - 1).rstrip('0')}"


def time_text(moment: datetime) -> str:
    """Return a moment as Go prints it: `2026-01-02 15:04:05.123456 +0000 UTC`."""
    fraction = f".{moment.microsecond:06d}".rstrip("0") if moment.microsecond else ""
    return moment.strftime("%Y-%m-%d %H:%M:%S") + fraction + moment.strftime(" %z %Z")
