"""Remembers what a controller has just done until its cache shows it.

A cache may lag behind the controller's own writes; a decision made on such a cache would create or delete the same thing
again. Each creation is therefore announced by name *before* the request, each deletion by uid, and the key rests until
the informer has delivered them. A request that failed takes its announcement back. A request whose answer was lost (the
connection broke) stays announced: `overdue` names it after a while, and the controller asks the server itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from time import monotonic
from typing import NamedTuple

OVERDUE_SECONDS = 10.0
"""Far longer than an informer lags behind in health (milliseconds), short enough to recover within a person's patience."""


class Pending(NamedTuple):
    """One announced change: the object's key for a creation, its uid for a deletion."""

    creation: bool
    what: str


class Expectations:
    """Announced and not yet observed changes for each key of one controller. Not shared between threads."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._since: dict[str, dict[Pending, float]] = {}
        self._key_of: dict[Pending, str] = {}

    def creating(self, key: str, object_keys: Iterable[str]) -> None:
        """Announce creations on behalf of `key`."""
        self._announce(key, (Pending(creation=True, what=name) for name in object_keys))

    def deleting(self, key: str, uids: Iterable[str]) -> None:
        """Announce deletions on behalf of `key`."""
        self._announce(key, (Pending(creation=False, what=uid) for uid in uids))

    def created(self, object_key: str) -> None:
        """Note that the object was observed, or that its creation failed."""
        self._settle(Pending(creation=True, what=object_key))

    def deleted(self, uid: str) -> None:
        """Note that the object was observed to be deleted or deleting, or that its deletion failed."""
        self._settle(Pending(creation=False, what=uid))

    def satisfied(self, key: str) -> bool:
        """Tell whether the cache has caught up with everything done on behalf of `key`."""
        return key not in self._since

    def overdue(self, key: str) -> list[Pending]:
        """Return what should long have been observed and must be asked for at the server."""
        limit = self._clock() - OVERDUE_SECONDS
        return [pending for pending, since in self._since.get(key, {}).items() if since <= limit]

    def forget(self, key: str) -> None:
        """Drop everything announced on behalf of `key`, whose object is gone."""
        for pending in self._since.pop(key, {}):
            self._key_of.pop(pending, None)

    def _announce(self, key: str, changes: Iterable[Pending]) -> None:
        now = self._clock()
        for pending in changes:
            self._since.setdefault(key, {})[pending] = now
            self._key_of[pending] = key

    def _settle(self, pending: Pending) -> None:
        key = self._key_of.pop(pending, None)
        if key is None:
            return
        waiting = self._since[key]
        waiting.pop(pending, None)
        if not waiting:
            del self._since[key]
