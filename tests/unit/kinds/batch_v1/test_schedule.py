"""Cron schedules."""

import pytest

from bouvier.kinds.batch_v1.schedule import schedule_error


@pytest.mark.parametrize(
    "text", ["* * * * *", "*/5 0-6 1,15 jan-MAR mon", "@daily", "@every 1h30m", "0 0 ? * 0", "59 23 31 12 6"]
)
def test_good_schedules(text):
    """Five fields, or a word."""
    assert schedule_error(text) == ""


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("* * * *", "expected exactly 5 fields, found 4: [* * * *]"),
        ("60 * * * *", "end of range (60) above maximum (59): 60"),
        ("* * 0 * *", "beginning of range (0) below minimum (1): 0"),
        ("5-3 * * * *", "beginning of range (5) beyond end of range (3): 5-3"),
        ("*/0 * * * *", "step of range should be a positive number: */0"),
        ("x * * * *", "failed to parse int from x"),
        ("@sometimes", "unrecognized descriptor: @sometimes"),
    ],
)
def test_bad_schedules(text, message):
    """The message tells which part is wrong."""
    assert schedule_error(text) == message
