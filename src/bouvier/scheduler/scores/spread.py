"""Spread a group over domains as far as possible: constraints with ScheduleAnyway, else by owner over hosts and zones.

The fewer pods of the group in a host's domain the better. A constraint with few domains weighs less (log of their
number), since each of its domains holds more pods. Pods without constraints of their own, but with a controller, are
spread over hosts and over zones, counting the pods of the same controller.

Source: https://kubernetes.io/docs/concepts/scheduling-eviction/topology-spread-constraints/#internal-default-constraints
"""

from __future__ import annotations

import numpy as np

from bouvier.scheduler.filters import spread
from bouvier.scheduler.filters.pod_affinity import in_domain
from bouvier.scheduler.labels import MISSING, Counts, Mask
from bouvier.scheduler.scores.base import BEST, Points
from bouvier.scheduler.shape import Shape
from bouvier.scheduler.snapshot import Snapshot
from bouvier.scheduler.terms import HOSTNAME, ZONE, PodMatcher, SpreadConstraint

WEIGHT = 2.0
_DEFAULT_SKEWS = ((HOSTNAME, 3), (ZONE, 5))
"""Kubernetes' built-in default constraints."""


def raw(snapshot: Snapshot, shape: Shape) -> Points | None:
    """Return the weighted number of pods of the group near each host; NaN where a label is missing."""
    soft = [constraint for constraint in shape.spread if not constraint.hard]
    if soft:
        return _by_constraints(snapshot, shape, soft)
    if shape.owner and not shape.spread:
        return _by_owner(snapshot, shape)
    return None


def normalised(raw: Points, feasible: Mask) -> Points:
    """Give the emptiest domain 100; hosts without the labels get 0."""
    counted = raw[feasible & ~np.isnan(raw)]
    if not counted.size or counted.max() <= 0:
        return np.where(np.isnan(raw), 0.0, BEST)
    top, bottom = float(counted.max()), float(counted.min())
    return np.nan_to_num(np.floor(BEST * (top + bottom - raw) / top))


def _by_constraints(snapshot: Snapshot, shape: Shape, soft: list[SpreadConstraint]) -> Points:
    total = np.zeros(snapshot.capacity)
    for constraint in soft:
        column = snapshot.labels.column(constraint.topology_key)
        counts, exists = spread.domain_counts(snapshot, constraint, spread.taking_part(snapshot, shape, constraint))
        figures = _weigh(counts[column], int(exists.sum()), constraint.max_skew)
        total += np.where(column == MISSING, np.nan, figures)
    return np.round(total)


def _by_owner(snapshot: Snapshot, shape: Shape) -> Points:
    pods = snapshot.counts.of(PodMatcher(owner=shape.owner, skip_deleting=True))
    total = np.zeros(snapshot.capacity)
    for key, skew in _DEFAULT_SKEWS:
        domains = snapshot.labels.in_use(key)
        if not domains:
            continue
        near = pods if key == HOSTNAME else in_domain(snapshot, pods, key)
        total += np.where(snapshot.labels.column(key) == MISSING, 0, _weigh(near, domains, skew))
    return np.round(total)


def _weigh(counts: Counts, domains: int, max_skew: int) -> Points:
    return np.asarray(counts * np.log(domains + 2) + (max_skew - 1), np.float64)
