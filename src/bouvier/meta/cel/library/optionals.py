"""Functions on values that may be absent.

Source: https://pkg.go.dev/github.com/google/cel-go/cel#OptionalTypes
"""

from __future__ import annotations

from typing import Any

from bouvier.meta.cel.errors import EvaluationError
from bouvier.meta.cel.functions import Overload, function, method
from bouvier.meta.cel.types import BOOL, DYN, A, list_of, optional_of
from bouvier.meta.cel.values import NONE, Duration, Optional, Timestamp


def _of_non_zero(value: Any) -> Optional:
    is_zero = value is None or (not isinstance(value, Timestamp | Duration) and not value) or value == 0
    return NONE if is_zero else Optional(value)


def _value(one: Optional) -> Any:
    if not one.has_value:
        raise EvaluationError("optional.none() dereference")
    return one.value


FUNCTIONS: tuple[Overload, ...] = (
    function("optional.of", (A,), optional_of(A), Optional),
    function("optional.ofNonZeroValue", (A,), optional_of(A), _of_non_zero),
    function("optional.none", (), optional_of(DYN), lambda: NONE),
    function(
        "optional.unwrap",
        (list_of(optional_of(A)),),
        list_of(A),
        lambda items: [one.value for one in items if one.has_value],
    ),
    method(
        "unwrapOpt",
        (list_of(optional_of(A)),),
        list_of(A),
        lambda items: [one.value for one in items if one.has_value],
    ),
    method("hasValue", (optional_of(A),), BOOL, lambda one: one.has_value),
    method("value", (optional_of(A),), A, _value),
    method("orValue", (optional_of(A), A), A, lambda one, other: one.value if one.has_value else other),
    method("or", (optional_of(A), optional_of(A)), optional_of(A), lambda one, other: one if one.has_value else other),
)
