"""Letting requests in: at once, after a wait in a queue, or not at all.

Seats that are given back count again in the next turn of the loop, so that what arrives in one turn competes for them.
A request that leaves while it waits gives its place back; one that leaves just when its turn has come gives its
seats back.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from bouvier.apiserver.flow import config, figures, sharding
from bouvier.apiserver.flow.config import Level
from bouvier.apiserver.flow.figures import Figures, LevelFigures
from bouvier.apiserver.flow.queues import Waiter
from bouvier.apiserver.flow.rules import Digest, matches
from bouvier.meta.errors import ApiError
from bouvier.meta.objects import Obj

TOTAL_SEATS = 128
"""Seats of 100 µs: a newcomer waits for some 13 ms of what was there before. Enough writes for one commit of the store."""
REMEMBERED = 20_000
"""Digests whose schema is remembered: some MB at most."""
WAIT_SECONDS = 15.0
"""A quarter of a request's 60 s, as the original."""
BUSY = "Too many requests, please try again later."


class Match(NamedTuple):
    """What is known of all requests with one digest."""

    level: Level
    figures: Figures
    hand: tuple[int, ...]
    distinguisher: str
    lines: bytes
    """Header lines of the answer that name schema and level."""


@dataclass(slots=True, eq=False)
class Ticket:
    """One waiting request."""

    called: asyncio.Future[None]
    match: Match
    digest: Digest
    name: str
    """Name of the object."""
    arrived: float
    """Seconds since 1970."""


class Seat:
    """The seats of one running request."""

    __slots__ = ("_control", "_match", "_seats", "_since", "_verb", "_waiter")

    def __init__(self, control: FlowControl, match: Match, seats: int, verb: str, waiter: Waiter | None = None) -> None:
        self._control: FlowControl | None = control
        self._match = match
        self._seats = seats
        self._since = time.perf_counter()
        self._verb = verb
        self._waiter = waiter
        counts = match.figures
        counts.dispatched += 1
        counts.executing += 1
        counts.seats += seats

    def release(self) -> None:
        """Give the seats back; once is enough."""
        control, self._control = self._control, None
        if control is None:
            return
        counts, held = self._match.figures, time.perf_counter() - self._since
        counts.executing -= 1
        counts.seats -= self._seats
        counts.add_execution(self._verb, held)
        if self._waiter is not None:
            self._match.level.queues.finished(self._waiter, held)
        control.give_back(self._match.level, self._seats)


