"""When a schedule is due (pure), by the library `cronsim`, in a time zone.

Where the clock is put forward, a time that does not exist is due at the next one that does; where it is put back, a time
that exists twice is due once. A field of days such as `*/2` restricts days, as in Kubernetes' own parser.
Source: https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/#schedule-syntax
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from itertools import islice
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cronsim import CronSim, CronSimError

WORDS = {
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
    "@monthly": "0 0 1 * *",
    "@weekly": "0 0 * * 0",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@hourly": "0 * * * *",
}
MANY = 100
"""Missed times after which Kubernetes warns of a wrong clock or a missing deadline."""
_UNITS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}
_PART = re.compile(r"([0-9]+(?:\.[0-9]+)?)(ns|us|µs|ms|s|m|h)")


class ScheduleError(ValueError):
    """The schedule or its time zone cannot be read, or no day fits it."""

    def __init__(self, reason: str, text: str) -> None:
        super().__init__(text)
        self.reason = reason
        """Of the event that tells it."""


@dataclass(frozen=True, slots=True)
class Due:
    """What a schedule asks for at a moment."""

    latest: datetime | None
    """The last time that has come since the one before, None if none has."""
    next: datetime | None
    """The first time to come; None if there is none."""
    missed: int = 0
    """Times that came after the one before and before `latest`, `MANY` at most."""


def zone(name: str | None) -> tzinfo:
    """Return the time zone, UTC for None.

    Raises:
        ScheduleError: there is no such zone.
    """
    if not name:
        return UTC
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        text = f'invalid timeZone: "{name}": unknown time zone {name}'
        raise ScheduleError("UnknownTimeZone", text) from error


def due(schedule: str, where: tzinfo, since: datetime, now: datetime) -> Due:
    """Return what came due after `since` until `now`, and what comes next.

    Raises:
        ScheduleError: the schedule cannot be read.
    """
    if schedule.startswith("@every "):
        return _every(_seconds(schedule), since, now)
    text = fields(schedule)
    try:
        ahead = _moments(CronSim(text, now.astimezone(where)))
        past = _moments(CronSim(text, now.astimezone(where) + timedelta(seconds=1), reverse=True))
    except CronSimError as error:
        raise _unfit(schedule, text, str(error)) from error
    reached: list[datetime] = []
    for moment in islice(past, MANY + 1):
        if moment <= since:
            break
        reached.append(moment)
    return Due(reached[0] if reached else None, next(ahead, None), max(len(reached) - 1, 0))


def _unfit(schedule: str, text: str, why: str) -> ScheduleError:
    """Tell a schedule of days that do not exist, like the 31st of February, from one that cannot be read."""
    minute, hour, days, _month, weekdays = text.split() if text.count(" ") == 4 else [""] * 5
    try:
        CronSim(f"{minute} {hour} {days} * {weekdays}", datetime(2000, 1, 1, tzinfo=UTC))
    except CronSimError:
        return _unreadable(schedule, why)
    why = "time difference between two schedules is less than 1 second"
    return ScheduleError("InvalidSchedule", f"invalid schedule: {schedule} : {why}")


def _unreadable(schedule: str, why: str) -> ScheduleError:
    return ScheduleError("UnparseableSchedule", f'unparseable schedule: "{schedule}" : {why}')


def fields(schedule: str) -> str:
    """Return the five fields as `cronsim` reads them."""
    parts = WORDS.get(schedule, schedule).replace("?", "*").split()
    if len(parts) == 5:
        parts[2] = re.sub(r"(^|,)\*/", r"\g<1>1-31/", parts[2])
        parts[4] = re.sub(r"(^|,)\*/", r"\g<1>0-6/", parts[4])
    return " ".join(parts)


def _moments(simulation: CronSim) -> Iterator[datetime]:
    return (moment.astimezone(UTC) for moment in simulation)


def _seconds(schedule: str) -> int:
    """Return the whole seconds between two times of an `@every` schedule, at least one."""
    parts = _PART.findall(schedule)
    if not parts:
        raise _unreadable(schedule, f"failed to parse duration {schedule}")
    return max(int(sum(float(number) * _UNITS[unit] for number, unit in parts)), 1)


def _every(seconds: int, since: datetime, now: datetime) -> Due:
    count = max(int((now - since).total_seconds() // seconds), 0)
    latest = since + timedelta(seconds=count * seconds) if count else None
    return Due(latest, since + timedelta(seconds=(count + 1) * seconds), min(max(count - 1, 0), MANY))
