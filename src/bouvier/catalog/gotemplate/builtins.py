"""The functions that every Go template has. `and`, `or` and `call` of methods are the evaluator's own."""

from __future__ import annotations

import html
import json
from typing import Any
from urllib.parse import quote_plus

from bouvier.catalog.gotemplate import comparing
from bouvier.catalog.gotemplate.errors import FunctionError
from bouvier.catalog.gotemplate.formatting import sprintf
from bouvier.catalog.gotemplate.functions import Function, function
from bouvier.catalog.gotemplate.values import is_true, printed, text_of, type_of


def _length(value: Any) -> int:
    if isinstance(value, str):
        return len(value.encode())
    if isinstance(value, list | dict | bytes):
        return len(value)
    raise FunctionError("len of nil" if value is None else f"len of type {type_of(value)}")


def _index(value: Any, *keys: Any) -> Any:
    for key in keys:
        value = _item(value, key)
    return value


def _item(value: Any, key: Any) -> Any:
    if value is None:
        raise FunctionError("index of nil: there is nothing to look into")
    if isinstance(value, dict):
        if not isinstance(key, str):
            raise FunctionError(f"a map is indexed by text, not by {type_of(key)}")
        return value.get(key)
    if not isinstance(value, list | str | bytes):
        raise FunctionError(f"can't index item of type {type_of(value)}")
    if not isinstance(key, int) or isinstance(key, bool):
        raise FunctionError(f"cannot index a list with type {type_of(key)}")
    data = value.encode() if isinstance(value, str) else value
    if not 0 <= key < len(data):
        raise FunctionError(f"index out of range: {key}")
    return data[key]


def _slice(value: Any, *bounds: Any) -> Any:
    if not isinstance(value, list | str | bytes):
        raise FunctionError(f"can't slice item of type {type_of(value)}")
    data: Any = value.encode() if isinstance(value, str) else value
    first, last = [*bounds, *((0, len(data))[len(bounds) :])][:2]
    if not 0 <= first <= last <= len(data):
        raise FunctionError(f"slice bounds out of range: {first}:{last} of {len(data)}")
    return data[first:last].decode(errors="replace") if isinstance(value, str) else data[first:last]


_JS = {"'": "\\'", '"': '\\"', "<": "\\u003C", ">": "\\u003E", "&": "\\u0026", "=": "\\u003D", "\\": "\\\\"}


def _js(*values: Any) -> str:
    text = printed(values)
    return "".join(_JS.get(sign) or (sign if sign.isprintable() else json.dumps(sign)[1:-1]) for sign in text)


def _html(*values: Any) -> str:
    escaped = html.escape(printed(values), quote=False)
    return escaped.replace('"', "&#34;").replace("'", "&#39;").replace("\0", "\N{REPLACEMENT CHARACTER}")


FUNCTIONS: dict[str, Function] = {
    "eq": function("aa*", comparing.eq),
    "ne": function("aa", comparing.ne),
    "lt": function("aa", comparing.lt),
    "le": function("aa", comparing.le),
    "gt": function("aa", comparing.gt),
    "ge": function("aa", comparing.ge),
    "not": function("a", lambda value: not is_true(value)),
    "len": function("a", _length),
    "index": function("aa*", _index),
    "slice": function("ai*", _slice),
    "print": function("a*", lambda *values: printed(values)),
    "println": function("a*", lambda *values: " ".join(map(text_of, values)) + "\n"),
    "printf": function("sa*", lambda layout, *values: sprintf(layout, values)),
    "html": function("a*", _html),
    "js": function("a*", _js),
    "urlquery": function("a*", lambda *values: quote_plus(printed(values), safe="~")),
}
SHORT_CIRCUIT = ("and", "or")
"""Evaluated argument by argument, only as far as needed."""
