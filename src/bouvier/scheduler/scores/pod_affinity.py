"""Prefer to be near some pods and far from others: preferred pod affinity and anti-affinity of the pod itself.

Preferences of pods that run already towards this one are not counted.
"""

from __future__ import annotations

import numpy as np

from bouvier.scheduler.filters.pod_affinity import in_domain
from bouvier.scheduler.labels import Mask
from bouvier.scheduler.scores.base import BEST, Points
from bouvier.scheduler.shape import Shape
from bouvier.scheduler.snapshot import Snapshot
from bouvier.scheduler.terms import PodMatcher

WEIGHT = 2.0


def raw(snapshot: Snapshot, shape: Shape) -> Points | None:
    """Return the weights times the pods meant in each host's domain, added up."""
    if not shape.preferred_pods:
        return None
    sums = np.zeros(snapshot.capacity)
    for term in shape.preferred_pods:
        sums += term.weight * in_domain(snapshot, snapshot.counts.of(PodMatcher((term.pods,))), term.topology_key)
    return sums


def normalised(raw: Points, feasible: Mask) -> Points:
    """Give the largest sum 100 and the smallest 0."""
    chosen = raw[feasible]
    if not chosen.size or chosen.max() == chosen.min():
        return np.zeros_like(raw)
    return np.asarray(np.floor(BEST * (raw - chosen.min()) / (chosen.max() - chosen.min())))
