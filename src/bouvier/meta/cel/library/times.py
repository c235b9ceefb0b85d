"""Moments and durations: reading, writing, and their parts in any time zone."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from bouvier.meta.cel.errors import EvaluationError
from bouvier.meta.cel.functions import Overload, function, method
from bouvier.meta.cel.library.operators import SECOND, checked_duration, checked_timestamp
from bouvier.meta.cel.types import DURATION, INT, STRING, TIMESTAMP
from bouvier.meta.cel.values import Duration, Timestamp

_MOMENT = re.compile(
    r"(\d{4}-\d{2}-\d{2})[Tt](\d{2}:\d{2}:\d{2})(?:\.(\d{1,9})\d*)?(?:[Zz]|([+-])(\d{2}):(\d{2}))", re.ASCII
)
_UNITS = {
    "ns": 1,
    "us": 1_000,
    "µs": 1_000,
    "ms": 1_000_000,
    "s": SECOND,
    "m": 60 * SECOND,
    "h": 3600 * SECOND,
}
_PART = re.compile(r"(\d+(?:\.\d*)?|\.\d+)(ns|us|µs|ms|s|m|h)", re.ASCII)
_OFFSET = re.compile(r"([+-]?)(\d{2}):(\d{2})", re.ASCII)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def parse_timestamp(text: str) -> Timestamp:
    """Return the moment of an RFC 3339 text. Raises: ValueError."""
    match = _MOMENT.fullmatch(text)
    if match is None:
        raise ValueError(f"not a date and time: {text}")
    day, clock, fraction, sign, hours, minutes = match.groups()
    moment = datetime.fromisoformat(f"{day}T{clock}").replace(tzinfo=UTC)
    if sign:
        moment -= timedelta(hours=int(hours), minutes=int(minutes)) * (1 if sign == "+" else -1)
    seconds = (moment - _EPOCH) // timedelta(seconds=1)
    return checked_timestamp(seconds * SECOND + int((fraction or "0").ljust(9, "0")))


def parse_duration(text: str) -> Duration:
    """Return the duration of a text such as `1h30m` or `-1.5s`. Raises: ValueError."""
    body = text[1:] if text[:1] in ("+", "-") else text
    if body == "0":
        return Duration(0)
    parts = list(_PART.finditer(body))
    if not parts or "".join(part[0] for part in parts) != body:
        raise ValueError(f"not a duration: {text}")
    total = sum(_nanoseconds(part[1], _UNITS[part[2]]) for part in parts)
    return checked_duration(-total if text[0] == "-" else total)


def _nanoseconds(number: str, unit: int) -> int:
    whole, _, fraction = number.partition(".")
    return int(whole or "0") * unit + (int(fraction) * unit // 10 ** len(fraction) if fraction else 0)


def timestamp_text(value: Timestamp) -> str:
    """Return a moment as RFC 3339 in UTC, with the digits of a second that it has."""
    seconds, nanoseconds = divmod(int(value), SECOND)
    text = (_EPOCH + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%S").rjust(19, "0")
    return f"{text}.{nanoseconds:09d}".rstrip("0") + "Z" if nanoseconds else f"{text}Z"


def duration_text(value: Duration) -> str:
    """Return a duration in seconds: `5400s`, `1.5s`."""
    sign = "-" if value < 0 else ""
    seconds, nanoseconds = divmod(abs(int(value)), SECOND)
    return f"{sign}{seconds}.{nanoseconds:09d}".rstrip("0") + "s" if nanoseconds else f"{sign}{seconds}s"


@lru_cache(maxsize=256)
def _zone(name: str) -> tzinfo:
    match = _OFFSET.fullmatch(name)
    if match is not None:
        offset = timedelta(hours=int(match[2]), minutes=int(match[3]))
        return timezone(-offset if match[1] == "-" else offset)
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise EvaluationError(f"unknown time zone {name}") from None


_Part = Callable[[datetime, int], int]
_PARTS: dict[str, _Part] = {
    "getFullYear": lambda moment, _: moment.year,
    "getMonth": lambda moment, _: moment.month - 1,
    "getDayOfYear": lambda moment, _: moment.timetuple().tm_yday - 1,
    "getDayOfMonth": lambda moment, _: moment.day - 1,
    "getDate": lambda moment, _: moment.day,
    "getDayOfWeek": lambda moment, _: moment.isoweekday() % 7,
    "getHours": lambda moment, _: moment.hour,
    "getMinutes": lambda moment, _: moment.minute,
    "getSeconds": lambda moment, _: moment.second,
    "getMilliseconds": lambda _, nanoseconds: nanoseconds // 1_000_000,
}
_LENGTHS = {
    "getHours": 3600 * SECOND,
    "getMinutes": 60 * SECOND,
    "getSeconds": SECOND,
}


def _getter(part: _Part) -> Callable[..., int]:
    def get(value: Timestamp, zone: str = "UTC") -> int:
        seconds, nanoseconds = divmod(int(value), SECOND)
        return part((_EPOCH + timedelta(seconds=seconds)).astimezone(_zone(zone)), nanoseconds)

    return get


def _length(unit: int) -> Callable[[Duration], int]:
    return lambda value: abs(int(value)) // unit * (1 if value >= 0 else -1)


def _read(parse: Callable[[str], Any], target: str) -> Callable[[str], Any]:
    def convert(text: str) -> Any:
        try:
            return parse(text)
        except ValueError:
            raise EvaluationError(f"type conversion error from 'string' to '{target}'") from None

    return convert


def _getters() -> Iterator[Overload]:
    for name, part in _PARTS.items():
        yield method(name, (TIMESTAMP,), INT, _getter(part))
        yield method(name, (TIMESTAMP, STRING), INT, _getter(part))
    for name, unit in _LENGTHS.items():
        yield method(name, (DURATION,), INT, _length(unit))
    yield method("getMilliseconds", (DURATION,), INT, lambda value: _length(1_000_000)(value) % 1000)


FUNCTIONS = (
    *_getters(),
    function("timestamp", (TIMESTAMP,), TIMESTAMP, lambda value: value),
    function("timestamp", (STRING,), TIMESTAMP, _read(parse_timestamp, "google.protobuf.Timestamp")),
    function("timestamp", (INT,), TIMESTAMP, lambda value: checked_timestamp(value * SECOND)),
    function("duration", (DURATION,), DURATION, lambda value: value),
    function("duration", (STRING,), DURATION, _read(parse_duration, "google.protobuf.Duration")),
    function("duration", (INT,), DURATION, lambda value: checked_duration(value * SECOND)),
)
