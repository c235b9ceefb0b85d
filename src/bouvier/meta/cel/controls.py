"""Operators that decide which of their operands are evaluated, and equality.

A logical operator absorbs an error of one side when the other side decides alone.
"""

from __future__ import annotations

from typing import Any

from bouvier.meta.cel.errors import EvaluationError, no_overload
from bouvier.meta.cel.frames import Frame, Run
from bouvier.meta.cel.values import equal


def conjunction(left: Run, right: Run) -> Run:
    """Return `left && right`."""

    def run(frame: Frame) -> Any:
        try:
            one = left(frame)
        except EvaluationError:
            if right(frame) is False:
                return False
            raise
        if one is False:
            return False
        two = right(frame)
        if two is False or (two is True and one is True):
            return two
        raise no_overload()

    return run


def disjunction(left: Run, right: Run) -> Run:
    """Return `left || right`."""

    def run(frame: Frame) -> Any:
        try:
            one = left(frame)
        except EvaluationError:
            if right(frame) is True:
                return True
            raise
        if one is True:
            return True
        two = right(frame)
        if two is True or (two is False and one is False):
            return two
        raise no_overload()

    return run


def choice(condition: Run, chosen: Run, other: Run) -> Run:
    """Return `condition ? chosen : other`."""

    def run(frame: Frame) -> Any:
        decided = condition(frame)
        if decided is True:
            return chosen(frame)
        if decided is False:
            return other(frame)
        raise no_overload()

    return run


def equality(left: Run, right: Run, *, negated: bool) -> Run:
    """Return `left == right`, or `left != right` when negated."""

    def run(frame: Frame) -> Any:
        one, two = left(frame), right(frame)
        kind = type(one)
        if kind is type(two) and kind in (str, int, bool):
            frame.cost += 1 if kind is not str else 1 + min(len(one), len(two)) // 10
            return (one == two) is not negated
        frame.cost += 1
        return equal(one, two) is not negated

    return run
