"""The pods that wait for a host: ready, backing off, or parked until something changes.

Ready pods come out by priority, then in order of arrival. A refused pod is parked with the names of the filters that
refused it; `wake` moves those back for which a change may matter. A woken pod still waits for the rest of its back-off.
Times are passed in.

Source: https://kubernetes.io/docs/concepts/scheduling-eviction/scheduling-framework/ (queueing)
"""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import Enum, auto

from bouvier.client.backoff import delay_seconds
from bouvier.meta.objects import Obj
from bouvier.scheduler.shape import Shape

FIRST_BACKOFF_SECONDS = 1.0
MOST_BACKOFF_SECONDS = 10.0
"""Kubernetes' figures: short, since a pod is only tried again when something changed."""
PARKED_SECONDS = 300.0
"""A parked pod is tried again after this time whatever happens, should a change ever go unnoticed."""


class Place(Enum):
    """Where a waiting pod is."""

    READY = auto()
    BACKING_OFF = auto()
    PARKED = auto()
    TAKEN = auto()


@dataclass(slots=True, eq=False)
class Waiting:
    """A pod that waits."""

    pod: Obj
    uid: str
    shape: Shape
    number: int
    place: Place = Place.READY
    attempts: int = 0
    ready_at: float = 0.0
    parked_at: float = 0.0
    refused_by: frozenset[str] = field(default_factory=frozenset)


class PodQueue:
    """Pods to place, by uid."""

    def __init__(self) -> None:
        self._pods: dict[str, Waiting] = {}
        self._parked: dict[Waiting, None] = {}
        self._numbers = itertools.count()
        self._ready: list[tuple[int, int, Waiting]] = []
        self._backing_off: list[tuple[float, int, Waiting]] = []

    def __len__(self) -> int:
        return len(self._pods)

    def __contains__(self, uid: str) -> bool:
        return uid in self._pods

    def put(self, pod: Obj, uid: str, shape: Shape) -> None:
        """Take in a new pod, or the new state of a known one; a changed shape is tried at once."""
        known = self._pods.get(uid)
        if known is None:
            waiting = self._pods[uid] = Waiting(pod, uid, shape, next(self._numbers))
            self._make_ready(waiting)
            return
        known.pod = pod
        if known.shape is shape:
            return
        known.shape = shape
        if known.place is not Place.TAKEN:
            known.attempts = 0
            self._make_ready(known)

    def remove(self, uid: str) -> None:
        """Forget a pod that was deleted or has a host."""
        waiting = self._pods.pop(uid, None)
        if waiting is not None:
            self._parked.pop(waiting, None)

    def take(self, now: float) -> Waiting | None:
        """Take the next ready pod out; `refused`, `retry` or `remove` must follow."""
        self._end_backoffs(now)
        while self._ready:
            _, _, waiting = heapq.heappop(self._ready)
            if waiting.place is Place.READY and self._pods.get(waiting.uid) is waiting:
                self._move(waiting, Place.TAKEN)
                waiting.attempts += 1
                return waiting
        return None

    def refused(self, waiting: Waiting, filters: frozenset[str], now: float) -> None:
        """Park a pod that no host takes."""
        waiting.refused_by = filters
        waiting.ready_at = now + self._delay(waiting)
        waiting.parked_at = now
        self._move(waiting, Place.PARKED)

    def retry(self, waiting: Waiting, now: float) -> None:
        """Try a pod again after its back-off: placing failed for a reason that is not the hosts'."""
        waiting.ready_at = now + self._delay(waiting)
        self._back_off(waiting, now)

    def wake(self, filters: Iterable[str] | None, now: float) -> None:
        """Move parked pods back that one of these filters refused (None: all)."""
        names = None if filters is None else frozenset(filters)
        for waiting in [w for w in self._parked if names is None or names & w.refused_by]:
            self._back_off(waiting, now)

    def wake_old(self, now: float) -> None:
        """Move pods back that have been parked for long."""
        for waiting in [w for w in self._parked if now - w.parked_at >= PARKED_SECONDS]:
            self._make_ready(waiting)

    def next_ready_at(self) -> float | None:
        """Return when the next back-off ends."""
        while self._backing_off and not self._is_backing_off(self._backing_off[0][2]):
            heapq.heappop(self._backing_off)
        return self._backing_off[0][0] if self._backing_off else None

    def counts(self) -> dict[str, int]:
        """Return how many pods are ready, backing off, parked and taken."""
        found = dict.fromkeys((place.name.lower() for place in Place), 0)
        for waiting in self._pods.values():
            found[waiting.place.name.lower()] += 1
        return found

    def _move(self, waiting: Waiting, place: Place) -> None:
        self._parked.pop(waiting, None)
        waiting.place = place
        if place is Place.PARKED and self._pods.get(waiting.uid) is waiting:
            self._parked[waiting] = None

    def _make_ready(self, waiting: Waiting) -> None:
        self._move(waiting, Place.READY)
        heapq.heappush(self._ready, (-waiting.shape.priority, waiting.number, waiting))

    def _back_off(self, waiting: Waiting, now: float) -> None:
        if waiting.ready_at <= now:
            self._make_ready(waiting)
            return
        self._move(waiting, Place.BACKING_OFF)
        heapq.heappush(self._backing_off, (waiting.ready_at, waiting.number, waiting))

    def _end_backoffs(self, now: float) -> None:
        while (at := self.next_ready_at()) is not None and at <= now:
            self._make_ready(heapq.heappop(self._backing_off)[2])

    def _is_backing_off(self, waiting: Waiting) -> bool:
        return waiting.place is Place.BACKING_OFF and self._pods.get(waiting.uid) is waiting

    @staticmethod
    def _delay(waiting: Waiting) -> float:
        return delay_seconds(waiting.attempts - 1, FIRST_BACKOFF_SECONDS, MOST_BACKOFF_SECONDS)
