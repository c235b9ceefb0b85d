"""JSON as Go writes it: keys in order, no spaces, `<`, `>` and `&` escaped unless told otherwise."""

from __future__ import annotations

import json
import re
from typing import Any

from bouvier.catalog.documents.numbers import json_number

_FOR_HTML = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026"}
_ALWAYS = {"\u2028": "\\u2028", "\u2029": "\\u2029"}
_SPECIAL = re.compile("[<>&\u2028\u2029]")


def write_json(value: Any, *, indent: str = "", for_html: bool = True) -> str:
    """Return the value as JSON; with `indent` one value a line.

    Raises:
        ValueError: a number without a form in JSON, or a value of another kind.
    """
    return _written(value, indent, "\n" if indent else "", for_html=for_html)


def _written(value: Any, indent: str, line: str, *, for_html: bool) -> str:
    if isinstance(value, str):
        return _text(value, for_html=for_html)
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, int | float):
        return json_number(value)
    inner = line + indent
    if isinstance(value, list):
        parts = [_written(item, indent, inner, for_html=for_html) for item in value]
        return _joined("[", parts, "]", inner, line)
    if isinstance(value, dict):
        colon = ": " if indent else ":"
        parts = [
            _text(key, for_html=for_html) + colon + _written(value[key], indent, inner, for_html=for_html)
            for key in sorted(value)
        ]
        return _joined("{", parts, "}", inner, line)
    raise ValueError(f"a value of type {type(value).__name__} has no form in JSON")


def _joined(opening: str, parts: list[str], closing: str, inner: str, line: str) -> str:
    if not parts:
        return opening + closing
    return opening + inner + ("," + inner).join(parts) + line + closing


def _text(value: str, *, for_html: bool) -> str:
    table = _FOR_HTML | _ALWAYS if for_html else _ALWAYS
    return _SPECIAL.sub(lambda match: table.get(match[0], match[0]), json.dumps(value, ensure_ascii=False))


def read_json(text: str) -> Any:
    """Return the value of a JSON text, every number a float, as Go decodes into `interface{}`.

    Raises:
        ValueError: the text is not JSON.
    """
    return json.loads(text, parse_int=float)