class FlowControl:
    """Shares the server among its clients."""

    def __init__(self, total: int = TOTAL_SEATS) -> None:
        self.total = total
        self.figures: dict[tuple[str, str], Figures] = {}
        self._matches: dict[Digest, Match] = {}
        self._returning: dict[Level, int] = {}
        """Seats that count again in the next turn."""
        self._waiting = 0
        self._configuration = config.configure(total, (), ())

    def configure(self, levels: Iterable[Obj], schemas: Iterable[Obj]) -> None:
        """Work with new objects; what runs and waits stays."""
        self._configuration = config.configure(self.total, levels, schemas, self._configuration.levels)
        self._matches.clear()
        self._dispatch()

    @property
    def levels(self) -> Mapping[str, Level]:
        """The priority levels by name."""
        return self._configuration.levels

    def match(self, digest: Digest) -> Match:
        """Return the schema's decision about requests with a digest."""
        found = self._matches.get(digest)
        if found is None:
            if len(self._matches) >= REMEMBERED:
                self._matches.clear()
            found = self._matches[digest] = self._find(digest)
        return found

    def _find(self, digest: Digest) -> Match:
        schemas = self._configuration.schemas
        schema = next((one for one in schemas if matches(one.rules, digest)), schemas[-1])
        level = schema.level
        by = {"ByUser": digest.user, "ByNamespace": digest.namespace}.get(schema.method, "")
        hand = sharding.deal(sharding.flow_hash(schema.name, f"{digest.cluster}\0{by}"), level.deck, level.hand)
        key = level.name, schema.name
        counts = self.figures.get(key)
        if counts is None:
            counts = self.figures[key] = Figures(*key)
        lines = f"X-Kubernetes-PF-FlowSchema-UID: {schema.uid}\r\nX-Kubernetes-PF-PriorityLevel-UID: {level.uid}\r\n"
        return Match(level, counts, hand, by, lines.encode())

    def pass_quickly(self, match: Match) -> bool:
        """Let a request in that is answered within this turn of the loop; tell whether it may go on."""
        level = match.level
        if not level.is_exempt:
            if level.queues.waiting or not self._configuration.seats.has_room(level.share, 1):
                return False
            self._configuration.seats.take(level.share, 1)
            self.give_back(level, 1)
        match.figures.dispatched += 1
        return True

    def enter_now(self, match: Match, seats: int, verb: str) -> Seat | None:
        """Return the seats of a request if there is room for it and nobody before it, None when it has to wait."""
        level, all_seats = match.level, self._configuration.seats
        if seats == 1:
            match.figures.narrow += 1
        else:
            match.figures.estimates.add(seats)
        if not level.is_exempt:
            seats = _bounded(seats, level)
            if level.queues.waiting or not all_seats.has_room(level.share, seats):
                return None
        all_seats.take(level.share, seats)
        return Seat(self, match, seats, verb)

    async def wait(
        self, match: Match, digest: Digest, seats: int, *, name: str = "", wait_seconds: float = WAIT_SECONDS
    ) -> Seat:
        """Return the seats of a request when its turn has come.

        Raises:
            ApiError: TooManyRequests.
        """
        level, counts = match.level, match.figures
        seats = _bounded(seats, level)
        if not level.deck:
            raise self._refused(match, "concurrency-limit")
        called = asyncio.get_running_loop().create_future()
        since = time.perf_counter()
        waiter = Waiter(seats, Ticket(called, match, digest, name, time.time()), since)
        length = level.queues.enqueue(match.hand, waiter)
        if not length:
            raise self._refused(match, "queue-full")
        if length == 1:  # it may be narrow enough to go before those who wait for more seats
            self._dispatch()
        counts.lengths.add(length)
        counts.waiting += 1
        self._waiting += 1
        try:
            async with asyncio.timeout(wait_seconds):
                await called
        except TimeoutError:
            if called.cancelled():
                raise self._left(match, waiter, "time-out") from None
        except asyncio.CancelledError:
            self._gave_up(match, waiter)
            raise
        finally:
            counts.waiting -= 1
            self._waiting -= 1
        counts.add_wait(time.perf_counter() - since, executed=True)
        return Seat(self, match, seats, digest.verb, waiter)

    def _gave_up(self, match: Match, waiter: Waiter) -> None:
        if waiter.token.called.cancelled():
            self._left(match, waiter, "cancelled")
        else:  # its turn had come just then
            self.give_back(match.level, waiter.seats)

    def _left(self, match: Match, waiter: Waiter, reason: str) -> ApiError:
        match.level.queues.remove(waiter)
        match.figures.add_wait(time.perf_counter() - waiter.since, executed=False)
        self._dispatch()
        return self._refused(match, reason)

    def _refused(self, match: Match, reason: str) -> ApiError:
        match.figures.reject(reason)
        return ApiError("TooManyRequests", BUSY, retry_after_seconds=1)

    def give_back(self, level: Level, seats: int) -> None:
        """Let seats count again from the next turn of the loop on."""
        if not self._returning:
            asyncio.get_running_loop().call_soon(self._turn)
        self._returning[level] = self._returning.get(level, 0) + seats

    def _turn(self) -> None:
        returning, self._returning = self._returning, {}
        seats = self._configuration.seats
        for level, count in returning.items():
            seats.give_back(level.share, count)
        if self._waiting:
            self._dispatch()

    def _dispatch(self) -> None:
        """Call those who may go on: next is the level that uses the least of what is its own."""
        seats = self._configuration.seats
        ready = [level for level in self._configuration.levels.values() if level.queues.waiting]
        while ready:
            level = min(ready, key=_use)
            waiter = level.queues.first()
            if waiter is None or not seats.has_room(level.share, waiter.seats):
                ready.remove(level)
            elif waiter.token.called.done():
                level.queues.remove(waiter)
            else:
                level.queues.dispatch()
                seats.take(level.share, waiter.seats)
                waiter.token.called.set_result(None)

    def metrics(self) -> str:
        """Return the page of metrics."""
        seats = self._configuration.seats
        levels = [_figures(level, seats.limit(level.share)) for level in self._configuration.levels.values()]
        return figures.page(levels, list(self.figures.values()))


def _bounded(seats: int, level: Level) -> int:
    """Return the seats of a request, not more than the level has of its own."""
    return seats if seats == 1 else min(seats, max(1, level.share.nominal))


def _use(level: Level) -> float:
    return level.share.used / max(1, level.share.nominal)


def _figures(level: Level, limit: int) -> LevelFigures:
    share = level.share
    return LevelFigures(level.name, share.nominal, share.low, share.high, limit, level.queues.virtual)
