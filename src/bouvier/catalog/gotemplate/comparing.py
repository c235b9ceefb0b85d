"""`eq`, `ne`, `lt`, `le`, `gt`, `ge` as Go's templates compare.

Two differences from Go, both towards what is meant: integers compare with floats, where Go refuses, and so do lists
and maps with each other in `eq`.
Source: https://pkg.go.dev/text/template#hdr-Functions
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from bouvier.catalog.gotemplate.errors import FunctionError
from bouvier.catalog.gotemplate.values import type_of


def _basic_kind(value: Any) -> str:
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, int | float | timedelta):
        return "number"
    if isinstance(value, str):
        return "string"
    return "" if value is None else "other"


def eq(first: Any, *others: Any) -> bool:
    """Tell whether the first equals any of the others."""
    if not others:
        raise FunctionError("missing argument for comparison")
    return any(_equals(first, other) for other in others)


def _equals(one: Any, two: Any) -> bool:
    kinds = _basic_kind(one), _basic_kind(two)
    if kinds[0] != kinds[1]:
        if "" in kinds:
            return False
        raise FunctionError(f"incompatible types for comparison: {type_of(one)} and {type_of(two)}")
    return bool(one == two)


def ne(one: Any, two: Any) -> bool:
    """Tell whether the two differ."""
    return not _equals(one, two)


def lt(one: Any, two: Any) -> bool:
    """Tell whether the first is less than the second."""
    kinds = _basic_kind(one), _basic_kind(two)
    if kinds[0] != kinds[1]:
        raise FunctionError(f"incompatible types for comparison: {type_of(one)} and {type_of(two)}")
    if kinds[0] not in ("number", "string"):
        raise FunctionError(f"invalid type for comparison: {type_of(one)}")
    return bool(one < two)


def le(one: Any, two: Any) -> bool:
    """Tell whether the first is less than or equal to the second."""
    return lt(one, two) or _equals(one, two)


def gt(one: Any, two: Any) -> bool:
    """Tell whether the first is greater than the second."""
    return not le(one, two)


def ge(one: Any, two: Any) -> bool:
    """Tell whether the first is greater than or equal to the second."""
    return not lt(one, two)
