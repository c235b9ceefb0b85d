"""Filter, score, choose: one pod after another, with what was computed for like pods kept up to date.

The evaluation of a shape against all hosts is kept. When pods have come or gone since, only the rows they touched are
computed anew, and only those filters and scores that look at pods at all; when hosts have changed, everything is. So
a batch of identical pods costs one full evaluation and a few array operations a pod, and is by construction the same
as placing them one by one.
"""

from __future__ import annotations

from collections import OrderedDict

import numpy as np

from bouvier.scheduler.filters import HOST_FILTERS, fit, pod_affinity, ports, spread, volumes
from bouvier.scheduler.labels import Mask
from bouvier.scheduler.scores import FIXED_SCORES, HOST_SCORES, POD_SCORES, Score
from bouvier.scheduler.scores.base import Points
from bouvier.scheduler.shape import Shape
from bouvier.scheduler.snapshot import Snapshot

KEPT_EVALUATIONS = 64
"""Shapes whose evaluation is kept: a few hundred kB each at 5,000 hosts."""
MANY_ROWS = 64
"""Changed rows from which on computing all rows at once is cheaper than one by one."""


class Evaluation:
    """All hosts, seen by pods of one shape."""

    def __init__(self, snapshot: Snapshot, shape: Shape) -> None:
        self.snapshot = snapshot
        self.shape = shape
        self.feasible: Mask
        self.total: Points
        self._fixed_points: Points
        self._start_over()

    def choose(self) -> str | None:
        """Return the host with the most points (the first one of several), None when no host may take the pod."""
        self._catch_up()
        if self.shape.unsupported or not self.feasible.any():
            return None
        row = int(np.where(self.feasible, self.total, -np.inf).argmax())
        return self.snapshot.names[row]

    def possible_rows(self) -> list[int]:
        """Return the hosts that pods in the way keep from taking the pod, and nothing else does."""
        self._catch_up()
        rows: list[int] = np.flatnonzero(self._by_hosts & ~self.feasible).tolist()
        return rows

    def _start_over(self) -> None:
        snapshot, shape = self.snapshot, self.shape
        self._epoch, self._position = snapshot.epoch, snapshot.position
        self._by_hosts = snapshot.present.copy()
        for host_filter in HOST_FILTERS:
            self._by_hosts &= host_filter.check(snapshot, shape)
        self._has_room = fit.check(snapshot, shape)
        self._own = sum(
            (score.WEIGHT * score.points(snapshot, shape) for score in HOST_SCORES), np.zeros(snapshot.capacity)
        )
        self._fixed = [(score, raw) for score in FIXED_SCORES if (raw := score.raw(snapshot, shape)) is not None]
        self.feasible = np.zeros(0, np.bool_)
        self._decide()

    def _catch_up(self) -> None:
        snapshot = self.snapshot
        rows = snapshot.changed_since(self._position) if snapshot.epoch == self._epoch else None
        if rows == set() and self.shape.claims and self._volumes != snapshot.volumes.version:
            self._decide()
        if rows is None:
            self._start_over()
            return
        if not rows:
            return
        self._position = snapshot.position
        for part in [slice(None)] if len(rows) > MANY_ROWS else [slice(row, row + 1) for row in rows]:
            self._has_room[part] = fit.check(snapshot, self.shape, part)
            self._own[part] = sum(score.WEIGHT * score.points(snapshot, self.shape, part) for score in HOST_SCORES)
        self._decide()

    def _decide(self) -> None:
        """Bring the answer of filters and scores together."""
        before = self.feasible
        self._volumes = self.snapshot.volumes.version
        self.feasible = self._feasible()
        if not np.array_equal(before, self.feasible):
            self._fixed_points = self._sum(self._fixed)
        current = [(s, raw) for s in POD_SCORES if (raw := s.raw(self.snapshot, self.shape)) is not None]
        self.total = self._own + self._fixed_points
        if current:
            self.total += self._sum(current)

    def _feasible(self) -> Mask:
        snapshot, shape = self.snapshot, self.shape
        feasible = self._by_hosts & self._has_room
        if shape.ports:
            feasible &= ports.check(snapshot, shape)
        if shape.claims:
            feasible &= volumes.check(snapshot, shape)
        if shape.spread:
            feasible &= spread.check(snapshot, shape)
        if pod_affinity.matters(snapshot, shape):
            feasible &= pod_affinity.check(snapshot, shape)
        return feasible

    def _sum(self, scores: list[tuple[Score, Points]]) -> Points:
        points = np.zeros(self.snapshot.capacity)
        for score, raw in scores:
            points += score.WEIGHT * score.normalised(raw, self.feasible)
        return points


class Cycle:
    """Places pods on the hosts of a snapshot."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self._kept: OrderedDict[Shape, Evaluation] = OrderedDict()

    def choose(self, shape: Shape) -> str | None:
        """Return the best host for a pod of that shape, as things stand, or None."""
        return self.evaluation(shape).choose()

    def evaluation(self, shape: Shape) -> Evaluation:
        """Return the kept evaluation of a shape, or a new one."""
        evaluation = self._kept.get(shape)
        if evaluation is None:
            evaluation = self._kept[shape] = Evaluation(self._snapshot, shape)
            if len(self._kept) > KEPT_EVALUATIONS:
                self._kept.popitem(last=False)
        else:
            self._kept.move_to_end(shape)
        return evaluation
