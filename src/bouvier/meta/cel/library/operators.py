"""Arithmetic, order and membership."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Iterator
from typing import Any

from bouvier.meta.cel.errors import EvaluationError
from bouvier.meta.cel.functions import TRAVERSAL, Overload, function, method, size, traversal
from bouvier.meta.cel.types import (
    BOOL,
    BYTES,
    DOUBLE,
    DURATION,
    INT,
    STRING,
    TIMESTAMP,
    UINT,
    A,
    B,
    Type,
    list_of,
    map_of,
)
from bouvier.meta.cel.values import (
    INT_MAX,
    INT_MIN,
    Duration,
    Timestamp,
    checked_int,
    checked_uint,
    contains,
    equal,
    to_key,
    united,
)

_FIRST_SECOND, _LAST_SECOND = -62135596800, 253402300799
"""0001-01-01T00:00:00Z and 9999-12-31T23:59:59Z: all that a timestamp may be."""
SECOND = 1_000_000_000
COPIED = 64
"""Elements that are copied for the cost of one."""
_ORDERED = (BOOL, INT, UINT, DOUBLE, STRING, BYTES, TIMESTAMP, DURATION)
_NUMBERS = (INT, UINT, DOUBLE)
_COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "_<_": operator.lt,
    "_<=_": operator.le,
    "_>_": operator.gt,
    "_>=_": operator.ge,
}


def checked_timestamp(nanoseconds: int) -> Timestamp:
    """Return a moment. Raises: EvaluationError outside the years 1 to 9999."""
    if not _FIRST_SECOND * SECOND <= nanoseconds < (_LAST_SECOND + 1) * SECOND:
        raise EvaluationError("timestamp overflow")
    return Timestamp(nanoseconds)


def checked_duration(nanoseconds: int) -> Duration:
    """Return a duration. Raises: EvaluationError when it does not fit 64 bits of nanoseconds."""
    if not INT_MIN <= nanoseconds <= INT_MAX:
        raise EvaluationError("duration overflow")
    return Duration(nanoseconds)


def _quotient(one: int, two: int) -> int:
    """Return the quotient rounded towards zero."""
    if two == 0:
        raise EvaluationError("division by zero")
    return abs(one) // abs(two) * (1 if (one < 0) == (two < 0) else -1)


def _remainder(one: int, two: int) -> int:
    """Return the remainder with the sign of the first."""
    if two == 0:
        raise EvaluationError("modulus by zero")
    return int(math.fmod(one, two)) if abs(one) < 2**52 and abs(two) < 2**52 else one - two * _quotient(one, two)


def _float_quotient(one: float, two: float) -> float:
    if two:
        return one / two
    return math.nan if not one or math.isnan(one) else math.copysign(math.inf, one) * math.copysign(1, two)


def _joined(one: Any, two: Any) -> int:
    return math.ceil((size(one) + size(two)) * TRAVERSAL)


def _shorter(one: Any, two: Any) -> int:
    return max(1, math.ceil(min(size(one), size(two)) * TRAVERSAL))


def _comparisons() -> Iterator[Overload]:
    pairs: list[tuple[Type, Type]] = [(one, one) for one in _ORDERED]
    pairs += [(one, two) for one in _NUMBERS for two in _NUMBERS if one != two]
    for name, run in _COMPARISONS.items():
        for one, two in pairs:
            is_long = one in (STRING, BYTES)
            yield function(name, (one, two), BOOL, run, _shorter if is_long else None)


def _arithmetic() -> Iterator[Overload]:
    whole: dict[str, Callable[[int, int], int]] = {
        "_+_": operator.add,
        "_-_": operator.sub,
        "_*_": operator.mul,
        "_/_": _quotient,
        "_%_": _remainder,
    }
    for name, run in whole.items():
        yield function(name, (INT, INT), INT, _checked(run, checked_int))
        yield function(name, (UINT, UINT), UINT, _checked(run, checked_uint))
    fractions: dict[str, Callable[[float, float], float]] = {
        "_+_": operator.add,
        "_-_": operator.sub,
        "_*_": operator.mul,
        "_/_": _float_quotient,
    }
    for name, compute in fractions.items():
        yield function(name, (DOUBLE, DOUBLE), DOUBLE, compute)


def _checked(run: Callable[[int, int], int], check: Callable[[int], int]) -> Callable[[int, int], int]:
    return lambda one, two: check(run(int(one), int(two)))


def _times() -> Iterator[Overload]:
    yield function("_+_", (TIMESTAMP, DURATION), TIMESTAMP, lambda one, two: checked_timestamp(int(one) + int(two)))
    yield function("_+_", (DURATION, TIMESTAMP), TIMESTAMP, lambda one, two: checked_timestamp(int(one) + int(two)))
    yield function("_+_", (DURATION, DURATION), DURATION, lambda one, two: checked_duration(int(one) + int(two)))
    yield function("_-_", (TIMESTAMP, DURATION), TIMESTAMP, lambda one, two: checked_timestamp(int(one) - int(two)))
    yield function("_-_", (TIMESTAMP, TIMESTAMP), DURATION, lambda one, two: checked_duration(int(one) - int(two)))
    yield function("_-_", (DURATION, DURATION), DURATION, lambda one, two: checked_duration(int(one) - int(two)))
    yield function("-_", (DURATION,), DURATION, lambda one: checked_duration(-int(one)))


FUNCTIONS = (
    function("_==_", (A, A), BOOL, equal),
    function("_!=_", (A, A), BOOL, lambda one, two: not equal(one, two)),
    *_comparisons(),
    *_arithmetic(),
    *_times(),
    function("_+_", (STRING, STRING), STRING, operator.add, _joined),
    function("_+_", (BYTES, BYTES), BYTES, operator.add, _joined),
    function("_+_", (list_of(A), list_of(A)), list_of(A), united, lambda one, two: 1 + (len(one) + len(two)) // COPIED),
    function("-_", (INT,), INT, lambda one: checked_int(-one)),
    function("-_", (DOUBLE,), DOUBLE, operator.neg),
    function("!_", (BOOL,), BOOL, operator.not_),
    function("@in", (A, list_of(A)), BOOL, lambda one, items: contains(items, one), lambda _one, items: len(items)),
    function("@in", (A, map_of(A, B)), BOOL, lambda one, items: to_key(one) in items),
    *(
        make("size", (one,), INT, len)
        for make in (function, method)
        for one in (STRING, BYTES, list_of(A), map_of(A, B))
    ),
    method("startsWith", (STRING, STRING), BOOL, str.startswith, traversal(which=1)),
    method("endsWith", (STRING, STRING), BOOL, str.endswith, traversal(which=1)),
    method(
        "contains",
        (STRING, STRING),
        BOOL,
        operator.contains,
        lambda one, two: math.ceil(size(one) * TRAVERSAL) * math.ceil(size(two) * TRAVERSAL),
    ),
)
