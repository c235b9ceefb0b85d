"""When a container that keeps ending is started again (pure).

The first restart is immediate; the delay before the next is 10 s and doubles up to 5 minutes, counted from the end of
the container. One that has run for 10 minutes starts over.
Source: https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#restart-policy
"""

from __future__ import annotations

from bouvier.node.pods.records import Record

FIRST_SECONDS = 10.0
MOST_SECONDS = 300.0
RESET_SECONDS = 600.0


def delay_seconds(level: int) -> float:
    """Return the delay after a container of that level has ended."""
    if level <= 0:
        return 0.0
    return float(min(MOST_SECONDS, FIRST_SECONDS * 2 ** min(level - 1, 10)))


def effective_level(record: Record) -> int:
    """Return the level of an ended container, 0 when it ran long enough."""
    ran = record.ended_seconds - record.started_seconds
    return 0 if ran >= RESET_SECONDS else record.level


def restart_at(record: Record) -> float:
    """Return the moment, in seconds since the epoch, from which it may be started again."""
    return record.ended_seconds + delay_seconds(effective_level(record))


def next_level(record: Record) -> int:
    """Return the level of the container that replaces it."""
    return effective_level(record) + 1


def show(seconds: float) -> str:
    """Return a delay as messages show it: `10s`, `2m40s`."""
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes}m{rest}s" if minutes else f"{rest}s"
