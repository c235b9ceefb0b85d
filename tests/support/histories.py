"""A checker of histories: what clients were told, what a watcher saw and what is there in the end must fit together.

Writers work on the `data` of ConfigMaps. Each attempt has a mark that no other has and writes it into `data.by`, so every
version of an object names the attempt that made it. `violations` returns in words whatever cannot be explained:

- an acknowledged write that nobody saw, or another one at its resourceVersion (lost)
- a version that no attempt made, or one that was refused (ghost), or made twice (doubled)
- a version that is not what its attempt makes of the version before (torn, or an update of another version lost)
- an update with a resourceVersion that was not the current one; a create of what was there (stale)
- revisions that do not grow; ADDED of what was there, MODIFIED or DELETED of what was not (order)
- a write acknowledged before another one began, with a later revision (time)
- a final list that is not what the watch adds up to (replay)
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

BY = "by"
DONE, REFUSED, UNKNOWN = "done", "refused", "unknown"
CREATE, UPDATE, PATCH, APPLY, DELETE = "create", "update", "patch", "apply", "delete"

Data = dict[str, str]


@dataclass
class Attempt:
    """A write as its client tells it."""

    mark: str
    kind: str
    key: str
    data: Data
    began: float
    expected: int = 0
    """resourceVersion that an update names."""
    outcome: str = UNKNOWN
    ended: float = float("inf")
    revision: int = 0
    """resourceVersion in the answer; 0 for deletions, whose answers have none."""
    uid: str = ""
    """Of the object in the answer."""


class Seen(NamedTuple):
    """An event of the watch."""

    type: str
    key: str
    revision: int
    uid: str
    data: Data


class Version(NamedTuple):
    """An object at one moment."""

    revision: int
    uid: str
    data: Data


def after(before: Data | None, attempt: Attempt) -> Data:
    """Return the data that an attempt makes of what was there."""
    if attempt.kind in (PATCH, APPLY):
        return (before or {}) | attempt.data
    return attempt.data


def violations(attempts: list[Attempt], seen: list[Seen], final: dict[str, Version]) -> list[str]:
    """Return everything that cannot be, in words."""
    return list(_violations(attempts, seen, final))


@dataclass
class _Replay:
    by_mark: dict[str, Attempt]
    state: dict[str, Version] = field(default_factory=dict)
    made: dict[str, Seen] = field(default_factory=dict)
    """The version that each attempt made, by mark."""
    ended: dict[str, int] = field(default_factory=dict)
    """Revision of each object's deletion, by uid."""
    revision: int = 0


def _violations(attempts: list[Attempt], seen: list[Seen], final: dict[str, Version]) -> Iterator[str]:
    replay = _Replay({attempt.mark: attempt for attempt in attempts})
    for event in seen:
        yield from _event(replay, event)
    yield from _deletions(attempts, replay)
    for attempt in attempts:
        yield from _acknowledged(attempt, replay)
    yield from _times(attempts, replay)
    for key in sorted(replay.state.keys() | final.keys()):
        if replay.state.get(key) != final.get(key):
            yield f"replay: {key} is {final.get(key)} in the list and {replay.state.get(key)} by the watch"


def _event(replay: _Replay, event: Seen) -> Iterator[str]:
    if event.revision <= replay.revision:
        yield f"order: revision {event.revision} of {event.key} comes after {replay.revision}"
    replay.revision = max(replay.revision, event.revision)
    before = replay.state.get(event.key)
    if (event.type == "ADDED") != (before is None):
        yield f"order: {event.type} of {event.key} at {event.revision}, which was {before}"
    if event.type == "DELETED":
        replay.state.pop(event.key, None)
        if before is not None and before.uid != event.uid:
            yield f"order: DELETED of {event.key} at {event.revision} is of another object than was there"
        if event.uid in replay.ended:
            yield f"doubled: {event.key} with uid {event.uid} goes twice"
        replay.ended[event.uid] = event.revision
        return
    replay.state[event.key] = Version(event.revision, event.uid, event.data)
    yield from _made(replay, event, before)


