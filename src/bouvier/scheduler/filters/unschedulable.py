"""Hosts that were cordoned take no new pods, unless these tolerate it."""

from __future__ import annotations

from bouvier.scheduler.filters.base import ALL, Reason
from bouvier.scheduler.labels import Mask
from bouvier.scheduler.shape import Shape
from bouvier.scheduler.snapshot import Snapshot
from bouvier.scheduler.terms import Taint

NAME = "NodeUnschedulable"
TAINT = Taint("node.kubernetes.io/unschedulable", "", "NoSchedule")


def check(snapshot: Snapshot, shape: Shape, rows: slice = ALL) -> Mask:
    """Return the hosts that are not cordoned."""
    if any(toleration.covers(TAINT) for toleration in shape.tolerations):
        return snapshot.present[rows].copy()
    return ~snapshot.unschedulable[rows]


def explain(_snapshot: Snapshot, _shape: Shape, refused: Mask) -> list[Reason]:
    """Return the one reason."""
    return [Reason("node(s) were unschedulable", refused)]


def remedy(snapshot: Snapshot, _shape: Shape, row: int) -> str:
    """Name the command that opens the host."""
    return f"kubectl uncordon {snapshot.names[row]}"
