"""The queues of one priority level: start-time fair queuing over seats.

Each queue knows where in virtual time its next request starts. The queue with the earliest start goes next, and its
start moves on by the seats of what was dispatched. A queue that was empty starts at the present, so nobody saves up.

Pure: what waits is an opaque token, and time is passed in. A queue exists while something waits in it.
Source: P. Goyal, H. Vin, H. Cheng, "Start-time Fair Queueing" (1996); KEP-1040.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

STANDARD_SECONDS = 0.003
"""A seat held so long costs one unit of virtual time, as the original estimates a request's duration."""


@dataclass(slots=True, eq=False)
class Waiter:
    """One request in a queue, or out of it again."""

    seats: int
    token: Any
    """What the caller recognizes it by."""
    since: float
    index: int = -1
    """Number of its queue."""


@dataclass(slots=True, eq=False)
class Queue:
    """The requests of some flows, in order of arrival."""

    start: float
    """Virtual time at which its next request starts."""
    waiters: deque[Waiter] = field(default_factory=deque)
    seats: int = 0
    """Seats that those who wait ask for."""


class QueueSet:
    """All queues of a level."""

    def __init__(self, length_limit: int) -> None:
        self.length_limit = length_limit
        self.virtual = 0.0
        """Where the last dispatched request started."""
        self.waiting = 0
        self.queues: dict[int, Queue] = {}
        """Those in which something waits."""
        self._ends: dict[int, float] = {}
        """Where the last request of a queue that is empty now ended, if that is still to come."""
        self._last = 0
        """Number of the queue that was dispatched last; among equals the next one goes first."""

    def enqueue(self, hand: Sequence[int], waiter: Waiter) -> int:
        """Put a request into the least filled queue of a hand and return the queue's length, 0 when it is full."""
        index = min(hand, key=self._filled)
        queue = self.queues.get(index)
        if queue is None:
            queue = self.queues[index] = Queue(max(self.virtual, self._ends.pop(index, 0.0)))
        elif len(queue.waiters) >= self.length_limit:
            return 0
        waiter.index = index
        queue.waiters.append(waiter)
        queue.seats += waiter.seats
        self.waiting += 1
        return len(queue.waiters)

    def _filled(self, index: int) -> int:
        queue = self.queues.get(index)
        return queue.seats if queue is not None else 0

    def first(self) -> Waiter | None:
        """Return whose turn it is."""
        index = self._next()
        return None if index is None else self.queues[index].waiters[0]

    def _next(self) -> int | None:
        if not self.queues:
            return None
        last = self._last
        return min(self.queues, key=lambda index: (self.queues[index].start, index <= last, index))

    def dispatch(self) -> Waiter:
        """Take out whose turn it is. There must be somebody."""
        index = self._next()
        assert index is not None
        queue, self._last = self.queues[index], index
        waiter = queue.waiters.popleft()
        self.virtual = max(self.virtual, queue.start)
        queue.start += waiter.seats
        self._took(index, queue, waiter)
        return waiter

    def remove(self, waiter: Waiter) -> bool:
        """Take out a request that gave up; tell whether it was still waiting."""
        queue = self.queues.get(waiter.index)
        if queue is None or waiter not in queue.waiters:
            return False
        queue.waiters.remove(waiter)
        self._took(waiter.index, queue, waiter)
        return True

    def _took(self, index: int, queue: Queue, waiter: Waiter) -> None:
        self.waiting -= 1
        queue.seats -= waiter.seats
        if not queue.waiters:
            del self.queues[index]
            self._remember(index, queue.start)

    def _remember(self, index: int, end: float) -> None:
        self._ends = {other: at for other, at in self._ends.items() if at > self.virtual}
        if end > self.virtual:
            self._ends[index] = end

    def finished(self, waiter: Waiter, held_seconds: float) -> None:
        """Charge the queue of a dispatched request for holding its seats longer than was assumed."""
        more = waiter.seats * (held_seconds / STANDARD_SECONDS - 1)
        if more <= 0:
            return
        queue = self.queues.get(waiter.index)
        if queue is not None:
            queue.start += more
        else:
            self._remember(waiter.index, max(self.virtual, self._ends.get(waiter.index, 0.0)) + more)
