"""Prefer hosts on which the pod leaves cpu and memory used in like proportion, so that neither is stranded."""

from __future__ import annotations

import numpy as np

from bouvier.scheduler.scores.base import ALL, BEST, Points
from bouvier.scheduler.shape import Shape
from bouvier.scheduler.snapshot import Snapshot

WEIGHT = 1.0


def points(snapshot: Snapshot, shape: Shape, rows: slice = ALL) -> Points:
    """Return 100 minus the standard deviation of the two used percentages; 0 for pods that request neither."""
    if not shape.requests.get("cpu") and not shape.requests.get("memory"):
        return np.zeros_like(snapshot.usage[0, rows], np.float64)
    cpu, memory = (_used(snapshot, shape, name, rows) for name in ("cpu", "memory"))
    return np.floor((1 - np.abs(cpu - memory) / 2) * BEST)


def _used(snapshot: Snapshot, shape: Shape, name: str, rows: slice) -> Points:
    offered = snapshot.allocatable(name)[rows]
    used = snapshot.requested(name)[rows] + shape.requests.get(name, 0)
    fractions: Points = np.minimum(used / np.maximum(offered, 1), 1.0)
    return fractions