def _made(replay: _Replay, event: Seen, before: Version | None) -> Iterator[str]:
    """Explain a version by the attempt whose mark it carries."""
    what = f"{event.key} at {event.revision}"
    attempt = replay.by_mark.get(event.data.get(BY, ""))
    if attempt is None or attempt.key != event.key or attempt.kind == DELETE:
        yield f"ghost: nobody tried to write {what}: {event.data}"
        return
    if attempt.outcome == REFUSED:
        yield f"ghost: {what} is of {attempt.kind} {attempt.mark}, which was refused"
    if attempt.mark in replay.made:
        yield f"doubled: {what} is of {attempt.mark}, as was {replay.made[attempt.mark].revision}"
    replay.made[attempt.mark] = event
    if attempt.kind == CREATE and before is not None:
        yield f"stale: {what} was created by {attempt.mark} although it was there"
    if attempt.kind in (UPDATE, PATCH) and before is None:
        yield f"stale: {what} was changed by {attempt.kind} {attempt.mark} although it was not there"
    if attempt.kind == UPDATE and before is not None and before.revision != attempt.expected:
        yield f"stale: {what} was updated by {attempt.mark} from {attempt.expected}, but {before.revision} was there"
    if before is not None and before.uid != event.uid:
        yield f"order: {what} is another object than was there"
    wanted = after(before.data if before else None, attempt)
    if event.data != wanted:
        yield f"torn: {what} is {event.data}; {attempt.kind} {attempt.mark} makes {wanted}"


def _acknowledged(attempt: Attempt, replay: _Replay) -> Iterator[str]:
    if attempt.outcome != DONE:
        return
    if attempt.kind == DELETE:
        if attempt.uid not in replay.ended:
            yield f"lost: the deletion {attempt.mark} of {attempt.key} (uid {attempt.uid}) was never seen"
        return
    event = replay.made.get(attempt.mark)
    if event is None:
        yield f"lost: {attempt.kind} {attempt.mark} of {attempt.key}, acknowledged as {attempt.revision}, was never seen"
    elif event.revision != attempt.revision:
        yield f"lost: {attempt.mark} of {attempt.key} was acknowledged as {attempt.revision}, seen as {event.revision}"


def _deletions(attempts: list[Attempt], replay: _Replay) -> Iterator[str]:
    """Every deletion seen needs an attempt, and an object is deleted by one acknowledged attempt at most."""
    tried = [attempt for attempt in attempts if attempt.kind == DELETE]
    known = [attempt.uid for attempt in tried if attempt.outcome == DONE]
    for uid in {uid for uid in known if known.count(uid) > 1}:
        yield f"doubled: the deletion of uid {uid} was acknowledged twice"
    unexplained = len(set(replay.ended) - set(known))
    possible = sum(attempt.outcome == UNKNOWN for attempt in tried)
    if unexplained > possible:
        yield f"ghost: {unexplained} deletions were seen that nobody was told of; only {possible} went without an answer"


def _times(attempts: list[Attempt], replay: _Replay) -> Iterator[str]:
    """Whoever began after an answer was given has a later revision."""
    told = [
        (attempt, replay.ended.get(attempt.uid, 0) if attempt.kind == DELETE else attempt.revision)
        for attempt in attempts
        if attempt.outcome == DONE
    ]
    ending = sorted(told, key=lambda pair: pair[0].ended)
    newest, at = 0, 0
    for attempt, revision in sorted(told, key=lambda pair: pair[0].began):
        while at < len(ending) and ending[at][0].ended < attempt.began:
            newest = max(newest, ending[at][1])
            at += 1
        if revision and revision <= newest:
            yield f"time: {attempt.mark} has revision {revision}, but {newest} was acknowledged before it began"
