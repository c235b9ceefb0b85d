"""Exponential back-off with jitter."""

from __future__ import annotations

import random
from dataclasses import dataclass


@dataclass(slots=True)
class Backoff:
    """Delays that double with every failure; one instance a thing that is retried."""

    first_seconds: float
    most_seconds: float
    jitter: float = 0.2
    """Part of a delay that is drawn, so that many clients of a restarted server come back spread out."""
    failures: int = 0

    def next_seconds(self) -> float:
        """Count a failure and return how long to wait after it."""
        exact = delay_seconds(self.failures, self.first_seconds, self.most_seconds)
        self.failures += 1
        return exact * (1 - self.jitter * random.random())  # noqa: S311 - spreads load

    def reset(self) -> None:
        """Forget the failures."""
        self.failures = 0


def delay_seconds(failures: int, first_seconds: float, most_seconds: float) -> float:
    """Return the delay after so many earlier failures."""
    if failures > 60:
        return most_seconds
    return min(most_seconds, first_seconds * 2.0**failures)
