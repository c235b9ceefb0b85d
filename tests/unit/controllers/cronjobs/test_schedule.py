"""When schedules are due."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bouvier.controllers.cronjobs.schedule import MANY, ScheduleError, due, zone
from bouvier.kinds.batch_v1.schedule import schedule_error

NOON = datetime(2026, 3, 28, 12, 0, 30, tzinfo=UTC)


def at(schedule, where=None, hours=48, now=NOON):
    return due(schedule, zone(where), now - timedelta(hours=hours), now)


@pytest.mark.parametrize(
    ("schedule", "latest", "following"),
    [
        ("* * * * *", "28T12:00", "28T12:01"),
        ("*/15 * * * *", "28T12:00", "28T12:15"),
        ("0 3 * * MON-FRI", "27T03:00", "30T03:00"),
        ("@daily", "28T00:00", "29T00:00"),
        ("@hourly", "28T12:00", "28T13:00"),
        ("0 0 ? * sat", "28T00:00", "35T00:00"),
    ],
)
def test_schedules_of_every_form(schedule, latest, following):
    """Fields, names, steps and words; the latest time and the next one."""
    found = at(schedule)
    month = datetime(2026, 3, 1, tzinfo=UTC)
    day, hour = following.split("T")
    expected = month + timedelta(days=int(day) - 1, hours=int(hour[:2]), minutes=int(hour[3:]))
    assert found.latest.strftime("%dT%H:%M") == latest
    assert found.next == expected


def test_restricted_days_of_both_kinds_are_alternatives():
    """`*/2` restricts the days of the month, so Mondays are added, as in Kubernetes."""
    monday = datetime(2026, 3, 30, 12, tzinfo=UTC)
    assert at("0 0 */2 * 1", now=monday).latest == datetime(2026, 3, 30, tzinfo=UTC)
    assert at("0 0 1 * *", now=monday).latest is None


def test_time_zones_and_their_changes():
    """Noon in Paris is 11:00 UTC in winter and 10:00 in summer; a time that does not exist comes a little later."""
    sunday = datetime(2026, 3, 29, 23, tzinfo=UTC)
    assert at("0 12 * * *", "Europe/Paris", 30).latest.hour == 11
    assert at("0 12 * * *", "Europe/Paris", 30, sunday).latest.hour == 10
    assert at("30 2 * * *", "Europe/Paris", 23, sunday).latest == datetime(2026, 3, 29, 1, tzinfo=UTC)
    assert at("30 2 * * *", "Europe/Paris", 23, sunday).missed == 0


def test_every_counts_from_the_time_before():
    """`@every` has no fixed times of day."""
    found = at("@every 1h30m", hours=4)
    assert found.latest == NOON - timedelta(hours=1)
    assert found.next == NOON + timedelta(minutes=30)
    assert found.missed == 1


def test_a_long_absence_costs_little():
    """A year of minutes is not walked through."""
    assert at("* * * * *", hours=24 * 365).missed == MANY


def test_unreadable_schedules_are_refused():
    """A zone that does not exist, and a day that never comes."""
    with pytest.raises(ScheduleError, match="unknown time zone"):
        zone("Mars/Olympus")
    with pytest.raises(ScheduleError):
        at("0 0 31 2 *")


FIELD = st.sampled_from(["*", "*/7", "3", "1-5", "1,4", "2-8/3", "?"])


@given(minute=FIELD, hour=FIELD, day=FIELD, weekday=st.sampled_from(["*", "?", "1", "1-5", "MON", "*/2", "0"]))
def test_what_the_api_accepts_can_be_run(minute, hour, day, weekday):
    """Every schedule that validation lets through has a next time, and the latest one is not later than now."""
    schedule = f"{minute} {hour} {day} * {weekday}"
    assert schedule_error(schedule) == ""
    found = at(schedule)
    assert found.next > NOON
    assert found.latest is None or NOON - timedelta(hours=48) < found.latest <= NOON
