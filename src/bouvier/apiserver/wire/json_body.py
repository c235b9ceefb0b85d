"""JSON bodies: orjson for the document, a second, slower reading only to find fields that occur twice."""

from __future__ import annotations

import json
from typing import Any

import orjson

from bouvier.kinds.kind import FieldHint

DEPTH_LIMIT = 200
"""Objects and lists inside each other. orjson reads 1,024 levels but writes only 254, and some are added later on."""


class _Repeated(dict[str, Any]):
    """An object in which some fields occurred more than once."""

    names: list[str]


def decode_json(body: bytes) -> Any:
    """Return the document.

    Raises:
        ValueError: the body is not JSON, or nests too deeply.

    """
    document = orjson.loads(body)
    if body.count(b"{") + body.count(b"[") > DEPTH_LIMIT and _is_too_deep(document):
        raise ValueError(f"the document nests more than {DEPTH_LIMIT} levels deep")
    return document


def pretty_json(body: bytes) -> bytes:
    """Return a document indented for people."""
    return orjson.dumps(orjson.loads(body), option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def duplicates(body: bytes, document: Any) -> list[FieldHint]:
    """Return a hint for each field that occurs more than once in its object; the last value is the one that counts.

    `document` is what `decode_json` made of the body.
    """
    if len(orjson.dumps(document)) == len(body):
        return []  # compact text that comes back at its full length has lost nothing
    found = False

    def collect(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        nonlocal found
        plain = dict(pairs)
        if len(plain) == len(pairs):
            return plain
        found = True
        marked = _Repeated(plain)
        marked.names = _repeated(pairs)
        return marked

    marked = json.loads(body, object_pairs_hook=collect)
    return _hints(marked, "") if found else []


def repeated_and_unknown(body: bytes, unknown: list[str]) -> list[str]:
    """Return what is to be said of fields that occur twice or are unknown, in the order of the text.

    What stands inside an unknown field is nobody's business, and that it occurs twice neither.
    """
    wanted, notes = set(unknown), dict[str, None]()
    _tell(json.loads(body, object_pairs_hook=_Pairs), "", wanted, notes)
    texts = [f'unknown field "{path}"' for path in unknown]
    return [*notes, *(text for text in texts if text not in notes)]


class _Pairs(list[tuple[str, Any]]):
    """An object as it was written."""


def _tell(value: Any, path: str, unknown: set[str], notes: dict[str, None]) -> None:
    if isinstance(value, _Pairs):
        seen: set[str] = set()
        for name, child in value:
            place = _join(path, name)
            if place in unknown:
                notes[f'unknown field "{place}"'] = None
                continue
            if name in seen:
                notes[f'duplicate field "{place}"'] = None
            seen.add(name)
            _tell(child, place, unknown, notes)
    elif isinstance(value, list):
        for index, child in enumerate(value):
            _tell(child, f"{path}[{index}]", unknown, notes)


def _is_too_deep(document: Any) -> bool:
    level = [document]
    for _ in range(DEPTH_LIMIT + 1):
        containers = [value for value in level if isinstance(value, dict | list)]
        if not containers:
            return False
        level = [child for one in containers for child in (one.values() if isinstance(one, dict) else one)]
    return True


def _repeated(pairs: list[tuple[str, Any]]) -> list[str]:
    seen: set[str] = set()
    twice: dict[str, None] = {}
    for name, _ in pairs:
        if name in seen:
            twice[name] = None
        seen.add(name)
    return list(twice)


def _hints(value: Any, path: str) -> list[FieldHint]:
    hints: list[FieldHint] = []
    if isinstance(value, _Repeated):
        paths = [_join(path, name) for name in value.names]
        hints += [FieldHint(repeated, f'duplicate field "{repeated}"') for repeated in paths]
    if isinstance(value, dict):
        for name, child in value.items():
            hints += _hints(child, _join(path, name))
    elif isinstance(value, list):
        for index, child in enumerate(value):
            hints += _hints(child, f"{path}[{index}]")
    return hints


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name
