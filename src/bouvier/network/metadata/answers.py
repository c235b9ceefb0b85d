"""A path into the tree of facts, and what stands there as text or JSON (pure).

As text a folder lists its entries, those that are folders themselves with a slash; the entries of a list are numbers,
with the name of what they hold where it has one (`0=shop-web`). An entry of a list is found by its number and by its name.
Source: Rancher 1.6, "Metadata Service".
"""

from __future__ import annotations

from typing import Any
from urllib.parse import quote_plus, unquote

import orjson

VERSIONS = ("2015-07-25", "2015-12-19", "2016-07-29", "latest")
MISSING = object()


def split(path: str) -> tuple[str, list[str]]:
    """Return the version and the parts of a path; the version is empty for the root."""
    parts = [unquote(part) for part in path.split("/") if part]
    return (parts[0], parts[1:]) if parts else ("", [])


def find(tree: Any, parts: list[str]) -> Any:
    """Return what stands at a path, MISSING when there is nothing."""
    for part in parts:
        if isinstance(tree, dict):
            tree = tree.get(part, MISSING)
        elif isinstance(tree, list):
            tree = _entry(tree, part)
        else:
            return MISSING
    return tree


def _entry(entries: list[Any], part: str) -> Any:
    if part.isdecimal():
        return entries[int(part)] if int(part) < len(entries) else MISSING
    return next((one for one in entries if isinstance(one, dict) and one.get("name") == part), MISSING)


def as_json(value: Any) -> bytes:
    """Return a value as JSON."""
    return orjson.dumps(value)


def as_text(value: Any) -> bytes:
    """Return a value as plain text."""
    if isinstance(value, dict):
        return "\n".join(sorted(f"{name}/" if _is_folder(one) else name for name, one in value.items())).encode()
    if isinstance(value, list):
        return "\n".join(_line(index, one) for index, one in enumerate(value)).encode()
    if isinstance(value, bool):
        return b"true" if value else b"false"
    return b"" if value is None else str(value).encode()


def _line(index: int, value: Any) -> str:
    if isinstance(value, dict) and "name" in value:
        return f"{index}={quote_plus(str(value['name']))}"
    return f"{index}/" if _is_folder(value) else str(index)


def _is_folder(value: Any) -> bool:
    return isinstance(value, dict | list)
