"""Watchers with the same question form a group: each change is judged and encoded once for all of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from bouvier.apiserver.cache.entry import CacheEvent, Entry
from bouvier.apiserver.cache.selection import Selection

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

    def offer(self, event: CacheEvent) -> bool:
        """Queue the frame that this change means here; tell whether the group must be flushed."""
        kind = event_type(self.selection, event)
        if not kind:
            return False
        self._pending.append(event.frame(kind, self.form, self._render))
        return len(self._pending) == 1

    def flush(self) -> None:
        """Write what was queued to every member, in one piece."""
        frames = self._pending[0] if len(self._pending) == 1 else b"".join(self._pending)
        self._pending = []
        for member in tuple(self.members):
            member.send(frames)

    def replay(self, event: CacheEvent) -> bytes:
        """Return the frame of a past change, empty when it means nothing here."""
        kind = event_type(self.selection, event)
        return event.frame(kind, self.form, self._render) if kind else b""

    def initial(self, entry: Entry) -> bytes:
        """Return the frame that introduces an object which exists already."""
        return self._render("ADDED", entry)


def event_type(selection: Selection, event: CacheEvent) -> str:
    """Return what a change looks like through a selection: an object may enter or leave it by being modified."""
    was = event.old is not None and selection.matches(event.old)
    now = event.new is not None and selection.matches(event.new)
    if now:
        return "MODIFIED" if was else "ADDED"
    return "DELETED" if was else ""
