"""Moments and spans of time, with layouts in Go's reference form (`2006-01-02 15:04:05`).

Source: https://pkg.go.dev/time#pkg-constants
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

from bouvier.catalog.gotemplate.durations import duration_text, parse_duration
from bouvier.catalog.gotemplate.errors import FunctionError
from bouvier.catalog.gotemplate.functions import Function, function
from bouvier.catalog.sprig.numbers import as_integer

_PARTS: dict[str, tuple[Callable[[datetime], str], str]] = {
    "January": (lambda moment: moment.strftime("%B"), "%B"),
    "Jan": (lambda moment: moment.strftime("%b"), "%b"),
    "Monday": (lambda moment: moment.strftime("%A"), "%A"),
    "Mon": (lambda moment: moment.strftime("%a"), "%a"),
    "MST": (lambda moment: moment.strftime("%Z"), "%Z"),
    "2006": (lambda moment: f"{moment.year:04d}", "%Y"),
    "-07:00": (lambda moment: _offset(moment, ":"), "%z"),
    "-0700": (lambda moment: _offset(moment, ""), "%z"),
    "Z07:00": (lambda moment: "Z" if not moment.utcoffset() else _offset(moment, ":"), "%z"),
    "Z0700": (lambda moment: "Z" if not moment.utcoffset() else _offset(moment, ""), "%z"),
    "01": (lambda moment: f"{moment.month:02d}", "%m"),
    "02": (lambda moment: f"{moment.day:02d}", "%d"),
    "03": (lambda moment: moment.strftime("%I"), "%I"),
    "04": (lambda moment: f"{moment.minute:02d}", "%M"),
    "05": (lambda moment: f"{moment.second:02d}", "%S"),
    "06": (lambda moment: f"{moment.year % 100:02d}", "%y"),
    "15": (lambda moment: f"{moment.hour:02d}", "%H"),
    "PM": (lambda moment: moment.strftime("%p").upper(), "%p"),
    "pm": (lambda moment: moment.strftime("%p").lower(), "%p"),
    "1": (lambda moment: str(moment.month), "%m"),
    "2": (lambda moment: str(moment.day), "%d"),
    "3": (lambda moment: str(int(moment.strftime("%I"))), "%I"),
    "4": (lambda moment: str(moment.minute), "%M"),
    "5": (lambda moment: str(moment.second), "%S"),
    "_2": (lambda moment: f"{moment.day:2d}", "%d"),
}
_LAYOUT = re.compile(
    r"January|Jan(?![a-z])|Monday|Mon(?![a-z])|MST|2006|-07:00|-0700|Z07:00|Z0700|_2|01|02|03|04|05|06|15|PM|pm|1|2|3|4|5"
)
_FRACTION = re.compile(r"[.,](0+|9+)(?!\d)")


def _offset(moment: datetime, separator: str) -> str:
    seconds = int((moment.utcoffset() or timedelta()).total_seconds())
    hours, rest = divmod(abs(seconds), 3600)
    return f"{'-' if seconds < 0 else '+'}{hours:02d}{separator}{rest // 60:02d}"


def format_time(layout: str, moment: datetime) -> str:
    """Return a moment in a layout."""
    text = _FRACTION.sub(lambda match: _fraction(match, moment), layout)
    return _LAYOUT.sub(lambda match: _PARTS[match[0]][0](moment), text)


def _fraction(match: re.Match[str], moment: datetime) -> str:
    digits = f"{moment.microsecond * 1000:09d}"[: len(match[1])]
    if match[1][0] == "9":
        digits = digits.rstrip("0")
        return f".{digits}" if digits else ""
    return "." + digits


def _moment(value: Any, zone: tzinfo = UTC) -> datetime:
    """Return a date argument: a moment, or seconds since 1970; anything else is now."""
    if isinstance(value, datetime):
        return value.astimezone(zone)
    if isinstance(value, int) and not isinstance(value, bool):
        return datetime.fromtimestamp(value, zone)
    return datetime.now(zone)


def _zone(name: str) -> tzinfo:
    if name in ("", "UTC", "Local"):
        return UTC
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return UTC


def _parsed(layout: str, text: str) -> datetime:
    """Return the moment in a text of a layout.

    Raises:
        ValueError: the text does not fit.
    """
    pattern = _LAYOUT.sub(lambda match: _PARTS[match[0]][1], layout.replace("%", "%%"))
    moment = datetime.strptime(text, pattern)  # noqa: DTZ007 - the zone is set in the next line
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _to_date(layout: str, text: str) -> datetime:
    try:
        return _parsed(layout, text)
    except ValueError:
        return datetime(1, 1, 1, tzinfo=UTC)


def _must_to_date(layout: str, text: str) -> datetime:
    try:
        return _parsed(layout, text)
    except ValueError as error:
        raise FunctionError(str(error)) from None


def _modified(span: str, moment: datetime) -> datetime:
    try:
        return moment + parse_duration(span)
    except ValueError:
        return moment


def _must_modified(span: str, moment: datetime) -> datetime:
    try:
        return moment + parse_duration(span)
    except ValueError as error:
        raise FunctionError(str(error)) from None


def _span_of(value: Any) -> timedelta:
    if isinstance(value, timedelta):
        return value
    if isinstance(value, str):
        try:
            return parse_duration(value)
        except ValueError:
            return timedelta(seconds=as_integer(value))
    return timedelta(seconds=as_integer(value))


def _rounded(value: Any) -> str:
    """Return a span by its largest unit: `2h`, `3mo`."""
    if isinstance(value, datetime):
        value = datetime.now(UTC) - value
    seconds = int(abs(_span_of(value).total_seconds()))
    units = (("y", 31536000), ("mo", 2592000), ("d", 86400), ("h", 3600), ("m", 60), ("s", 1))
    return next((f"{seconds // size}{name}" for name, size in units if seconds >= size), "0s")


def _ago(value: Any) -> str:
    age = datetime.now(UTC) - _moment(value)
    return duration_text(timedelta(seconds=round(age.total_seconds())))


_modify = function("st", _modified)
_must_modify = function("st", _must_modified)
_in_zone = function("sas", lambda layout, value, zone: format_time(layout, _moment(value, _zone(zone))))

FUNCTIONS: dict[str, Function] = {
    "now": function("", lambda: datetime.now(UTC)),
    "date": function("sa", lambda layout, value: format_time(layout, _moment(value))),
    "dateInZone": _in_zone,
    "date_in_zone": _in_zone,
    "htmlDate": function("a", lambda value: format_time("2006-01-02", _moment(value))),
    "htmlDateInZone": function("as", lambda value, zone: format_time("2006-01-02", _moment(value, _zone(zone)))),
    "dateModify": _modify,
    "date_modify": _modify,
    "mustDateModify": _must_modify,
    "must_date_modify": _must_modify,
    "toDate": function("ss", _to_date),
    "mustToDate": function("ss", _must_to_date),
    "unixEpoch": function("t", lambda moment: str(int(moment.timestamp()))),
    "duration": function("a", lambda value: duration_text(timedelta(seconds=as_integer(value)))),
    "durationRound": function("a", _rounded),
    "ago": function("a", _ago),
}
