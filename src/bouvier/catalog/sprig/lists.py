"""Lists. Every function returns a new list; only maps are changed in place."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from bouvier.catalog.gotemplate.errors import FunctionError
from bouvier.catalog.gotemplate.functions import Function, function
from bouvier.catalog.gotemplate.limits import Limits
from bouvier.catalog.gotemplate.values import is_empty, is_true, type_of

_ITEMS = Limits().items


def _list_of(value: Any) -> list[Any]:
    if value is None:
        return []
    if not isinstance(value, list):
        raise FunctionError(f"expected a list, got {type_of(value)}")
    return value


def _grown(items: list[Any]) -> list[Any]:
    if len(items) > _ITEMS:
        raise FunctionError(f"a list of {len(items)} elements is too long")
    return items


def _first(value: Any) -> Any:
    items = _list_of(value)
    return items[0] if items else None


def _last(value: Any) -> Any:
    items = _list_of(value)
    return items[-1] if items else None


def _unique(value: Any) -> list[Any]:
    found: list[Any] = []
    for item in _list_of(value):
        if not _is_in(item, found):
            found.append(item)
    return found


def _is_in(item: Any, items: list[Any]) -> bool:
    return any(type(one) is type(item) and one == item for one in items)


def _without(value: Any, *unwanted: Any) -> list[Any]:
    return [item for item in _list_of(value) if not _is_in(item, list(unwanted))]


def _has(item: Any, value: Any) -> bool:
    return _is_in(item, _list_of(value))


def _slice(value: Any, *bounds: int) -> list[Any]:
    items = _list_of(value)
    first, last = [*bounds, *(0, len(items))[len(bounds) :]][:2]
    if not 0 <= first <= last <= len(items):
        raise FunctionError(f"slice bounds out of range: {first}:{last} of {len(items)}")
    return items[first:last]


def _chunk(size: int, value: Any) -> list[list[Any]]:
    if size < 1:
        raise FunctionError("the size of a part must be at least 1")
    items = _list_of(value)
    return [items[start : start + size] for start in range(0, len(items), size)]


def _concat(*values: Any) -> list[Any]:
    return _grown([item for value in values for item in _list_of(value)])


def _append(value: Any, item: Any) -> list[Any]:
    return _grown([*_list_of(value), item])


_WITH_MUST: dict[str, tuple[str, Callable[..., Any]]] = {
    "append": ("aa", _append),
    "push": ("aa", _append),
    "prepend": ("aa", lambda value, item: _grown([item, *_list_of(value)])),
    "first": ("a", _first),
    "rest": ("a", lambda value: _list_of(value)[1:]),
    "last": ("a", _last),
    "initial": ("a", lambda value: _list_of(value)[:-1]),
    "reverse": ("a", lambda value: _list_of(value)[::-1]),
    "uniq": ("a", _unique),
    "without": ("aa*", _without),
    "has": ("aa", _has),
    "compact": ("a", lambda value: [item for item in _list_of(value) if not is_empty(item)]),
    "slice": ("ai*", _slice),
    "chunk": ("ia", _chunk),
}

FUNCTIONS: dict[str, Function] = {
    "list": function("a*", lambda *items: list(items)),
    "tuple": function("a*", lambda *items: list(items)),
    "concat": function("a*", _concat),
    "all": function("a*", lambda *values: all(map(is_true, values))),
    "any": function("a*", lambda *values: any(map(is_true, values))),
}
for _name, (_letters, _call) in _WITH_MUST.items():
    FUNCTIONS[_name] = FUNCTIONS["must" + _name[0].upper() + _name[1:]] = function(_letters, _call)
