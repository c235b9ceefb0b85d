"""Path elements: how a field, an item of a list or a value of a set is named in a field set.

`f:NAME` is a field or the key of a map, `k:{"name":"web"}` an item of a list of objects (its keys as JSON, sorted),
`v:"x"` a value of a set, `i:3` an index, `.` the parent itself.

Source: https://kubernetes.io/docs/reference/using-api/server-side-apply/#fieldsv1
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

import orjson

from bouvier.meta.patches.structure import Structure

_LONGEST_REMEMBERED = 256
"""Characters of a key whose element is remembered: names of containers, ports and the like come with every write."""


class Several(list[Any]):
    """The items of a list that share one element; owned and compared as one value."""


@lru_cache(maxsize=4096)
def namer(structure: Structure) -> Callable[[Any], str] | None:
    """Return the function that names the items of a list; None when the list is atomic.

    The function raises ValueError for an item that has no place in such a list; the message says why. Namers are kept
    for each structure: they run for every item on every write, and reading a structure's attributes costs more than
    naming.
    """
    if structure.list_type == "set":
        return _name_value
    if structure.list_type != "map":
        return None
    keys, defaults = structure.map_keys, structure.key_defaults
    if len(keys) == 1 and not defaults:
        return _namer_by_key(keys[0])
    return lambda item: "k:" + orjson.dumps(_keys(item, keys, defaults), option=orjson.OPT_SORT_KEYS).decode()


def items_by_element(items: list[Any], structure: Structure | None) -> dict[str, Any] | None:
    """Return the items by their elements, in order; None when the list is atomic or an item has no element.

    Items that share an element are gathered in one `Several`.
    """
    name = namer(structure) if structure is not None else None
    if name is None:
        return None
    found: dict[str, Any] = {}
    try:
        for item in items:
            element = name(item)
            if element not in found:
                found[element] = item
            elif isinstance(found[element], Several):
                found[element].append(item)
            else:
                found[element] = Several([found[element], item])
    except ValueError:
        return None
    return found


def _name_value(item: Any) -> str:
    if item is None or isinstance(item, dict | list):
        raise ValueError("a set may only have values that are neither null, objects nor lists")
    return "v:" + orjson.dumps(item).decode()


def _namer_by_key(key: str) -> Callable[[Any], str]:
    start = "k:{" + orjson.dumps(key).decode() + ":"

    def name(item: Any) -> str:
        value = item.get(key) if type(item) is dict else None
        if value is None:
            value = _keys(item, (key,), {})[key]
        if type(value) is str and len(value) <= _LONGEST_REMEMBERED:
            return named(value)
        return f"{start}{orjson.dumps(value).decode()}}}"

    @lru_cache(maxsize=4096)
    def named(value: str) -> str:
        return f"{start}{orjson.dumps(value).decode()}}}"

    return name


def _keys(item: Any, names: tuple[str, ...], defaults: Mapping[str, Any]) -> dict[str, Any]:
    if not isinstance(item, dict):
        raise ValueError("associative list with keys may not have an element that is not an object")  # noqa: TRY004 bad input
    keys: dict[str, Any] = {}
    for name in names:
        value = item.get(name)
        if value is None:
            value = defaults.get(name)
        if value is None:
            message = f'associative list with keys has an element that omits key field "{name}"'
            raise ValueError(f"{message} (and doesn't have default value)")
        keys[name] = value
    return keys


def check_element(element: str) -> None:
    """Check the form of an element.

    Raises:
        ValueError: it is none.
    """
    kind, colon, rest = element.partition(":")
    if element == "." or (kind == "f" and colon):
        return
    if kind == "i" and rest.removeprefix("-").isdecimal():
        return
    if kind in ("k", "v") and colon:
        value = _json(element, rest)
        if kind == "v" or (isinstance(value, dict) and value):
            return
    raise ValueError(
        f"invalid path element {element!r}: it must be '.', 'f:NAME', 'k:{{KEYS}}', 'v:VALUE' or 'i:INDEX'"
    )


def show_element(element: str) -> str:
    """Return the element as messages show it: `.name`, `[name="web"]`, `[="x"]` or `[3]`."""
    kind, _, rest = element.partition(":")
    if kind == "k":
        keys = orjson.loads(rest)
        return "[" + ",".join(f"{name}={orjson.dumps(keys[name]).decode()}" for name in sorted(keys)) + "]"
    if kind == "v":
        return f"[={rest}]"
    return f"[{rest}]" if kind == "i" else f".{rest}"


def _json(element: str, text: str) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise ValueError(f"invalid path element {element!r}: {error}") from error
