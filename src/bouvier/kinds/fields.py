"""Small checks that the validation of many kinds is made of.

Each yields a `FieldError` for what is wrong with one value at one path. Values have the right JSON type already:
`schemas.check` comes first.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from bouvier.kinds import names
from bouvier.kinds.findings import show
from bouvier.meta.errors import FieldError, not_supported, required

IMMUTABLE = "field is immutable"
_PERCENT = re.compile(r"[0-9]{1,9}%")
_MAX_PORT = 65535

Errors = Iterator[FieldError]


def invalid(path: str, value: Any, detail: str) -> FieldError:
    """Return the error for a value of the wrong form; values that are not text are shown as JSON."""
    return FieldError("FieldValueInvalid", path, f"Invalid value: {show(value)}: {detail}")


def too_long(path: str, limit: int) -> FieldError:
    """Return the error for a text that is longer than allowed."""
    return FieldError("FieldValueTooLong", path, f"Too long: may not be more than {limit} bytes")


def unsupported(path: str, value: Any, choices: Iterable[str]) -> FieldError:
    """Return the error for a value outside an enumeration, its choices in order of the alphabet."""
    return not_supported(path, value, sorted(choices))


def each(path: str, value: str, check: Callable[[str], list[str]]) -> Errors:
    """Report every message of a name check."""
    for message in check(value):
        yield invalid(path, value, message)


def named(path: str, value: str | None, check: Callable[[str], list[str]]) -> Errors:
    """Check a name that must be there."""
    if not value:
        yield required(path)
    else:
        yield from each(path, value, check)


def one_of(path: str, value: str | None, choices: Sequence[str]) -> Errors:
    """Check an enumeration whose value must be there."""
    if not value:
        yield required(path)
    elif value not in choices:
        yield unsupported(path, value, choices)


def optional_one_of(path: str, value: str | None, choices: Sequence[str]) -> Errors:
    """Check an enumeration that may be absent."""
    if value and value not in choices:
        yield unsupported(path, value, choices)


def non_negative(path: str, value: int | None) -> Errors:
    """Check a number that must not be below zero."""
    if value is not None and value < 0:
        yield invalid(path, value, "must be greater than or equal to 0")


def positive(path: str, value: int | None) -> Errors:
    """Check a number that must be above zero."""
    if value is not None and value <= 0:
        yield invalid(path, value, "must be greater than 0")


def port(path: str, value: int) -> Errors:
    """Check a port number."""
    if not 1 <= value <= _MAX_PORT:
        yield invalid(path, value, f"must be between 1 and {_MAX_PORT}, inclusive")


def port_or_name(path: str, value: int | str) -> Errors:
    """Check a port given by number or by name."""
    if isinstance(value, int):
        yield from port(path, value)
    else:
        yield from each(path, value, names.port_name)


def int_or_percent(path: str, value: int | str | None) -> Errors:
    """Check a count given as number or percentage."""
    if isinstance(value, int):
        yield from non_negative(path, value)
    elif isinstance(value, str) and not _PERCENT.fullmatch(value):
        detail = (
            "a valid percent string must be a numeric string followed by an ending '%' "
            "(e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')"
        )
        yield invalid(path, value, detail)


def at_most_hundred_percent(path: str, value: int | str | None) -> Errors:
    """Check that a percentage does not exceed the whole."""
    if isinstance(value, str) and _PERCENT.fullmatch(value) and int(value[:-1]) > 100:
        yield invalid(path, value, "must not be greater than 100%")


def is_zero(value: int | str | None) -> bool:
    """Tell whether a count or percentage is nothing at all."""
    return value in (0, "0%", "0") or value is None


def immutable(path: str, new: Any, old: Any) -> Errors:
    """Check that a value stays as it was; absent and empty are the same."""
    if (new or None) != (old or None):
        yield invalid(path, new, IMMUTABLE)


def unique(path: str, values: Iterable[Any], field: str = "") -> Errors:
    """Report values of a list that occur before; `field` names the element's field that holds the value."""
    seen = set()
    for index, value in enumerate(values):
        if not value:
            continue
        if value in seen:
            where = f"{path}[{index}].{field}" if field else f"{path}[{index}]"
            yield FieldError("FieldValueDuplicate", where, f"Duplicate value: {show(value)}")
        seen.add(value)


def labels(path: str, value: Mapping[str, str] | None) -> Errors:
    """Check a map of labels."""
    for key, text in (value or {}).items():
        if not names.is_label(key, text):
            yield from each(path, key, names.qualified_name)
            yield from each(path, text, names.label_value)


def label_selector(path: str, selector: Mapping[str, Any] | None) -> Errors:
    """Check a `metav1.LabelSelector`."""
    if not selector:
        return
    yield from labels(f"{path}.matchLabels", selector.get("matchLabels"))
    for index, expression in enumerate(selector.get("matchExpressions") or ()):
        yield from _expression(f"{path}.matchExpressions[{index}]", expression)


def _expression(path: str, expression: Mapping[str, Any]) -> Errors:
    operator = expression.get("operator", "")
    values = expression.get("values") or ()
    if operator in ("In", "NotIn"):
        if not values:
            yield required(f"{path}.values", "must be specified when `operator` is 'In' or 'NotIn'")
    elif operator in ("Exists", "DoesNotExist"):
        if values:
            detail = "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"
            yield FieldError("FieldValueForbidden", f"{path}.values", f"Forbidden: {detail}")
    else:
        yield invalid(f"{path}.operator", operator, "not a valid selector operator")
    yield from each(f"{path}.key", expression.get("key", ""), names.qualified_name)
    for index, value in enumerate(values):
        yield from each(f"{path}.values[{index}]", value, names.label_value)
