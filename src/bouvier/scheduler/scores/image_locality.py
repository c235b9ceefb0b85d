"""Prefer hosts that have the pod's images, the more so the larger they are.

An image counts with its size times the part of all hosts that have it: following an image that only one host has
would pile the pods up there. Bounds as in Kubernetes: under 23 MB nothing is gained, 1000 MB a container is the most.
"""

from __future__ import annotations

import numpy as np

from bouvier.scheduler.labels import Mask
from bouvier.scheduler.scores.base import BEST, Points
from bouvier.scheduler.shape import Shape
from bouvier.scheduler.snapshot import Snapshot

WEIGHT = 1.0
SMALL_BYTES = 23 << 20
LARGE_BYTES = 1000 << 20


def raw(snapshot: Snapshot, shape: Shape) -> Points | None:
    """Return the points, without need of further scaling."""
    sums = np.zeros(snapshot.capacity)
    hosts = max(1, len(snapshot.row_of))
    for image in shape.images:
        sizes = snapshot.images.get(image)
        if sizes:
            sums[list(sizes)] += np.floor(np.array(list(sizes.values())) * (len(sizes) / hosts))
    if not sums.any():
        return None
    most = LARGE_BYTES * len(shape.images)
    return np.floor(BEST * (np.clip(sums, SMALL_BYTES, most) - SMALL_BYTES) / (most - SMALL_BYTES))


def normalised(raw: Points, _feasible: Mask) -> Points:
    """Return the points as they are."""
    return raw
