"""Taints with the effects NoSchedule and NoExecute keep away pods that do not tolerate them."""

from __future__ import annotations

import numpy as np

from bouvier.scheduler.filters.base import ALL, Reason
from bouvier.scheduler.labels import Mask
from bouvier.scheduler.shape import Shape
from bouvier.scheduler.snapshot import Snapshot
from bouvier.scheduler.terms import Taint

NAME = "TaintToleration"
_KEEPING_AWAY = frozenset({"NoSchedule", "NoExecute"})


def check(snapshot: Snapshot, shape: Shape, rows: slice = ALL) -> Mask:
    """Return the hosts whose taints are all tolerated."""
    refused = np.zeros(snapshot.capacity, np.bool_)
    for taint, tainted in snapshot.tainted.items():
        if taint.effect in _KEEPING_AWAY and not _is_tolerated(shape, taint):
            refused[list(tainted)] = True
    return ~refused[rows]


def explain(snapshot: Snapshot, shape: Shape, refused: Mask) -> list[Reason]:
    """Return a reason for each taint that is a host's first one not tolerated."""
    reasons: dict[Taint, Mask] = {}
    for row in np.flatnonzero(refused).tolist():
        taint = _first_not_tolerated(snapshot, shape, row)
        reasons.setdefault(taint, np.zeros(snapshot.capacity, np.bool_))[row] = True
    return [Reason(f"node(s) had untolerated taint {taint}", hosts) for taint, hosts in reasons.items()]


def remedy(snapshot: Snapshot, shape: Shape, row: int) -> str:
    """Name the toleration to add or the taint to remove."""
    taint = _first_not_tolerated(snapshot, shape, row)
    value = f", value: {taint.value}" if taint.value else ""
    return (
        f"add the toleration {{key: {taint.key}{value}, effect: {taint.effect}}} to the pod, "
        f"or kubectl taint node {snapshot.names[row]} {taint.key}:{taint.effect}-"
    )


def _first_not_tolerated(snapshot: Snapshot, shape: Shape, row: int) -> Taint:
    return next(
        taint for taint in snapshot.taints[row] if taint.effect in _KEEPING_AWAY and not _is_tolerated(shape, taint)
    )


def _is_tolerated(shape: Shape, taint: Taint) -> bool:
    return any(toleration.covers(taint) for toleration in shape.tolerations)
