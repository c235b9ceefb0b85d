"""Lengths of time in table cells."""

from datetime import UTC, datetime

import pytest

from bouvier.util.durations import age_text, human_duration

MINUTE, HOUR, DAY, YEAR = 60, 3600, 86400, 365 * 86400


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (-5, "<invalid>"),
        (-1, "0s"),
        (0, "0s"),
        (119, "119s"),
        (2 * MINUTE, "2m"),
        (2 * MINUTE + 3, "2m3s"),
        (10 * MINUTE + 5, "10m"),
        (179 * MINUTE, "179m"),
        (3 * HOUR, "3h"),
        (3 * HOUR + 5 * MINUTE, "3h5m"),
        (9 * HOUR + 5 * MINUTE, "9h"),
        (47 * HOUR, "47h"),
        (48 * HOUR, "2d"),
        (50 * HOUR, "2d2h"),
        (8 * DAY + HOUR, "8d"),
        (729 * DAY, "729d"),
        (2 * YEAR + DAY, "2y1d"),
        (9 * YEAR, "9y"),
    ],
)
def test_two_units_while_short(seconds, expected):
    """A length has two units while it is short, as in kubectl's tables."""
    assert human_duration(seconds) == expected


def test_age_counts_from_the_moment():
    """An age is the time since the given moment; without a moment it is unknown."""
    now = datetime(2026, 1, 1, 12, 0, 0, tzinfo=UTC)
    assert age_text("2026-01-01T11:59:15Z", now) == "45s"
    assert age_text(None, now) == "<unknown>"
