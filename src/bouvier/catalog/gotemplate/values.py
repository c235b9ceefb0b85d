"""The values of templates, and what Go says about them: kind, type, truth, text.

| Go | here |
|---|---|
| nil | None |
| bool, string, []byte, float64 | bool, str, bytes, float |
| every integer type | int |
| []interface{}, map[string]interface{} | list, dict |
| time.Time, time.Duration | datetime, timedelta |
| structs with methods | `Record` |

Numbers in values files are floats, as Helm reads them; integers come from literals and arithmetic.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from bouvier.catalog.gotemplate.durations import duration_text, time_text


class Record:
    """A value with named fields and methods, such as `.Files` or `.Capabilities.KubeVersion`."""

    __slots__ = ("fields", "methods", "text", "type_name")

    def __init__(
        self,
        type_name: str,
        fields: Mapping[str, Any] | None = None,
        methods: Mapping[str, Callable[..., Any]] | None = None,
        text: str = "",
    ) -> None:
        self.type_name = type_name
        self.fields = fields or {}
        self.methods = methods or {}
        self.text = text
        """What printing it gives; empty: its fields."""


_KINDS: dict[type, tuple[str, str]] = {
    type(None): ("invalid", "<nil>"),
    bool: ("bool", "bool"),
    int: ("int", "int"),
    float: ("float64", "float64"),
    str: ("string", "string"),
    bytes: ("slice", "[]uint8"),
    list: ("slice", "[]interface {}"),
    dict: ("map", "map[string]interface {}"),
    datetime: ("struct", "time.Time"),
    timedelta: ("int64", "time.Duration"),
}


def kind_of(value: Any) -> str:
    """Return Go's kind of the value, such as `string`, `map`, `slice` or `float64`."""
    return _KINDS[type(value)][0] if type(value) in _KINDS else "struct"


def type_of(value: Any) -> str:
    """Return Go's name of the value's type."""
    if isinstance(value, Record):
        return value.type_name
    return _KINDS[type(value)][1] if type(value) in _KINDS else type(value).__name__


def is_true(value: Any) -> bool:
    """Tell whether the value counts as true: neither nil, false, zero nor empty."""
    if isinstance(value, Record | datetime):
        return True
    return bool(value)


def is_empty(value: Any) -> bool:
    """Tell whether sprig calls the value empty."""
    return not is_true(value)


def float_text(value: float) -> str:
    """Return a float as Go's `%v` does: the fewest digits, with an exponent below 1e-4 and from 1e+21 or six digits on.

    Source: https://pkg.go.dev/strconv#FormatFloat with format 'g' and precision -1
    """
    if value != value:  # noqa: PLR0124 - the definition of NaN
        return "NaN"
    if value in (float("inf"), float("-inf")):
        return "+Inf" if value > 0 else "-Inf"
    if not value:
        return "-0" if str(value).startswith("-") else "0"
    sign, digits, exponent = Decimal(repr(value)).normalize().as_tuple()
    assert isinstance(exponent, int)
    text = "".join(map(str, digits))
    scientific = len(text) + exponent - 1
    if -4 <= scientific < max(LARGEST_PLAIN_EXPONENT, 0):
        return ("-" if sign else "") + _plain(text, exponent)
    mantissa = text[0] + ("." + text[1:] if len(text) > 1 else "")
    return f"{'-' if sign else ''}{mantissa}e{'-' if scientific < 0 else '+'}{abs(scientific):02d}"


LARGEST_PLAIN_EXPONENT = 6
"""From a million on Go writes an exponent: the famous `1e+06` of large numbers in values files."""


def _plain(digits: str, exponent: int) -> str:
    if exponent >= 0:
        return digits + "0" * exponent
    whole = len(digits) + exponent
    if whole > 0:
        return f"{digits[:whole]}.{digits[whole:]}"
    return "0." + "0" * -whole + digits


def text_of(value: Any) -> str:
    """Return the value as Go's `%v` prints it."""
    maker = _TEXTS.get(type(value))
    if maker is not None:
        return maker(value)
    if isinstance(value, Record):
        return value.text or "{" + " ".join(text_of(field) for field in value.fields.values()) + "}"
    return str(value)


def _map_text(value: dict[str, Any]) -> str:
    return "map[" + " ".join(f"{key}:{text_of(value[key])}" for key in sorted(value)) + "]"


_TEXTS: dict[type, Callable[[Any], str]] = {
    str: lambda value: value,
    int: str,
    bool: lambda value: "true" if value else "false",
    type(None): lambda _value: "<nil>",
    float: float_text,
    list: lambda value: "[" + " ".join(map(text_of, value)) + "]",
    bytes: lambda value: "[" + " ".join(map(str, value)) + "]",
    dict: _map_text,
    datetime: time_text,
    timedelta: duration_text,
}


def printed(values: tuple[Any, ...]) -> str:
    """Return values as `print` does: with a space between two neighbours neither of which is a text."""
    parts: list[str] = []
    for index, value in enumerate(values):
        if index and not isinstance(value, str) and not isinstance(values[index - 1], str):
            parts.append(" ")
        parts.append(text_of(value))
    return "".join(parts)
