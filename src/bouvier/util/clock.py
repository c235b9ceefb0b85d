"""Time as the API writes it: RFC 3339 in UTC, whole seconds or microseconds."""

from datetime import UTC, datetime


def now_text() -> str:
    """Return the present second, the form of `metav1.Time`."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def now_micro_text() -> str:
    """Return the present microsecond, the form of `metav1.MicroTime`."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def parse_time(text: str) -> datetime:
    """Return the moment that an API time names.

    Raises:
        ValueError: the text is not RFC 3339.

    """
    return datetime.fromisoformat(text.replace("Z", "+00:00"))
