"""A queue of keys with one worker a key at a time.

A key added while it waits is kept once; added while it is worked on, it comes again afterwards, at once or after the
rest that its worker gives it. Failures delay a key exponentially, each key by itself.
"""

from __future__ import annotations

import asyncio
from collections import deque

from bouvier.client.backoff import delay_seconds

FIRST_RETRY_SECONDS = 0.005
MOST_RETRY_SECONDS = 30.0
"""Reached after 13 failures in a row; client-go's 1000 s make repaired causes wait too long."""


class WorkQueue:
    """Keys to reconcile."""

    def __init__(
        self, *, first_retry_seconds: float = FIRST_RETRY_SECONDS, most_retry_seconds: float = MOST_RETRY_SECONDS
    ) -> None:
        self._first = first_retry_seconds
        self._most = most_retry_seconds
        self._ready: deque[str] = deque()
        self._dirty: set[str] = set()
        self._working: set[str] = set()
        self._resting: set[str] = set()
        self._failures: dict[str, int] = {}
        self._timers: dict[str, asyncio.TimerHandle] = {}
        self._waiters: deque[asyncio.Future[None]] = deque()

    def __len__(self) -> int:
        return len(self._ready)

    def add(self, key: str) -> None:
        """Ask for a key to be worked on soon."""
        if key in self._dirty:
            return
        self._dirty.add(key)
        if key not in self._working and key not in self._resting:
            self._ready.append(key)
            self._wake()

    def add_after(self, key: str, seconds: float) -> None:
        """Ask for a key later; of several such wishes the earliest counts."""
        if seconds <= 0:
            self.add(key)
            return
        loop = asyncio.get_running_loop()
        when = loop.time() + seconds
        timer = self._timers.get(key)
        if timer is not None:
            if timer.when() <= when:
                return
            timer.cancel()
        self._timers[key] = loop.call_at(when, self._due, key)

    def add_rate_limited(self, key: str) -> None:
        """Ask for a key after a delay that doubles with every call until `forget`."""
        failures = self._failures.get(key, 0)
        self._failures[key] = failures + 1
        self.add_after(key, delay_seconds(failures, self._first, self._most))

    def failures(self, key: str) -> int:
        """Return how often the key was delayed since it was forgotten."""
        return self._failures.get(key, 0)

    def forget(self, key: str) -> None:
        """Start the key's delays from the beginning again."""
        self._failures.pop(key, None)

    async def get(self) -> str:
        """Wait for a key and return it; `done` must follow."""
        while not self._ready:
            waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._waiters.append(waiter)
            try:
                await waiter
            except asyncio.CancelledError:
                self._pass_on(waiter)
                raise
        key = self._ready.popleft()
        self._dirty.discard(key)
        self._working.add(key)
        return key

    def done(self, key: str, *, rest_seconds: float = 0) -> None:
        """Say that the work on a key has ended, well or not, and hold the key back for a time: wishes gather meanwhile."""
        self._working.discard(key)
        if rest_seconds > 0:
            self._resting.add(key)
            asyncio.get_running_loop().call_later(rest_seconds, self._rested, key)
        elif key in self._dirty:
            self._ready.append(key)
            self._wake()

    def _rested(self, key: str) -> None:
        self._resting.discard(key)
        if key in self._dirty:
            self._ready.append(key)
            self._wake()

    def _due(self, key: str) -> None:
        self._timers.pop(key, None)
        self.add(key)

    def _wake(self) -> None:
        while self._waiters:
            waiter = self._waiters.popleft()
            if not waiter.done():
                waiter.set_result(None)
                return

    def _pass_on(self, waiter: asyncio.Future[None]) -> None:
        """Give a wake-up that a cancelled waiter had received to the next one."""
        if waiter in self._waiters:
            self._waiters.remove(waiter)
        elif self._ready:
            self._wake()
