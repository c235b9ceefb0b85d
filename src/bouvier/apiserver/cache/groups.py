"""Watchers with the same question form a group: each change is judged and encoded once for all of them.

What is written to a thousand watchers takes tens of milliseconds, in which nothing else is served. So a group rests
after each delivery: what changes meanwhile goes out together, and the time is left for requests. The more there was to
deliver, the longer it rests for each second that this took: few changes are wanted soon, of many the cost counts. A small
group's rests are too short to be noticed.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Protocol

from bouvier.apiserver.cache.entry import CacheEvent, Entry
from bouvier.apiserver.cache.selection import Selection

UNNOTICED_SECONDS = 0.002
"""Deliveries shorter than this are not followed by a rest."""
LEAST_REST, MOST_REST = 1.0, 1.8
"""Seconds of rest for each second of delivery, of one change and of many. At 1,000 watchers 50 changes a second are then told
in some 28 ms for half of a processor (without rest in 11 ms or, when anything else runs, in more than a second), and 500 a
second for 60 % of it rather than all."""
CHANGES_OF_MOST_REST = 24
SLOW_BYTES = 16 * 1024 * 1024
"""A watcher with this much unsent is dropped; it comes back and resumes. Some 8,000 objects of 2 kB."""

Render = Callable[[str, Entry], bytes]
"""Make one watch frame (with its newline) from an event type and an object."""


class Member(Protocol):
    """One open watch."""

    def send(self, frames: bytes) -> None:
        """Write whole frames; must not block. A watcher that is too slow ends itself."""


class WatchGroup:
    """The watchers of one resource that share selection and representation."""

    def __init__(self, selection: Selection, form: str, render: Render) -> None:
        self.selection = selection
        self.form = form
        self.members: set[Member] = set()
        self._render = render
        self._pending: list[bytes] = []
        self._loop = asyncio.get_running_loop()
        self._resting: asyncio.TimerHandle | None = None

    def offer(self, event: CacheEvent) -> bool:
        """Queue the frame that this change means here; tell whether the group must be flushed."""
        kind = event_type(self.selection, event)
        if not kind:
            return False
        self._pending.append(event.frame(kind, self.form, self._render))
        return len(self._pending) == 1

    def flush(self) -> None:
        """Write what is queued to every member, now or when the group has rested."""
        if self._resting is None:
            self.deliver()

    def deliver(self) -> None:
        """Write what is queued to every member at once, in one piece."""
        if not self._pending:
            return
        begin, changes = time.monotonic(), len(self._pending)
        frames = self._pending[0] if len(self._pending) == 1 else b"".join(self._pending)
        self._pending = []
        for member in tuple(self.members):
            member.send(frames)
        took = time.monotonic() - begin
        if took > UNNOTICED_SECONDS and self._resting is None:
            self._resting = self._loop.call_later(took * _rest(changes), self._rested)

    def _rested(self) -> None:
        self._resting = None
        self.deliver()

    def join(self, member: Member) -> None:
        """Add a member that has seen everything until now: what is queued is for the others alone."""
        self.deliver()
        self.members.add(member)

    def replay(self, event: CacheEvent) -> bytes:
        """Return the frame of a past change, empty when it means nothing here."""
        kind = event_type(self.selection, event)
        return event.frame(kind, self.form, self._render) if kind else b""

    def initial(self, entry: Entry) -> bytes:
        """Return the frame that introduces an object which exists already."""
        return self._render("ADDED", entry)


def _rest(changes: int) -> float:
    """Return the rest after a delivery of so many changes, for each second that it took."""
    return LEAST_REST + (MOST_REST - LEAST_REST) * min(1.0, changes / CHANGES_OF_MOST_REST)


def event_type(selection: Selection, event: CacheEvent) -> str:
    """Return what a change looks like through a selection: an object may enter or leave it by being modified."""
    was = event.old is not None and selection.matches(event.old)
    now = event.new is not None and selection.matches(event.new)
    if now:
        return "MODIFIED" if was else "ADDED"
    return "DELETED" if was else ""
