"""`nodeSelector` and required node affinity: the host's labels and name must be as the pod demands."""

from __future__ import annotations

import numpy as np

from bouvier.meta.selectors import Requirement
from bouvier.scheduler.filters.base import ALL, Reason
from bouvier.scheduler.labels import Mask
from bouvier.scheduler.shape import Shape
from bouvier.scheduler.snapshot import Snapshot
from bouvier.scheduler.terms import NodeTerm

NAME = "NodeAffinity"


def check(snapshot: Snapshot, shape: Shape, rows: slice = ALL) -> Mask:
    """Return the hosts that the selector matches and at least one required term."""
    mask = satisfying(snapshot, shape.node_selector) if shape.node_selector.labels else snapshot.present.copy()
    if shape.node_terms is not None:
        mask &= _any_of(snapshot, shape.node_terms)
    return mask[rows]


def explain(_snapshot: Snapshot, _shape: Shape, refused: Mask) -> list[Reason]:
    """Return the one reason."""
    return [Reason("node(s) didn't match Pod's node affinity/selector", refused)]


def remedy(snapshot: Snapshot, shape: Shape, row: int) -> str:
    """Name the label demanded and what the host has instead."""
    labels = snapshot.labels.of(row)
    name = {"metadata.name": snapshot.names[row]}
    for requirement in shape.node_selector.labels:
        if not requirement.matches(labels):
            return f"spec.nodeSelector demands {requirement}, {_has(labels, requirement)}"
    missed = []
    for term in shape.node_terms or ():
        missed += [f"{r}, {_has(labels, r)}" for r in term.labels if not r.matches(labels)]
        missed += [f"{r}, the host is {snapshot.names[row]}" for r in term.names if not r.matches(name)]
    return "required node affinity demands " + (" or ".join(missed) or "something that no host has: it has no terms")


def satisfying(snapshot: Snapshot, term: NodeTerm) -> Mask:
    """Return the hosts that satisfy every requirement of a term; a term without any matches none."""
    if not term.labels and not term.names:
        return np.zeros(snapshot.capacity, np.bool_)
    mask = snapshot.present.copy()
    for requirement in term.labels:
        mask &= snapshot.labels.satisfying(requirement)
    for requirement in term.names:
        mask &= _named(snapshot, requirement)
    return mask


def _any_of(snapshot: Snapshot, terms: tuple[NodeTerm, ...]) -> Mask:
    mask = np.zeros(snapshot.capacity, np.bool_)
    for term in terms:
        mask |= satisfying(snapshot, term)
    return mask


def _named(snapshot: Snapshot, requirement: Requirement) -> Mask:
    mask = np.zeros(snapshot.capacity, np.bool_)
    mask[[snapshot.row_of[name] for name in requirement.values if name in snapshot.row_of]] = True
    return ~mask if requirement.operator == "NotIn" else mask


def _has(labels: dict[str, str], requirement: Requirement) -> str:
    value = labels.get(requirement.key)
    return f"the host has no label {requirement.key}" if value is None else f"the host has {requirement.key}={value}"
