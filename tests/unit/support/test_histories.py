"""The checker of histories finds nothing in right ones and every kind of fault in broken ones."""

import random
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from tests.support.histories import (
    APPLY,
    BY,
    CREATE,
    DELETE,
    DONE,
    PATCH,
    REFUSED,
    UNKNOWN,
    UPDATE,
    Attempt,
    Seen,
    Version,
    after,
    violations,
)

KEYS = ("a", "b", "c")


class Right:
    """A history of a store that does everything right, with concurrent clients and lost answers."""

    def __init__(self, dice: random.Random, length: int) -> None:
        self.attempts: list[Attempt] = []
        self.seen: list[Seen] = []
        self.state: dict[str, Version] = {}
        self.revision = 0
        for number in range(length):
            self._write(dice, number)
        self.final = dict(self.state)

    def _write(self, dice: random.Random, number: int) -> None:
        kind, key = dice.choice((CREATE, UPDATE, PATCH, PATCH, APPLY, DELETE)), dice.choice(KEYS)
        moment = 10.0 * number
        mark = f"m{number}"
        there = self.state.get(key)
        expected = dice.choice((there.revision if there else 1, max(1, self.revision - 1))) if kind == UPDATE else 0
        data = {BY: mark, f"of{dice.randrange(3)}": mark}
        attempt = Attempt(mark, kind, key, data, moment - dice.uniform(0, 15), expected)
        self.attempts.append(attempt)
        is_lost = dice.random() < 0.15
        if not (is_lost and dice.random() < 0.5):
            self._apply(attempt, there)
        if is_lost:
            attempt.outcome, attempt.revision, attempt.uid = UNKNOWN, 0, ""
        else:
            attempt.ended = moment + dice.uniform(0, 15)

    def _apply(self, attempt: Attempt, there: Version | None) -> None:
        is_fit = {CREATE: there is None, APPLY: True}.get(attempt.kind, there is not None)
        if not is_fit or (attempt.kind == UPDATE and there and attempt.expected != there.revision):
            attempt.outcome = REFUSED
            return
        self.revision += 1
        attempt.outcome = DONE
        uid = there.uid if there else f"u{self.revision}"
        attempt.uid = uid
        if attempt.kind == DELETE:
            del self.state[attempt.key]
            self.seen.append(Seen("DELETED", attempt.key, self.revision, uid, there.data if there else {}))
            return
        attempt.revision = self.revision
        data = after(there.data if there else None, attempt)
        self.state[attempt.key] = Version(self.revision, uid, data)
        self.seen.append(Seen("MODIFIED" if there else "ADDED", attempt.key, self.revision, uid, data))


right = st.builds(Right, st.randoms(use_true_random=False), st.integers(5, 60))
quick = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much]
)


@quick
@given(right)
def test_nothing_is_found_in_right_histories(history: Right) -> None:
    """Refusals, conflicts, lost answers and overlapping writes are no faults."""
    assert violations(history.attempts, history.seen, history.final) == []


def told(history: Right, *kinds: str) -> list[Attempt]:
    return [a for a in history.attempts if a.outcome == DONE and (not kinds or a.kind in kinds)]


def event_of(history: Right, attempt: Attempt) -> int:
    if attempt.kind == DELETE:
        return next(i for i, e in enumerate(history.seen) if e.type == "DELETED" and e.uid == attempt.uid)
    return next(i for i, e in enumerate(history.seen) if e.revision == attempt.revision)


def lose_an_event(history: Right, dice: random.Random) -> None:
    """The watch leaves out an acknowledged write."""
    chosen = told(history)
    assume(chosen)
    del history.seen[event_of(history, dice.choice(chosen))]


def double_an_event(history: Right, dice: random.Random) -> None:
    """The watch gives an event again, as after a reconnection from too early."""
    assume(history.seen)
    at = dice.randrange(len(history.seen))
    history.seen.insert(dice.randrange(at, len(history.seen)) + 1, history.seen[at])


def swap_events(history: Right, dice: random.Random) -> None:
    """Two events come in the wrong order."""
    assume(len(history.seen) > 1)
    at = dice.randrange(len(history.seen) - 1)
    history.seen[at : at + 2] = reversed(history.seen[at : at + 2])


def forget_a_write(history: Right, dice: random.Random) -> None:
    """The store loses an acknowledged last write of a key whole, as after a crash without synchronisation."""
    last = {event.key: i for i, event in enumerate(history.seen)}
    chosen = [a for a in told(history) if event_of(history, a) in last.values()]
    assume(chosen)
    del history.seen[event_of(history, attempt := dice.choice(chosen))]
    history.final = replayed(history.seen)
    assert attempt.outcome == DONE


def replayed(seen: list[Seen]) -> dict[str, Version]:
    state: dict[str, Version] = {}
    for event in seen:
        if event.type == "DELETED":
            state.pop(event.key, None)
        else:
            state[event.key] = Version(event.revision, event.uid, event.data)
    return state


