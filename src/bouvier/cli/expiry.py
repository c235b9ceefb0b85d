"""Times to live as users write them: `30m`, `24h`, `7d`."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from bouvier.cli.errors import CommandError

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def moment_after(text: str, option: str, now: datetime | None = None) -> str:
    """Return the moment so long after now, in the API's form; empty for an empty text.

    Raises:
        CommandError: the text has another form.
    """
    if not text:
        return ""
    until = (now or datetime.now(UTC)) + timedelta(seconds=seconds_of(text, option))
    return until.strftime("%Y-%m-%dT%H:%M:%SZ")


def seconds_of(text: str, option: str) -> int:
    """Return a length of time in seconds.

    Raises:
        CommandError: the text has another form.
    """
    number, unit = text[:-1], text[-1:]
    if unit not in _UNITS or not number.isdigit() or not 0 < int(number) * _UNITS[unit] < 100 * 365 * 86400:
        raise CommandError(f"{option} {text}: expected a number and one of s, m, h, d, such as 30d")
    return int(number) * _UNITS[unit]
