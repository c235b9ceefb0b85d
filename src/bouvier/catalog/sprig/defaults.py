"""Defaults, types and choices."""

from __future__ import annotations

from typing import Any

from bouvier.catalog.gotemplate.errors import FunctionError
from bouvier.catalog.gotemplate.functions import Function, function
from bouvier.catalog.gotemplate.values import is_empty, kind_of, type_of

_INTEGER_KINDS = ("int", "int8", "int16", "int32", "int64", "uint", "uint8", "uint16", "uint32", "uint64")
"""Go keeps these apart; here an integer is any of them."""


def _default(fallback: Any, *given: Any) -> Any:
    return fallback if not given or is_empty(given[0]) else given[0]


def _coalesce(*values: Any) -> Any:
    return next((value for value in values if not is_empty(value)), None)


def _ternary(yes: Any, no: Any, condition: bool) -> Any:  # noqa: FBT001 - the function of templates
    return yes if condition else no


def _fail(message: str) -> None:
    raise FunctionError(message)


def _required(message: str, value: Any) -> Any:
    if value is None or value == "":
        raise FunctionError(message)
    return value


def _kind_is(kind: str, value: Any) -> bool:
    own = kind_of(value)
    return own == kind or (own == "int" and kind in _INTEGER_KINDS)


def _type_is(name: str, value: Any) -> bool:
    own = type_of(value)
    return own == name or (own == "int" and name in _INTEGER_KINDS)


FUNCTIONS: dict[str, Function] = {
    "default": function("aa*", _default),
    "empty": function("a", is_empty),
    "coalesce": function("a*", _coalesce),
    "ternary": function("aab", _ternary),
    "fail": function("s", _fail),
    "required": function("sa", _required),
    "kindOf": function("a", kind_of),
    "kindIs": function("sa", _kind_is),
    "typeOf": function("a", type_of),
    "typeIs": function("sa", _type_is),
    "typeIsLike": function("sa", lambda name, value: _type_is(name.removeprefix("*"), value)),
    "deepEqual": function("aa", lambda one, two: type(one) is type(two) and one == two),
    "hello": function("", lambda: "Hello!"),
}
