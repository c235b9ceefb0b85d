"""Soft preferences: one module per score. Pure.

Weights are Kubernetes' defaults. `HOST_SCORES` of a host change only with that host's own pods; `FIXED_SCORES` change
with hosts only; `POD_SCORES` with every pod that is placed.
"""

from bouvier.scheduler.scores import (
    balanced_allocation,
    image_locality,
    least_allocated,
    node_affinity,
    pod_affinity,
    spread,
    taints,
)
from bouvier.scheduler.scores.base import HostScore, Score

HOST_SCORES: tuple[HostScore, ...] = (least_allocated, balanced_allocation)
FIXED_SCORES: tuple[Score, ...] = (taints, node_affinity, image_locality)
POD_SCORES: tuple[Score, ...] = (spread, pod_affinity)

__all__ = ["FIXED_SCORES", "HOST_SCORES", "POD_SCORES", "HostScore", "Score"]
