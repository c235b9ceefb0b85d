"""TOML as Helm writes it: plain values first, then tables, keys in order."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator
from typing import Any

from bouvier.catalog.documents.numbers import json_number

_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")


def read_toml(text: str) -> dict[str, Any]:
    """Return the tables of a TOML text.

    Raises:
        ValueError: the text is not TOML.
    """
    return tomllib.loads(text)


def write_toml(value: Any) -> str:
    """Return a map as TOML.

    Raises:
        ValueError: the value is no map, or holds what TOML has no form for.
    """
    if not isinstance(value, dict):
        raise ValueError("only a map can be written as TOML")  # noqa: TRY004 - bad input
    return "\n".join(_table(value, [])).lstrip("\n") + "\n" if value else ""


def _table(value: dict[str, Any], path: list[str]) -> Iterator[str]:
    pad = "  " * (len(path) - 1) if path else ""
    inner = "  " * len(path)
    for key in sorted(value):
        if not _is_table(value[key]) and value[key] is not None:
            yield f"{inner}{_key(key)} = {_inline(value[key])}"
    for key in sorted(value):
        item, here = value[key], [*path, key]
        name = ".".join(map(_key, here))
        if isinstance(item, dict):
            if not path:
                yield ""
            yield f"{pad}{'  ' if path else ''}[{name}]"
            yield from _table(item, here)
        elif _is_table(item):
            for one in item:
                yield ""
                yield f"{inner}[[{name}]]"
                yield from _table(one, here)


def _is_table(value: Any) -> bool:
    return isinstance(value, dict) or (isinstance(value, list) and bool(value) and isinstance(value[0], dict))


def _key(key: str) -> str:
    return key if _BARE_KEY.fullmatch(key) else json.dumps(key, ensure_ascii=False)


def _inline(value: Any) -> str:
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        text = json_number(value)
        return text if "." in text or "e" in text else text + ".0"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, list):
        return "[" + ", ".join(map(_inline, value)) + "]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_key(key)} = {_inline(value[key])}" for key in sorted(value)) + "}"
    raise ValueError(f"a value of type {type(value).__name__} has no form in TOML")
