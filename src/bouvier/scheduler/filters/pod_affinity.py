"""Required affinity and anti-affinity between pods, in both directions.

- affinity: for every term, the host's domain has a pod that all the terms mean. The first pod of a group that
  means itself may start anywhere where the labels exist.
- anti-affinity: for every term, the host's domain has no pod that the term means; a host without the label passes.
- anti-affinity of pods that run already: no pod in the host's domain carries a term that means this pod.

Source: https://kubernetes.io/docs/concepts/scheduling-eviction/assign-pod-node/#inter-pod-affinity-and-anti-affinity
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from bouvier.scheduler.filters.base import ALL, Reason
from bouvier.scheduler.labels import MISSING, Counts, Mask
from bouvier.scheduler.shape import Shape
from bouvier.scheduler.snapshot import Snapshot
from bouvier.scheduler.terms import PodAffinityTerm, PodMatcher

NAME = "InterPodAffinity"


def check(snapshot: Snapshot, shape: Shape, rows: slice = ALL) -> Mask:
    """Return the hosts where nobody is too near and everybody needed is near."""
    mask = np.ones(snapshot.capacity, np.bool_)
    if shape.near:
        mask &= _near(snapshot, shape)
    if shape.far:
        mask &= _far(snapshot, shape)
    if snapshot.counts.avoided:
        mask &= _unavoided(snapshot, shape)
    return mask[rows]


def matters(snapshot: Snapshot, shape: Shape) -> bool:
    """Tell whether the answer can be anything but yes, or change when pods come and go."""
    return bool(shape.near or shape.far or snapshot.counts.avoided)


def explain(snapshot: Snapshot, shape: Shape, refused: Mask) -> list[Reason]:
    """Return which of the three rules each host breaks first."""
    rules = [
        ("node(s) didn't match pod affinity rules", _near(snapshot, shape)),
        ("node(s) didn't match pod anti-affinity rules", _far(snapshot, shape)),
        ("node(s) didn't satisfy existing pods anti-affinity rules", _unavoided(snapshot, shape)),
    ]
    reasons = []
    rest = refused
    for text, passed in rules:
        hosts = rest & ~passed
        rest = rest & passed
        if hosts.any():
            reasons.append(Reason(text, hosts))
    return reasons


def remedy(snapshot: Snapshot, shape: Shape, row: int) -> str:
    """Name the term that is broken."""
    for term in shape.near:
        if not _near_one(snapshot, shape, term)[row]:
            return f"it must run where pods with {_show(term)} run, by {term.topology_key}"
    for term in shape.far:
        if _in_domain(snapshot, _meant(snapshot, (term,)), term.topology_key)[row]:
            return f"it must not run where pods with {_show(term)} run, by {term.topology_key}"
    for term in _avoiding(snapshot, shape):
        if _in_domain(snapshot, snapshot.counts.avoided[term], term.topology_key)[row]:
            return f"a pod there must not run near pods with {_show(term)}, by {term.topology_key}"
    return "another host would fit"


def in_domain(snapshot: Snapshot, pods: Counts, topology_key: str) -> Counts:
    """Return, for every host, how many of the counted pods run in its domain; 0 without the label."""
    column = snapshot.labels.column(topology_key)
    size = max(1, snapshot.labels.size(topology_key))
    known = column != MISSING
    sums = np.bincount(column[known], pods[known], minlength=size).astype(np.int64)
    return np.where(known, sums[column], 0)


def _in_domain(snapshot: Snapshot, pods: Counts, topology_key: str) -> Mask:
    return in_domain(snapshot, pods, topology_key) > 0


def _meant(snapshot: Snapshot, terms: tuple[PodAffinityTerm, ...]) -> Counts:
    return snapshot.counts.of(PodMatcher(tuple(term.pods for term in terms)))


def _near(snapshot: Snapshot, shape: Shape) -> Mask:
    mask = np.ones(snapshot.capacity, np.bool_)
    for term in shape.near:
        mask &= _near_one(snapshot, shape, term)
    return mask


def _near_one(snapshot: Snapshot, shape: Shape, term: PodAffinityTerm) -> Mask:
    pods = _meant(snapshot, shape.near)
    if _is_first_of_its_group(snapshot, shape, pods):
        return np.asarray(snapshot.labels.column(term.topology_key) != MISSING)
    return _in_domain(snapshot, pods, term.topology_key)


def _is_first_of_its_group(snapshot: Snapshot, shape: Shape, pods: Counts) -> bool:
    if any(_in_domain(snapshot, pods, term.topology_key).any() for term in shape.near):
        return False
    namespaces = snapshot.counts.namespaces
    return all(term.pods.matches(shape.namespace, shape.labels, namespaces) for term in shape.near)


def _far(snapshot: Snapshot, shape: Shape) -> Mask:
    mask = np.ones(snapshot.capacity, np.bool_)
    for term in shape.far:
        mask &= ~_in_domain(snapshot, _meant(snapshot, (term,)), term.topology_key)
    return mask


def _unavoided(snapshot: Snapshot, shape: Shape) -> Mask:
    mask = np.ones(snapshot.capacity, np.bool_)
    for term in _avoiding(snapshot, shape):
        mask &= ~_in_domain(snapshot, snapshot.counts.avoided[term], term.topology_key)
    return mask


def _avoiding(snapshot: Snapshot, shape: Shape) -> Iterator[PodAffinityTerm]:
    """Yield the terms of placed pods that mean this pod."""
    namespaces = snapshot.counts.namespaces
    for term in snapshot.counts.avoided:
        if term.pods.matches(shape.namespace, shape.labels, namespaces):
            yield term


def _show(term: PodAffinityTerm) -> str:
    return str(term.pods.selector) or "any labels"