def store_a_refused_write(history: Right, dice: random.Random) -> None:
    """A write that was refused is there all the same."""
    chosen = [a for a in told(history) if a.kind != DELETE]
    assume(chosen)
    dice.choice(chosen).outcome = REFUSED


def invent_a_write(history: Right, dice: random.Random) -> None:
    """A version appears that nobody wrote."""
    key = dice.choice(KEYS)
    there = history.state.get(key)
    made = Version(history.revision + 1, there.uid if there else "new", {BY: "nobody"})
    history.seen.append(Seen("MODIFIED" if there else "ADDED", key, *made))
    history.final[key] = made


def tear_a_write(history: Right, dice: random.Random) -> None:
    """A version has a part of what its attempt wrote."""
    chosen = [i for i, e in enumerate(history.seen) if e.type != "DELETED"]
    assume(chosen)
    at = dice.choice(chosen)
    event = history.seen[at]
    lost = next(name for name, mark in event.data.items() if name != BY and mark == event.data[BY])
    history.seen[at] = event._replace(data={k: v for k, v in event.data.items() if k != lost})


def lose_a_patch(history: Right, dice: random.Random) -> None:
    """A patch works on an older version and takes back what another one had written in between."""
    chosen = [
        i for i, e in enumerate(history.seen)
        if e.type == "MODIFIED" and any(m != e.data[BY] for m in e.data.values())
    ]  # fmt: skip
    assume(chosen)
    at = dice.choice(chosen)
    event = history.seen[at]
    undone = dice.choice([name for name, mark in event.data.items() if mark != event.data[BY]])
    history.seen[at] = event._replace(data=event.data | {undone: "older"})


def let_a_stale_update_through(history: Right, dice: random.Random) -> None:
    """An update names a resourceVersion that is not the current one, and is stored."""
    chosen = told(history, UPDATE)
    assume(chosen)
    dice.choice(chosen).expected -= 1


def create_twice(history: Right, dice: random.Random) -> None:
    """A create succeeds although the object is there."""
    chosen = [a for a in told(history, PATCH) if history.seen[event_of(history, a)].data == a.data]
    assume(chosen)
    dice.choice(chosen).kind = CREATE


def answer_with_another_version(history: Right, dice: random.Random) -> None:
    """A client is told a resourceVersion that its write does not have."""
    chosen = [a for a in told(history) if a.kind != DELETE]
    assume(chosen)
    dice.choice(chosen).revision += 1


def go_back_in_time(history: Right, dice: random.Random) -> None:
    """A write that began after the answer to another one gets the older revision."""
    chosen = [a for a in told(history) if a.kind != DELETE]
    assume(len(chosen) > 1)
    first, last = chosen[0], chosen[-1]
    assume(first.revision < last.revision)
    last.began, last.ended = -100.0, -90.0


def keep_what_was_deleted(history: Right, dice: random.Random) -> None:
    """An acknowledged deletion did not happen."""
    chosen = told(history, DELETE)
    assume(chosen)
    dice.choice(chosen).uid = "still there"


def delete_by_itself(history: Right, dice: random.Random) -> None:
    """An object goes without anybody having deleted it."""
    assume(history.final)
    assume(not any(a.kind == DELETE and a.outcome == UNKNOWN for a in history.attempts))
    key = dice.choice(sorted(history.final))
    gone = history.final.pop(key)
    history.seen.append(Seen("DELETED", key, history.revision + 1, gone.uid, gone.data))


def change_the_list(history: Right, dice: random.Random) -> None:
    """The list at the end shows an object as it was before."""
    assume(history.final)
    key = dice.choice(sorted(history.final))
    history.final[key] = history.final[key]._replace(revision=history.final[key].revision - 1)


def drop_from_the_list(history: Right, dice: random.Random) -> None:
    """The list at the end leaves an object out."""
    assume(history.final)
    del history.final[dice.choice(sorted(history.final))]


FAULTS = (
    lose_an_event,
    double_an_event,
    swap_events,
    forget_a_write,
    store_a_refused_write,
    invent_a_write,
    tear_a_write,
    lose_a_patch,
    let_a_stale_update_through,
    create_twice,
    answer_with_another_version,
    go_back_in_time,
    keep_what_was_deleted,
    delete_by_itself,
    change_the_list,
    drop_from_the_list,
)


@pytest.mark.parametrize("break_it", FAULTS, ids=lambda fault: fault.__name__)
@settings(quick, max_examples=25)
@given(history=right, dice=st.randoms(use_true_random=False))
def test_every_fault_is_found(
    break_it: Callable[[Right, random.Random], None], history: Right, dice: random.Random
) -> None:
    """Whatever a broken store does to a right history is named."""
    break_it(history, dice)
    assert violations(history.attempts, history.seen, history.final)
