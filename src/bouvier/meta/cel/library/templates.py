"""`"%s is %d".format([name, count])`, and quoting.

Source: https://pkg.go.dev/github.com/google/cel-go/ext#Strings
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import Any

from bouvier.meta.cel.errors import EvaluationError
from bouvier.meta.cel.library.conversions import double_text
from bouvier.meta.cel.library.times import duration_text, timestamp_text
from bouvier.meta.cel.values import Duration, Steps, Timestamp, TypeValue, UInt, fitting, from_key, kind_of

_CLAUSE = re.compile(r"%(?:(?P<percent>%)|(?:\.(?P<precision>\d+))?(?P<verb>.)?)", re.DOTALL)
_PRECISION = 6
_LARGEST_PRECISION = 1000
_MOST_PARTS = 100_000
"""Parts of a list or map that are written out."""
_ESCAPES = {
    "\a": r"\a",
    "\b": r"\b",
    "\f": r"\f",
    "\n": r"\n",
    "\r": r"\r",
    "\t": r"\t",
    "\v": r"\v",
    "\\": r"\\",
    '"': r"\"",
}


def quoted(text: str) -> str:
    """Return a text between double quotes, its special characters escaped."""
    return '"' + "".join(_ESCAPES.get(one, one) for one in text) + '"'


def formatted(template: str, values: list[Any]) -> str:
    """Return the template with its clauses replaced by values in order.

    Raises:
        EvaluationError: more clauses than values, or a value that a clause cannot write.

    """
    rest = iter(values)
    length = 0

    def clause(match: re.Match[str]) -> str:
        if match["percent"]:
            return "%"
        if match["verb"] is None:
            raise EvaluationError("unexpected end of string")
        value = next(rest, rest)
        if value is rest:
            raise EvaluationError(f"index {len(values)} out of range")
        precision = _PRECISION if match["precision"] is None else int(match["precision"])
        if precision > _LARGEST_PRECISION:
            raise EvaluationError("precision too large")
        nonlocal length
        text = _written(match["verb"], value, precision)
        length += len(text)
        fitting(length)
        return text

    return _CLAUSE.sub(clause, template)


def _written(verb: str, value: Any, precision: int) -> str:
    write = _VERBS.get(verb)
    if write is None:
        raise EvaluationError(f'could not parse formatting clause: unrecognized formatting clause "{verb}"')
    return write(value, precision)


def text_of(value: Any, steps: Steps | None = None) -> str:
    """Return any value as `%s` writes it."""
    if isinstance(value, str):
        return value
    steps = steps or Steps(_MOST_PARTS)
    steps.take()
    if isinstance(value, list):
        return "[" + ", ".join(text_of(inner, steps) for inner in value) + "]"
    if isinstance(value, dict):
        pairs = sorted((text_of(from_key(key)), text_of(inner, steps)) for key, inner in value.items())
        return "{" + ", ".join(f"{key}: {inner}" for key, inner in pairs) + "}"
    writers: dict[type, Callable[[Any], str]] = {
        bool: lambda one: "true" if one else "false",
        int: str,
        UInt: str,
        float: double_text,
        bytes: lambda one: one.decode(errors="replace"),
        type(None): lambda _one: "null",
        Timestamp: timestamp_text,
        Duration: duration_text,
        TypeValue: lambda one: one.name,
    }
    write = writers.get(type(value))
    if write is None:
        raise EvaluationError(f"error during formatting: no formatting function for {kind_of(value)}")
    return write(value)


def _wrong(verb: str, kinds: str, value: Any) -> EvaluationError:
    return EvaluationError(
        f"error during formatting: {verb} clause can only be used on {kinds}, was given {kind_of(value)}"
    )


def _decimal(value: Any, _precision: int) -> str:
    if kind_of(value) not in ("int", "uint") and not (isinstance(value, float) and not math.isfinite(value)):
        raise _wrong("decimal", "integers", value)
    return text_of(value)


def _fixed(value: Any, precision: int) -> str:
    if kind_of(value) not in ("double", "int", "uint"):
        raise _wrong("fixed-point", "doubles", value)
    return f"{value:.{precision}f}" if math.isfinite(value) else double_text(float(value))


def _scientific(value: Any, precision: int) -> str:
    if kind_of(value) not in ("double", "int", "uint"):
        raise _wrong("scientific", "doubles", value)
    return f"{value:.{precision}e}" if math.isfinite(value) else double_text(float(value))


def _binary(value: Any, _precision: int) -> str:
    if kind_of(value) not in ("bool", "int", "uint"):
        raise _wrong("binary", "integers and bools", value)
    return f"{int(value):b}"


def _octal(value: Any, _precision: int) -> str:
    if kind_of(value) not in ("int", "uint"):
        raise _wrong("octal", "integers", value)
    return f"{value:o}"


def _hex(value: Any, _precision: int) -> str:
    if kind_of(value) in ("int", "uint"):
        return f"{value:x}"
    if isinstance(value, str | bytes):
        return (value.encode() if isinstance(value, str) else value).hex()
    raise _wrong("hex", "integers, byte buffers, and strings", value)


_VERBS: dict[str, Callable[[Any, int], str]] = {
    "s": lambda value, _precision: text_of(value),
    "d": _decimal,
    "f": _fixed,
    "e": _scientific,
    "b": _binary,
    "o": _octal,
    "x": _hex,
    "X": lambda value, precision: _hex(value, precision).upper(),
}
