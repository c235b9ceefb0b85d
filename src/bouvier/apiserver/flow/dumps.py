"""What is going on in the queues, as tables of text for administrators: `/debug/api_priority_and_fairness/*`.

Columns are the original's. A row of `dump_queues` is a queue in which something waits; requests that found a free seat were
never in one. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

from bouvier.apiserver.flow.config import Level
from bouvier.apiserver.flow.control import Ticket
from bouvier.apiserver.flow.figures import Figures
from bouvier.apiserver.flow.queues import Queue

PREFIX = "/debug/api_priority_and_fairness/"
Levels = Mapping[str, Level]
_NONE = "<none>"
_LEVEL_HEAD = ("PriorityLevelName", "ActiveQueues", "IsIdle", "IsQuiescing", "WaitingRequests", "ExecutingRequests")
_LEVEL_MORE = ("DispatchedRequests", "RejectedRequests", "TimedoutRequests", "CancelledRequests")
_QUEUE_HEAD = ("PriorityLevelName", "Index", "PendingRequests", "NextDispatchR", "InitialSeatsSum", "MaxSeatsSum")
_REQUEST_HEAD = ("PriorityLevelName", "FlowSchemaName", "QueueIndex", "RequestIndexInQueue", "FlowDistingsher")
_REQUEST_MORE = ("ArriveTime", "InitialSeats", "FinalSeats", "AdditionalLatency")
_DETAILS = ("UserName", "Verb", "APIPath", "Namespace", "Name", "Resource", "SubResource")


def priority_levels(levels: Levels, figures: Iterable[Figures]) -> str:
    """Return a row for each priority level."""
    counts: dict[str, list[Figures]] = {}
    for one in figures:
        counts.setdefault(one.level, []).append(one)
    rows = [_level_row(level, counts.get(name, [])) for name, level in sorted(levels.items())]
    return _table([(*_LEVEL_HEAD, *_LEVEL_MORE), *rows])


def _level_row(level: Level, counts: list[Figures]) -> tuple[str, ...]:
    def refused(*reasons: str) -> str:
        return str(sum(one.rejected.get(reason, 0) for one in counts for reason in reasons))

    state = (_NONE,) * 4
    if not level.is_exempt:
        truth = (str(level.is_idle).lower(), str(level.is_leaving).lower())
        state = (str(len(level.queues.queues)), *truth, str(level.queues.waiting))
    executing, dispatched = (str(sum(getattr(one, name) for one in counts)) for name in ("executing", "dispatched"))
    ended = (refused("queue-full", "concurrency-limit", "time-out"), refused("time-out"), refused("cancelled"))
    return (level.name, *state, executing, dispatched, *ended)


def queues(levels: Levels) -> str:
    """Return a row for each queue in which something waits."""
    rows = [_queue_row(level, index, queue) for level, index, queue in _queues(levels)]
    return _table([_QUEUE_HEAD, *rows])


def _queue_row(level: Level, index: int, queue: Queue) -> tuple[str, ...]:
    seats = str(queue.seats)
    return (level.name, str(index), str(len(queue.waiters)), f"{queue.start:.8f}ss", seats, seats)


def requests(levels: Levels, *, details: bool) -> str:
    """Return a row for each waiting request."""
    head = (*_REQUEST_HEAD, *_REQUEST_MORE, *(_DETAILS if details else ()))
    rows = [
        _request_row(level, index, place, waiter.seats, waiter.token, details=details)
        for level, index, queue in _queues(levels)
        for place, waiter in enumerate(queue.waiters)
    ]
    return _table([head, *rows])


def _request_row(level: Level, index: int, place: int, seats: int, ticket: Ticket, *, details: bool) -> tuple[str, ...]:
    arrived = datetime.fromtimestamp(ticket.arrived, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    match, digest = ticket.match, ticket.digest
    row = (
        level.name,
        match.figures.schema,
        str(index),
        str(place),
        match.distinguisher,
        arrived,
        str(seats),
        "0",
        "0s",
    )
    if not details:
        return row
    resource, _, part = digest.resource.partition("/")
    return (*row, digest.user, digest.verb, digest.path, digest.namespace, ticket.name, resource, part)


def _queues(levels: Levels) -> Iterable[tuple[Level, int, Queue]]:
    for _, level in sorted(levels.items()):
        for index, queue in sorted(level.queues.queues.items()):
            yield level, index, queue


def _table(rows: list[tuple[str, ...]]) -> str:
    """Return rows as text with commas, their columns aligned."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = [
        " ".join(f"{cell},".ljust(width + 1) for cell, width in zip(row, widths, strict=True)).rstrip().rstrip(",")
        for row in rows
    ]
    return "\n".join(lines) + "\n"
