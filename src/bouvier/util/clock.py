"""Time as the API writes it: RFC 3339 in UTC, whole seconds or microseconds."""

import time
from datetime import UTC, datetime
from functools import lru_cache


def now_text() -> str:
    """Return the present second, the form of `metav1.Time`."""
    return _second_text(int(time.time()))


def now_micro_text() -> str:
    """Return the present microsecond, the form of `metav1.MicroTime`."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def parse_time(text: str) -> datetime:
    """Return the moment that an API time names.

    Raises:
        ValueError: the text is not RFC 3339.

    """
    return datetime.fromisoformat(text)


@lru_cache(maxsize=2)
def _second_text(second: int) -> str:
    return datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
