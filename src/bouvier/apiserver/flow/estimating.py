"""How many seats a request takes: by the objects of a list, by those who are told of a write. Pure.

A seat is some 100 µs of the loop (`design/flow.md`): that is 100 objects of a list, and what it takes to tell
25 watchers of a change (4 µs each).
"""

from __future__ import annotations

import math
from collections.abc import Mapping

OBJECTS_PER_SEAT = 100
"""As the original."""
WATCHERS_PER_SEAT = 25
MOST_SEATS = 10
"""As the original: a request may be wide, but not keep everybody else out."""
_TRUE = ("true", "1", "True")


def list_seats(query: Mapping[str, str], stored: int) -> int:
    """Return the seats of a list among `stored` objects."""
    fields = query.get("fieldSelector", "")
    if fields.startswith("metadata.name=") and "," not in fields:
        return 1
    objects = stored
    limit = query.get("limit", "")
    if limit.isdecimal() and len(limit) < 10 and int(limit) and not fields and not query.get("labelSelector"):
        objects = min(stored, int(limit))
    return _bounded(objects / OBJECTS_PER_SEAT)


def watch_seats(query: Mapping[str, str], stored: int) -> int:
    """Return the seats of a watch until it has begun: those of a list, if it begins with one."""
    wanted = query.get("sendInitialEvents", "")
    begins = wanted in _TRUE if wanted else query.get("resourceVersion", "") in ("", "0")
    return list_seats(query, stored) if begins else 1


def write_seats(watchers: int) -> int:
    """Return the seats of a write that so many are told of."""
    return _bounded(watchers / WATCHERS_PER_SEAT)


def _bounded(seats: float) -> int:
    return min(MOST_SEATS, max(1, math.ceil(seats)))
