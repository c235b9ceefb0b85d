"""`int()`, `uint()`, `double()`, `string()`, `bytes()`, `bool()`, `dyn()` and `type()`."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any

from bouvier.meta.cel.errors import EvaluationError
from bouvier.meta.cel.functions import Overload, function, traversal
from bouvier.meta.cel.library.operators import SECOND
from bouvier.meta.cel.library.times import duration_text, timestamp_text
from bouvier.meta.cel.types import BOOL, BYTES, DOUBLE, DURATION, DYN, INT, STRING, TIMESTAMP, UINT, A, type_of
from bouvier.meta.cel.values import INT_MAX, INT_MIN, UINT_MAX, TypeValue, UInt, checked_int, type_name

_TRUE = frozenset({"1", "t", "true", "TRUE", "True", "T"})
_FALSE = frozenset({"0", "f", "false", "FALSE", "False", "F"})


def _whole(low: int, high: int, message: str) -> Callable[[Any], int]:
    def convert(value: Any) -> int:
        if isinstance(value, float) and not math.isfinite(value):
            raise EvaluationError(message)
        number = int(value)
        if not low <= number <= high:
            raise EvaluationError(message)
        return number

    return convert


_to_int = _whole(INT_MIN, INT_MAX, "integer overflow")
_to_uint = _whole(0, UINT_MAX, "unsigned integer overflow")


def _parsed(kind: str, read: Callable[[str], Any], result: str) -> Callable[[str], Any]:
    def convert(text: str) -> Any:
        try:
            if text != text.strip() or "_" in text:
                raise ValueError  # noqa: TRY301
            return read(text)
        except ValueError:
            raise EvaluationError(f"type conversion error from '{kind}' to '{result}'") from None

    return convert


def _boolean(text: str) -> bool:
    if text in _TRUE:
        return True
    if text in _FALSE:
        return False
    raise EvaluationError("type conversion error from 'string' to 'bool'")


def double_text(value: float) -> str:
    """Return a number as Go writes it with the fewest digits."""
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "+Inf" if value > 0 else "-Inf"
    if value == 0 or 1e-4 <= abs(value) < 1e21:
        text = repr(value) if abs(value) < 1e16 else str(int(value))
        return text.removesuffix(".0")
    mantissa, _, exponent = f"{value!r}".partition("e")
    if not exponent:
        mantissa, _, exponent = f"{value:e}".partition("e")
        mantissa = mantissa.rstrip("0").rstrip(".")
    return f"{mantissa.removesuffix('.0')}e{exponent}"


def _decoded(value: bytes) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError:
        raise EvaluationError("invalid UTF-8 in bytes, cannot convert to string") from None


def _numbers() -> Iterator[Overload]:
    for one in (INT, UINT, DOUBLE):
        yield function("int", (one,), INT, _to_int)
        yield function("uint", (one,), UINT, lambda value: UInt(_to_uint(value)))
        yield function("double", (one,), DOUBLE, float)
    yield function("int", (STRING,), INT, _parsed("string", lambda text: _to_int(int(text)), "int"))
    yield function("int", (TIMESTAMP,), INT, lambda value: checked_int(int(value) // SECOND))
    yield function("int", (DURATION,), INT, lambda value: int(value) // SECOND)
    yield function("uint", (STRING,), UINT, _parsed("string", lambda text: UInt(_to_uint(int(text))), "uint"))
    yield function("double", (STRING,), DOUBLE, _parsed("string", float, "double"))


FUNCTIONS = (
    *_numbers(),
    function("bool", (BOOL,), BOOL, bool),
    function("bool", (STRING,), BOOL, _boolean),
    function("string", (STRING,), STRING, str),
    function("string", (BOOL,), STRING, lambda value: "true" if value else "false"),
    function("string", (INT,), STRING, str),
    function("string", (UINT,), STRING, str),
    function("string", (DOUBLE,), STRING, double_text),
    function("string", (BYTES,), STRING, _decoded, traversal()),
    function("string", (TIMESTAMP,), STRING, timestamp_text),
    function("string", (DURATION,), STRING, duration_text),
    function("bytes", (BYTES,), BYTES, bytes),
    function("bytes", (STRING,), BYTES, str.encode, traversal()),
    function("dyn", (A,), DYN, lambda value: value),
    function("type", (A,), type_of(A), lambda value: TypeValue(type_name(value))),
)
