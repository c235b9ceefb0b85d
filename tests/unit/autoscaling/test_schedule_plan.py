"""Which rule of a ScalingSchedule holds when, also where clocks are changed."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bouvier.autoscaling.schedule_plan import Sizes, bounds, holding, size

OFFICE = {
    "timeZone": "Europe/Paris",
    "rules": [
        {"name": "day", "schedule": "0 8 * * 1-5", "replicas": 5},
        {"name": "night", "schedule": "0 20 * * *", "replicas": 1},
    ],
}


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


@pytest.mark.parametrize(
    ("moment", "rule", "since", "ahead"),
    [
        ("2026-11-23T07:59:59+01:00", "night", "2026-11-22T20:00:00+01:00", "day"),
        ("2026-11-23T08:00:00+01:00", "day", "2026-11-23T08:00:00+01:00", "night"),
        ("2026-11-28T12:00:00+01:00", "night", "2026-11-27T20:00:00+01:00", "night"),  # Saturday: no day
        ("2026-07-01T08:30:00+02:00", "day", "2026-07-01T08:00:00+02:00", "night"),  # summer time
    ],
)
def test_the_rule_whose_time_came_last_holds(moment: str, rule: str, since: str, ahead: str) -> None:
    """In the zone's own time of day, at any date."""
    found = holding(OFFICE, at(moment))
    assert found.rule is not None
    assert found.next_rule is not None
    assert (found.rule["name"], found.since, found.next_rule["name"]) == (rule, at(since), ahead)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("2026-03-29T00:30:00+00:00", "2026-03-29T02:30:00+00:00"),
        ("2026-10-24T23:30:00+00:00", "2026-10-25T02:30:00+00:00"),
    ],
)
def test_a_rule_within_the_changed_hour_comes_once(before: str, after: str) -> None:
    """Half past two is skipped in March and exists twice in October: the rule's time comes once in that night."""
    spec = OFFICE | {"rules": [{"name": "x", "schedule": "30 2 * * *", "replicas": 2}]}
    moments = {holding(spec, at(before) + timedelta(minutes=n)).since for n in range(181)}
    assert len(moments) == 2  # the night before, and this one


def test_a_rule_that_never_came_holds_nothing() -> None:
    """A date that does not exist has neither a last nor a next time; one that comes in four years has."""
    leap = {"rules": [{"name": "leap", "schedule": "0 0 29 2 *", "replicas": 3}]}
    found = holding(leap, at("2026-11-23T00:00:00+00:00"))
    assert found.since == at("2024-02-29T00:00:00+00:00")
    assert found.next_time == at("2028-02-29T00:00:00+00:00")


@given(
    st.integers(1_577_836_800, 2_051_222_400),
    st.sampled_from(["UTC", "Europe/Paris", "America/New_York"]),
)
def test_now_is_always_between_two_times(second: int, zone: str) -> None:
    """Whatever the moment, the last time is not after it, the next one is, and one follows from the other."""
    spec, now = OFFICE | {"timeZone": zone}, datetime.fromtimestamp(second, UTC)
    found = holding(spec, now)
    assert found.since is not None
    assert found.next_time is not None
    assert found.since <= now < found.next_time
    assert holding(spec, found.next_time).since == found.next_time


def test_what_a_rule_does_not_name_stays() -> None:
    """Bounds with an autoscaler, a clamp without one; replicas is exact for both."""
    assert bounds({"minReplicas": 3}, Sizes(1, 9)) == Sizes(3, 9)
    assert bounds({"replicas": 4}, Sizes(1, 9)) == Sizes(4, 4)
    assert [size({"minReplicas": 3, "maxReplicas": 6}, n) for n in (1, 4, 8)] == [3, 4, 6]
    assert size({"replicas": 0}, 8) == 0
