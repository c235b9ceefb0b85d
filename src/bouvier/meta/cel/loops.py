"""The macros that go over lists and maps, compiled to loops.

Costs an iteration takes are those of the folds that cel-go expands these macros to.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from bouvier.meta.cel.errors import CostLimitError, EvaluationError, no_overload
from bouvier.meta.cel.frames import Frame, Run
from bouvier.meta.cel.values import from_key, to_key


def made(macro: str, source: Run, slots: Sequence[int], condition: Run | None, result: Run | None) -> Run:
    """Return the loop of a macro."""
    walk = _pairs(source, slots[0], slots[1]) if len(slots) == 2 else _singles(source, slots[0])
    if macro in ("all", "exists"):
        assert condition is not None
        return _quantified(walk, condition, stop=macro == "exists")
    if macro == "exists_one":
        assert condition is not None
        return _exactly_one(walk, condition)
    if macro == "filter":
        assert condition is not None
        return _filtered(walk, slots[0], condition)
    assert result is not None
    if macro in ("map", "transformList"):
        return _mapped(walk, condition, result)
    return _transformed(walk, slots[0], condition, result, is_entry=macro == "transformMapEntry")


Walk = Callable[[Frame], Iterator[None]]
"""Puts one element after the other into the loop's variables."""


def _singles(source: Run, slot: int) -> Walk:
    def walk(frame: Frame) -> Iterator[None]:
        items = source(frame)
        if isinstance(items, dict):
            items = map(from_key, items)
        elif not isinstance(items, list):
            raise no_overload()
        for item in items:
            if frame.cost > frame.limit:
                raise CostLimitError
            frame.slots[slot] = item
            yield

    return walk


def _pairs(source: Run, first: int, second: int) -> Walk:
    def walk(frame: Frame) -> Iterator[None]:
        items = source(frame)
        if not isinstance(items, dict | list):
            raise no_overload()
        pairs = ((from_key(key), items[key]) for key in items) if isinstance(items, dict) else enumerate(items)
        for frame.slots[first], frame.slots[second] in pairs:
            if frame.cost > frame.limit:
                raise CostLimitError
            yield

    return walk


def _quantified(walk: Walk, condition: Run, *, stop: bool) -> Run:
    """Return `exists` (stops at the first true) or `all` (at the first false); errors count only if nothing stops."""
    step_cost = 4 if stop else 3

    def run(frame: Frame) -> Any:
        frame.cost += 1
        problem: EvaluationError | None = None
        for _ in walk(frame):
            frame.cost += step_cost
            try:
                decided = condition(frame)
            except EvaluationError as error:
                problem = error
                continue
            if decided is stop:
                return stop
            if decided is not (not stop):
                problem = no_overload()
        if problem is not None:
            raise problem
        return not stop

    return run


def _exactly_one(walk: Walk, condition: Run) -> Run:
    def run(frame: Frame) -> Any:
        frame.cost += 2
        count = 0
        for _ in walk(frame):
            frame.cost += 1
            count += _decided(condition, frame)
        return count == 1

    return run


def _decided(condition: Run, frame: Frame) -> bool:
    decided = condition(frame)
    if decided is True or decided is False:
        return bool(decided)
    raise no_overload()


def _filtered(walk: Walk, slot: int, condition: Run) -> Run:
    def run(frame: Frame) -> Any:
        frame.cost += 11
        kept = []
        for _ in walk(frame):
            frame.cost += 1
            if _decided(condition, frame):
                frame.cost += 12
                kept.append(frame.slots[slot])
        return kept

    return run


def _mapped(walk: Walk, condition: Run | None, result: Run) -> Run:
    def run(frame: Frame) -> Any:
        frame.cost += 11
        made_so_far = []
        for _ in walk(frame):
            if condition is None or _decided(condition, frame):
                frame.cost += 12
                made_so_far.append(result(frame))
        return made_so_far

    return run


def _transformed(walk: Walk, key_slot: int, condition: Run | None, result: Run, *, is_entry: bool) -> Run:
    def run(frame: Frame) -> Any:
        frame.cost += 31
        made_so_far: dict[Any, Any] = {}
        for _ in walk(frame):
            if condition is not None and not _decided(condition, frame):
                continue
            frame.cost += 2
            entries = result(frame) if is_entry else {to_key(frame.slots[key_slot]): result(frame)}
            for key, value in entries.items():
                if key in made_so_far:
                    raise EvaluationError(f"insert failed: key '{from_key(key)}' already exists")
                made_so_far[key] = value
        return made_so_far

    return run
