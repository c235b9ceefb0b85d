"""What a score is: 0 to 100 for every host, larger is better.

Scores of resources are absolute. The others are raw figures that are stretched to 0-100 over the hosts that may take
the pod; None instead of an array says that the score has no opinion on this pod.
"""

from __future__ import annotations

from typing import Protocol

import numpy as np
import numpy.typing as npt

from bouvier.scheduler.labels import Mask
from bouvier.scheduler.shape import Shape
from bouvier.scheduler.snapshot import Snapshot

Points = npt.NDArray[np.float64]
BEST = 100.0
ALL = slice(None)


class Score(Protocol):
    """A module of this package whose figures depend on all hosts."""

    WEIGHT: float

    def raw(self, snapshot: Snapshot, shape: Shape) -> Points | None:
        """Return the raw figures."""
        ...

    def normalised(self, raw: Points, feasible: Mask) -> Points:
        """Return points for the hosts in `feasible`; those of other hosts mean nothing."""
        ...


class HostScore(Protocol):
    """A module of this package whose points for a host depend on that host alone."""

    WEIGHT: float

    def points(self, snapshot: Snapshot, shape: Shape, rows: slice = ALL) -> Points:
        """Return the points."""
        ...


def stretched(raw: Points, feasible: Mask, *, reverse: bool = False) -> Points:
    """Scale so that the largest raw figure gets 100 (or 0, when small is good); all zeros stay without a difference."""
    top = float(raw[feasible].max(initial=0.0))
    if top <= 0:
        return np.full(len(raw), BEST if reverse else 0.0)
    points = np.floor(raw * BEST / top)
    return BEST - points if reverse else points
