"""How long a host waits before a failed daemon pod is replaced: longer with every failure, so that a pod that cannot
live does not fill the engine with corpses. Held in memory: after a restart the first replacement is made at once.
"""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic

FIRST_SECONDS = 1.0
MOST_SECONDS = 900.0
"""Kubernetes' numbers: one second, doubled with every failure up to a quarter of an hour."""


class FailureDelays:
    """Delays by DaemonSet and host."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._known: dict[tuple[str, str], tuple[float, float]] = {}
        """Present delay, and when it began."""

    def seconds_left(self, uid: str, host: str) -> float:
        """Return how long the host must wait; 0 means now, which doubles its delay for the next time."""
        now, key = self._clock(), (uid, host)
        delay, began = self._known.get(key, (0.0, now))
        if now - began > 2 * MOST_SECONDS:
            delay = 0.0
        left = began + delay - now
        if left > 0:
            return left
        self._known[key] = (min(max(2 * delay, FIRST_SECONDS), MOST_SECONDS), now)
        return 0.0

    def forget(self, uid: str) -> None:
        """Drop what is known about a DaemonSet that is gone."""
        for key in [key for key in self._known if key[0] == uid]:
            del self._known[key]
