"""Arithmetic, with integers of 64 bits and floats kept apart, and the reading of numbers."""

from __future__ import annotations

import math
import random
import re
from collections.abc import Callable
from decimal import Decimal
from functools import reduce
from typing import Any

from bouvier.catalog.gotemplate.errors import FunctionError
from bouvier.catalog.gotemplate.functions import Function, function
from bouvier.catalog.gotemplate.limits import Limits

_ITEMS = Limits().items
_WHOLE = re.compile(r"[+-]?(0[xX][0-9a-fA-F_]+|0[bB][01_]+|0[oO]?[0-7_]+|[0-9][0-9_]*)")


def as_integer(value: Any) -> int:
    """Return a value as an integer the way sprig does: 0 for what is no number, fractions cut off."""
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, int):
        return value
    if isinstance(value, float):
        return int(value) if math.isfinite(value) else 0
    return _integer_of(value) if isinstance(value, str) else 0


def _integer_of(text: str) -> int:
    if _WHOLE.fullmatch(text):
        digits = text.lstrip("+-")
        if len(digits) > 1 and digits[0] == "0" and digits[1].isdigit():
            return int(text, 8) if set(digits) <= set("01234567_") else 0
        return int(text, 0)
    return 0


def as_float(value: Any) -> float:
    """Return a value as a float the way sprig does: 0 for what is no number."""
    if isinstance(value, str):
        try:
            return float(value)
        except ValueError:
            return 0.0
    return float(value) if isinstance(value, bool | int | float) else 0.0


def _wrapped(value: int) -> int:
    """Return an integer as 64 bits hold it."""
    return (value + 2**63) % 2**64 - 2**63


def _integers(combine: Callable[[int, int], int]) -> Callable[..., int]:
    return lambda *values: _wrapped(reduce(combine, map(as_integer, values)))


def _divided(one: int, two: int) -> int:
    if not two:
        raise FunctionError("division by zero")
    quotient = abs(one) // abs(two)
    return quotient if (one < 0) == (two < 0) else -quotient


def _floats(combine: Callable[[Decimal, Decimal], Decimal]) -> Callable[..., float]:
    def calculate(*values: Any) -> float:
        return float(reduce(combine, (Decimal(repr(as_float(value))) for value in values)))

    return calculate


def _quotient(one: Decimal, two: Decimal) -> Decimal:
    if not two:
        raise FunctionError("division by zero")
    return one / two


def _round(value: Any, places: int, limit: float = 0.5) -> float:
    scaled = as_float(value) * 10**places
    whole = math.floor(scaled)
    return float((whole + (scaled - whole >= limit)) / 10**places)


def _until(count: int) -> list[int]:
    return _steps(0, count, -1 if count < 0 else 1)


def _steps(start: int, stop: int, step: int) -> list[int]:
    if step == 0:
        return []
    numbers = range(start, stop, step)
    if len(numbers) > _ITEMS:
        raise FunctionError(f"a list of {len(numbers)} numbers is too long")
    return list(numbers)


def _seq(*bounds: int) -> str:
    if not 1 <= len(bounds) <= 3:
        return ""
    start = bounds[0] if len(bounds) > 1 else 1
    stop = bounds[-1]
    step = bounds[1] if len(bounds) == 3 else -1 if stop < start else 1
    return " ".join(map(str, _steps(start, stop + (1 if step > 0 else -1), step)))


def _atoi(text: str) -> int:
    return int(text) if re.fullmatch(r"[+-]?[0-9]+", text) else 0


def _octal(value: Any) -> int:
    try:
        return int(str(value).strip(), 8)
    except ValueError:
        return 0


def _random_integer(low: int, high: int) -> int:
    if high <= low:
        raise FunctionError("the upper bound must be greater than the lower")
    return random.randrange(low, high)  # noqa: S311 - a number for a chart, not a secret


def _most(choose: Callable[..., Any], convert: Callable[[Any], Any]) -> Callable[..., Any]:
    return lambda *values: choose(map(convert, values))


FUNCTIONS: dict[str, Function] = {
    "int": function("a", as_integer),
    "int64": function("a", as_integer),
    "float64": function("a", as_float),
    "atoi": function("s", _atoi),
    "toDecimal": function("a", _octal),
    "add": function("a*", _integers(lambda one, two: one + two)),
    "add1": function("a", lambda value: _wrapped(as_integer(value) + 1)),
    "sub": function("aa", _integers(lambda one, two: one - two)),
    "mul": function("aa*", _integers(lambda one, two: one * two)),
    "div": function("aa", _integers(_divided)),
    "mod": function("aa", _integers(lambda one, two: one - two * _divided(one, two))),
    "addf": function("aa*", _floats(lambda one, two: one + two)),
    "add1f": function("a", lambda value: as_float(value) + 1),
    "subf": function("aa*", _floats(lambda one, two: one - two)),
    "mulf": function("aa*", _floats(lambda one, two: one * two)),
    "divf": function("aa*", _floats(_quotient)),
    "max": function("aa*", _most(max, as_integer)),
    "biggest": function("aa*", _most(max, as_integer)),
    "min": function("aa*", _most(min, as_integer)),
    "maxf": function("aa*", _most(max, as_float)),
    "minf": function("aa*", _most(min, as_float)),
    "ceil": function("a", lambda value: float(math.ceil(as_float(value)))),
    "floor": function("a", lambda value: float(math.floor(as_float(value)))),
    "round": function("ain?", _round),
    "until": function("i", _until),
    "untilStep": function("iii", _steps),
    "seq": function("i*", _seq),
    "randInt": function("ii", _random_integer),
}
