"""What a filter is, and what it says of a refused host."""

from __future__ import annotations

from typing import NamedTuple, Protocol

from bouvier.scheduler.labels import Mask
from bouvier.scheduler.shape import Shape
from bouvier.scheduler.snapshot import Snapshot

ALL = slice(None)


class Reason(NamedTuple):
    """Why some hosts are refused, in Kubernetes' words."""

    text: str
    hosts: Mask


class Filter(Protocol):
    """A module of this package. Everything is pure; no function changes the snapshot."""

    NAME: str
    """Name of Kubernetes' plugin for the same question."""

    def check(self, snapshot: Snapshot, shape: Shape, rows: slice = ALL) -> Mask:
        """Return which hosts may take the pod, as far as this filter is concerned."""
        ...

    def explain(self, snapshot: Snapshot, shape: Shape, refused: Mask) -> list[Reason]:
        """Return the reasons why the hosts in `refused` may not; every one of them gets at least one."""
        ...

    def remedy(self, snapshot: Snapshot, shape: Shape, row: int) -> str:
        """Return what would make this refused host fit, as one sentence."""
        ...
