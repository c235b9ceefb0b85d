"""How many calls a hook takes: a bucket for each, that a minute fills. Pure: the time is passed in."""

from __future__ import annotations

from dataclasses import dataclass

MINUTE_SECONDS = 60.0


@dataclass(slots=True)
class _Bucket:
    calls: float
    at: float


class RateLimits:
    """Remembers, in memory, how many calls each hook has left."""

    def __init__(self) -> None:
        self._buckets: dict[str, _Bucket] = {}

    def take(self, key: str, per_minute: int, now: float) -> float:
        """Take one call; return 0, or the seconds until one is there again."""
        bucket = self._buckets.setdefault(key, _Bucket(per_minute, now))
        rate = per_minute / MINUTE_SECONDS
        bucket.calls = min(float(per_minute), bucket.calls + (now - bucket.at) * rate)
        bucket.at = now
        if bucket.calls < 1:
            return (1 - bucket.calls) / rate
        bucket.calls -= 1
        return 0.0

    def forget(self, key: str) -> None:
        """Drop what is known of a hook."""
        self._buckets.pop(key, None)
