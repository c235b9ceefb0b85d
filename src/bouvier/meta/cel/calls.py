"""Calling functions: at once when static types leave one overload, else by the types of the values."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from bouvier.meta.cel.errors import CostLimitError, no_overload
from bouvier.meta.cel.frames import Frame, Run
from bouvier.meta.cel.functions import Overload
from bouvier.meta.cel.types import Type


def is_known(overload: Overload, types: Sequence[Type]) -> bool:
    """Tell whether static types leave nothing to find out at run time."""
    return all(
        param.kind in ("dyn", "param") or one.kind == param.kind
        for param, one in zip(overload.params, types, strict=True)
    )


def direct(overload: Overload, runs: Sequence[Run]) -> Run:
    """Return a call of the only overload that fits."""
    function, cost = overload.run, overload.cost
    if cost is not None:
        return _costly(function, cost, runs)
    if len(runs) == 1:
        only = runs[0]

        def run_one(frame: Frame) -> Any:
            frame.cost += 1
            return function(only(frame))

        return run_one
    if len(runs) == 2:
        left, right = runs

        def run_two(frame: Frame) -> Any:
            frame.cost += 1
            return function(left(frame), right(frame))

        return run_two

    def run(frame: Frame) -> Any:
        frame.cost += 1
        return function(*[argument(frame) for argument in runs])

    return run


def _costly(function: Callable[..., Any], cost: Callable[..., int], runs: Sequence[Run]) -> Run:
    def run(frame: Frame) -> Any:
        values = [argument(frame) for argument in runs]
        frame.cost += cost(*values)
        if frame.cost > frame.limit:
            raise CostLimitError
        return function(*values)

    return run


def dispatched(candidates: Sequence[Overload], runs: Sequence[Run]) -> Run:
    """Return a call that chooses its overload by the types of the values, and remembers the choice."""
    chosen: dict[tuple[type, ...], Overload] = {}

    def run(frame: Frame) -> Any:
        values = tuple([argument(frame) for argument in runs])
        types = tuple(map(type, values))
        overload = chosen.get(types)
        if overload is None:
            overload = next((one for one in candidates if one.accepts(values)), None)
            if overload is None:
                raise no_overload()
            chosen[types] = overload
        frame.cost += 1 if overload.cost is None else overload.cost(*values)
        if frame.cost > frame.limit:
            raise CostLimitError
        return overload.run(*values)

    return run
