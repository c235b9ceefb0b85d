"""Prefer hosts with much cpu and memory free, so that load spreads.

Pods that request nothing count with a small usage (`requests.assumed_usage`).
"""

from __future__ import annotations

import numpy as np

from bouvier.scheduler.scores.base import ALL, BEST, Points
from bouvier.scheduler.shape import Shape
from bouvier.scheduler.snapshot import Snapshot

WEIGHT = 1.0


def points(snapshot: Snapshot, shape: Shape, rows: slice = ALL) -> Points:
    """Return the mean of the free percentages, as they would be with the pod, in whole points."""
    total = np.zeros_like(snapshot.usage[0, rows], np.float64)
    counted = np.zeros_like(total)
    for index, name in enumerate(("cpu", "memory")):
        offered = snapshot.allocatable(name)[rows]
        free = offered - snapshot.usage[index, rows] - shape.usage[index]
        known = offered > 0
        total += np.where(known, np.maximum(free, 0) * BEST // np.maximum(offered, 1), 0)
        counted += known
    return np.floor(total / np.maximum(counted, 1))
