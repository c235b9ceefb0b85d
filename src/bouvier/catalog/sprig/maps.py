"""Maps. `set`, `unset`, `merge` and `mergeOverwrite` change their first argument, as charts rely on."""

from __future__ import annotations

import copy
from typing import Any

from bouvier.catalog.gotemplate.errors import FunctionError
from bouvier.catalog.gotemplate.functions import Function, function
from bouvier.catalog.gotemplate.limits import Limits
from bouvier.catalog.gotemplate.values import is_empty, text_of, type_of

_ITEMS = Limits().items


def _dict(*pairs: Any) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for index in range(0, len(pairs), 2):
        made[text_of(pairs[index])] = pairs[index + 1] if index + 1 < len(pairs) else ""
    return made


def _set(target: dict[str, Any], key: str, value: Any) -> dict[str, Any]:
    if len(target) >= _ITEMS:
        raise FunctionError("the map has too many entries")
    target[key] = value
    return target


def _unset(target: dict[str, Any], key: str) -> dict[str, Any]:
    target.pop(key, None)
    return target


def _keys(*maps: dict[str, Any]) -> list[str]:
    return [key for one in maps for key in one]


def _values(one: dict[str, Any]) -> list[Any]:
    return list(one.values())


def _pick(one: dict[str, Any], *keys: str) -> dict[str, Any]:
    return {key: one[key] for key in keys if key in one}


def _omit(one: dict[str, Any], *keys: str) -> dict[str, Any]:
    return {key: value for key, value in one.items() if key not in keys}


def _pluck(key: str, *maps: dict[str, Any]) -> list[Any]:
    return [one[key] for one in maps if key in one]


def _dig(*arguments: Any) -> Any:
    """Return the value at a path of keys in the last argument, the one before it when there is none."""
    *path, default, where = arguments
    if not isinstance(where, dict):
        raise FunctionError(f"the last argument must be a map, not {type_of(where)}")
    for key in path:
        if not isinstance(where, dict) or key not in where:
            return default
        where = where[key]
    return where


def merge(target: dict[str, Any], *sources: dict[str, Any], overwrite: bool = False) -> dict[str, Any]:
    """Bring what the sources have into the target, in place: what it lacks, or with `overwrite` everything."""
    for source in sources:
        _merge_one(target, source, overwrite=overwrite)
    return target


def _merge_one(target: dict[str, Any], source: dict[str, Any], *, overwrite: bool) -> None:
    for key, value in source.items():
        present = target.get(key)
        if isinstance(present, dict) and isinstance(value, dict):
            _merge_one(present, value, overwrite=overwrite)
        elif overwrite or key not in target or (is_empty(present) and not is_empty(value)):
            target[key] = value


def _merge_overwrite(target: dict[str, Any], *sources: dict[str, Any]) -> dict[str, Any]:
    return merge(target, *sources, overwrite=True)


_copy = function("a", copy.deepcopy)

FUNCTIONS: dict[str, Function] = {
    "dict": function("a*", _dict),
    "get": function("ds", lambda one, key: one.get(key, "")),
    "set": function("dsa", _set),
    "unset": function("ds", _unset),
    "hasKey": function("ds", lambda one, key: key in one),
    "keys": function("d*", _keys),
    "values": function("d", _values),
    "pick": function("ds*", _pick),
    "omit": function("ds*", _omit),
    "pluck": function("sd*", _pluck),
    "dig": function("aaa*", _dig),
    "merge": function("dd*", merge),
    "mustMerge": function("dd*", merge),
    "mergeOverwrite": function("dd*", _merge_overwrite),
    "mustMergeOverwrite": function("dd*", _merge_overwrite),
    "deepCopy": _copy,
    "mustDeepCopy": _copy,
}
