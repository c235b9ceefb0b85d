"""Resources: what the pods of a host ask for never exceeds what the host offers."""

from __future__ import annotations

import numpy as np

from bouvier.scheduler.filters.base import ALL, Reason
from bouvier.scheduler.labels import Mask
from bouvier.scheduler.shape import Shape
from bouvier.scheduler.snapshot import Snapshot

NAME = "NodeResourcesFit"
_BYTES = frozenset({"memory", "ephemeral-storage"})


def check(snapshot: Snapshot, shape: Shape, rows: slice = ALL) -> Mask:
    """Return the hosts with enough of everything that the pod asks for."""
    mask = snapshot.present[rows].copy()
    for name, amount in shape.requests.items():
        if amount > 0:
            mask &= snapshot.allocatable(name)[rows] - snapshot.requested(name)[rows] >= amount
    return mask


def explain(snapshot: Snapshot, shape: Shape, refused: Mask) -> list[Reason]:
    """Return a reason for each resource that is short; a host may be short of several."""
    reasons = []
    for name, amount in shape.requests.items():
        short = refused & (snapshot.allocatable(name) - snapshot.requested(name) < amount)
        if amount > 0 and short.any():
            reasons.append(Reason("Too many pods" if name == "pods" else f"Insufficient {name}", short))
    return reasons


def remedy(snapshot: Snapshot, shape: Shape, row: int) -> str:
    """Name what is asked, free and offered."""
    parts = []
    for name, amount in shape.requests.items():
        offered = int(snapshot.allocatable(name)[row])
        free = offered - int(snapshot.requested(name)[row])
        if amount > 0 and free < amount:
            asked, left, whole = (_show(name, n) for n in (amount, max(free, 0), offered))
            hint = "the host can never take it" if offered < amount else f"free {_show(name, amount - free)} more"
            parts.append(f"{name}: {asked} asked, {left} of {whole} free; {hint}")
    return "; ".join(parts)


def _show(name: str, amount: int) -> str:
    if name == "cpu":
        return f"{amount}m"
    if name in _BYTES and amount >= 1 << 20:
        return f"{np.ceil(amount / (1 << 20)):.0f}Mi"
    return str(amount)
