"""When each host was last heard, by our own clock: clocks of different hosts are never compared."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from time import monotonic


class Heartbeats:
    """Signs of life of the hosts. A host that was never heard counts from when it was first seen."""

    def __init__(self, grace_seconds: float, clock: Callable[[], float] = monotonic) -> None:
        self.grace_seconds = grace_seconds
        self._clock = clock
        self._heard: dict[tuple[str, str], tuple[Hashable, float]] = {}
        self._last: dict[str, float] = {}

    def note(self, host: str, source: str, sign: Hashable) -> None:
        """Take in what a source (`lease`, `status`) shows; only a change of it is a sign of life."""
        known = self._heard.get((host, source))
        if known is None or known[0] != sign:
            self._heard[host, source] = (sign, self._clock())
            self._last[host] = self._clock()

    def remaining_seconds(self, host: str) -> float:
        """Return how long the host may still stay unheard; negative or zero if it is silent."""
        last = self._last.setdefault(host, self._clock())
        return last + self.grace_seconds - self._clock()

    def restart(self) -> None:
        """Give every host the whole grace time again."""
        self._last = dict.fromkeys(self._last, self._clock())

    def forget(self, host: str) -> None:
        """Drop a host that is gone."""
        self._last.pop(host, None)
        for source in ("lease", "status"):
            self._heard.pop((host, source), None)
