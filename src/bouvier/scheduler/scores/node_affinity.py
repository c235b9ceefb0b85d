"""Prefer hosts that the pod's preferred node affinity names: the sum of the weights of the terms that match."""

from __future__ import annotations

import numpy as np

from bouvier.scheduler.filters.node_affinity import satisfying
from bouvier.scheduler.labels import Mask
from bouvier.scheduler.scores.base import Points, stretched
from bouvier.scheduler.shape import Shape
from bouvier.scheduler.snapshot import Snapshot

WEIGHT = 2.0


def raw(snapshot: Snapshot, shape: Shape) -> Points | None:
    """Return the sums; an empty term matches every host."""
    if not shape.preferred_nodes:
        return None
    sums = np.zeros(snapshot.capacity)
    for term, weight in shape.preferred_nodes:
        matched = satisfying(snapshot, term) if term.labels or term.names else snapshot.present
        sums += weight * matched
    return sums


def normalised(raw: Points, feasible: Mask) -> Points:
    """Give the largest sum 100."""
    return stretched(raw, feasible)
