"""What all connections of the server may hold together, and what becomes of those that hold too much.

A client that is slow, silent or greedy costs memory and descriptors, no seats (`design/flow.md`). Each limit is far above what
a working client needs; whoever meets one is cut off, and comes back if it is alive.
"""

from __future__ import annotations

import heapq
import resource
import time
from typing import Protocol

import structlog

log = structlog.get_logger(__name__)

MOST_CONNECTIONS = 10_000
"""Open at once: a thousand hosts with ten watches each. One takes 50 kB with TLS (measured), so 500 MB."""
KEPT_DESCRIPTORS = 256
"""Files that the process needs beside its connections."""
IDLE_SECONDS = 300.0
"""An unused kept-alive connection is closed after this; clients come back every few seconds or not at all."""
STALL_SECONDS = 60.0
"""An answer of which the client takes nothing for so long is given up, as the original gives requests 60 s."""
HELD_BYTES = 384 * 1024 * 1024
"""Bodies received and not answered yet, of all connections: three uploads, or 128 requests of the largest size."""
UNSENT_BYTES = 256 * 1024 * 1024
"""Answers and events that clients have not taken, of all connections: 16 watchers at their own limit."""


class Guarded(Protocol):
    """What the guard sees of a connection."""

    last_used: float
    """When something came in, as `time.monotonic()` counts."""

    @property
    def is_idle(self) -> bool:
        """Tell whether nothing is being answered."""

    @property
    def unsent_bytes(self) -> int:
        """Bytes that the client has not taken yet."""

    def is_late(self, now: float) -> bool:
        """Tell whether the client takes too long to send a request."""

    def slow_since(self, now: float) -> float | None:
        """Return since when the client has taken nothing of what it is sent; None while it keeps up."""

    @property
    def may_stall(self) -> bool:
        """Tell whether the client decides how fast it reads: streams to people."""

    def refuse_late(self) -> None:
        """Say that the request came too slowly, and close."""

    def stop(self) -> None:
        """Close an idle connection."""

    def abort(self) -> None:
        """Drop the connection."""


class Guard:
    """Counts what connections hold."""

    def __init__(self, most_connections: int = 0) -> None:
        soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
        self.most = min(most_connections or MOST_CONNECTIONS, max(1, soft - KEPT_DESCRIPTORS))
        self.open: set[Guarded] = set()
        self.slow: set[Guarded] = set()
        """Those that do not take what they are sent as fast as it comes."""
        self.held_bytes = 0
        """Of bodies."""

    def arrived(self, connection: Guarded) -> None:
        """Note a new connection; the longest idle ones make room when there are too many, else the new one goes."""
        self.open.add(connection)
        if len(self.open) <= self.most:
            return
        idle = [one for one in self.open if one.is_idle and one is not connection]
        victims = heapq.nsmallest(max(1, self.most // 50), idle, key=_last_used)
        log.warning("too many connections", limit=self.most, closed=len(victims) or 1)
        for victim in victims:
            victim.abort()
        if not victims:
            connection.abort()

    def left(self, connection: Guarded) -> None:
        """Note that a connection is gone."""
        self.open.discard(connection)
        self.slow.discard(connection)

    def has_room(self, more: int) -> bool:
        """Tell whether so many bytes of bodies may be received."""
        return self.held_bytes + more <= HELD_BYTES

    def sweep(self) -> None:
        """Close what is unused, drop what is late or stalled."""
        now = time.monotonic()
        for connection in list(self.open):
            slow = connection.slow_since(now)
            if slow is not None and now - slow > STALL_SECONDS and not connection.may_stall:
                connection.abort()
            elif connection.is_late(now):
                connection.refuse_late()
            elif slow is None and connection.is_idle and now - connection.last_used > IDLE_SECONDS:
                connection.stop()
        self.relieve()

    def relieve(self) -> None:
        """Drop those that have been slow for longest while all together have too much unsent."""
        now = time.monotonic()
        slow = [(since, one) for one in self.slow if (since := one.slow_since(now)) is not None]
        unsent = sum(one.unsent_bytes for _, one in slow)
        for _, one in sorted(slow, key=lambda pair: pair[0]):
            if unsent <= UNSENT_BYTES:
                return
            unsent -= one.unsent_bytes
            log.warning("a client takes too little of what it is sent", bytes=one.unsent_bytes)
            one.abort()


def _last_used(connection: Guarded) -> float:
    return connection.last_used
