"""Topology spread constraints with DoNotSchedule: the fullest domain exceeds the emptiest by at most maxSkew.

A domain is a value of the constraint's host label. Pods of the constraint's group are counted by domain over the hosts
that take part: those that have the labels of all such constraints, that the pod's node affinity allows (unless
nodeAffinityPolicy is Ignore) and whose taints it tolerates (only if nodeTaintsPolicy is Honor).

Source: https://kubernetes.io/docs/concepts/scheduling-eviction/topology-spread-constraints/
"""

from __future__ import annotations

import numpy as np

from bouvier.scheduler.filters import node_affinity, taints
from bouvier.scheduler.filters.base import ALL, Reason
from bouvier.scheduler.labels import MISSING, Counts, Mask
from bouvier.scheduler.shape import Shape
from bouvier.scheduler.snapshot import Snapshot
from bouvier.scheduler.terms import PodMatcher, SpreadConstraint

NAME = "PodTopologySpread"


def check(snapshot: Snapshot, shape: Shape, rows: slice = ALL) -> Mask:
    """Return the hosts in domains that may take one more."""
    mask = np.ones(snapshot.capacity, np.bool_)
    for constraint in _hard(shape):
        mask &= _allowed(snapshot, shape, constraint)
    return mask[rows]


def explain(snapshot: Snapshot, shape: Shape, refused: Mask) -> list[Reason]:
    """Return whether the label is missing or the domain is full."""
    missing = refused & ~_labelled(snapshot, shape)
    full = refused & ~missing
    text = "node(s) didn't match pod topology spread constraints"
    reasons = [Reason(text, full), Reason(f"{text} (missing required label)", missing)]
    return [reason for reason in reasons if reason.hosts.any()]


def remedy(snapshot: Snapshot, shape: Shape, row: int) -> str:
    """Name the constraint and its numbers."""
    for constraint in _hard(shape):
        column = snapshot.labels.column(constraint.topology_key)
        if column[row] == MISSING:
            return f"give the host the label {constraint.topology_key}"
        if not _allowed(snapshot, shape, constraint)[row]:
            counts, least = _domains(snapshot, shape, constraint)
            value = snapshot.labels.of(row)[constraint.topology_key]
            return (
                f"{constraint.topology_key}={value} has {counts[column[row]]} such pods, the emptiest domain {least}; "
                f"make room there or raise maxSkew ({constraint.max_skew})"
            )
    return "another host of its domain would fit"


def domain_counts(snapshot: Snapshot, constraint: SpreadConstraint, taking_part: Mask) -> tuple[Counts, Mask]:
    """Return the pods of the group by domain, and which domains have a host that takes part."""
    column = snapshot.labels.column(constraint.topology_key)
    size = max(1, snapshot.labels.size(constraint.topology_key))
    pods = snapshot.counts.of(PodMatcher((constraint.pods,), skip_deleting=True))
    chosen = taking_part & (column != MISSING)
    domains = column[chosen]
    counts = np.bincount(domains, pods[chosen], minlength=size).astype(np.int64)
    exists = np.bincount(domains, minlength=size) > 0
    return counts, exists


def matches_itself(snapshot: Snapshot, shape: Shape, constraint: SpreadConstraint) -> bool:
    """Tell whether the pod belongs to the group that its constraint counts."""
    return constraint.pods.matches(shape.namespace, shape.labels, snapshot.counts.namespaces)


def taking_part(snapshot: Snapshot, shape: Shape, constraint: SpreadConstraint) -> Mask:
    """Return the hosts that the constraint's policies count; labels are not looked at."""
    mask = snapshot.present
    if constraint.honor_affinity:
        mask = mask & node_affinity.check(snapshot, shape)
    if constraint.honor_taints:
        mask = mask & taints.check(snapshot, shape)
    return mask


def _hard(shape: Shape) -> list[SpreadConstraint]:
    return [constraint for constraint in shape.spread if constraint.hard]


def _allowed(snapshot: Snapshot, shape: Shape, constraint: SpreadConstraint) -> Mask:
    counts, least = _domains(snapshot, shape, constraint)
    column = snapshot.labels.column(constraint.topology_key)
    own = int(matches_itself(snapshot, shape, constraint))
    return np.asarray((column != MISSING) & (counts[column] + own - least <= constraint.max_skew))


def _domains(snapshot: Snapshot, shape: Shape, constraint: SpreadConstraint) -> tuple[Counts, int]:
    """Return the counts by domain and the least of them, 0 when there are fewer domains than minDomains."""
    eligible = taking_part(snapshot, shape, constraint) & _labelled(snapshot, shape)
    counts, exists = domain_counts(snapshot, constraint, eligible)
    enough = exists.any() and exists.sum() >= constraint.min_domains
    return counts, int(counts[exists].min()) if enough else 0


def _labelled(snapshot: Snapshot, shape: Shape) -> Mask:
    mask = snapshot.present
    for constraint in _hard(shape):
        mask = mask & (snapshot.labels.column(constraint.topology_key) != MISSING)
    return mask
