"""Avoid hosts with taints of effect PreferNoSchedule that the pod does not tolerate: the fewer the better."""

from __future__ import annotations

import numpy as np

from bouvier.scheduler.labels import Mask
from bouvier.scheduler.scores.base import Points, stretched
from bouvier.scheduler.shape import Shape
from bouvier.scheduler.snapshot import Snapshot

WEIGHT = 3.0


def raw(snapshot: Snapshot, shape: Shape) -> Points | None:
    """Return the number of such taints."""
    counts = np.zeros(snapshot.capacity)
    for taint, rows in snapshot.tainted.items():
        if taint.effect == "PreferNoSchedule" and not any(t.covers(taint) for t in shape.tolerations):
            counts[list(rows)] += 1
    return counts if counts.any() else None


def normalised(raw: Points, feasible: Mask) -> Points:
    """Give no taint 100 and the most 0."""
    return stretched(raw, feasible, reverse=True)
