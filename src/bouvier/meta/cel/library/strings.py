"""The extended string functions.

Source: https://pkg.go.dev/github.com/google/cel-go/ext#Strings
"""

from __future__ import annotations

import math
from typing import Any

from bouvier.meta.cel.errors import EvaluationError
from bouvier.meta.cel.functions import TRAVERSAL, Overload, function, method, traversal
from bouvier.meta.cel.library.templates import formatted, quoted
from bouvier.meta.cel.types import DYN, INT, STRING, list_of
from bouvier.meta.cel.values import fitting

_LOWER = {point: point + 32 for point in range(ord("A"), ord("Z") + 1)}
_UPPER = {point: point - 32 for point in range(ord("a"), ord("z") + 1)}
_DOUBLE = 2 * TRAVERSAL
_SPACES = "\t\n\v\f\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000"
"""What Unicode calls white space, as the original trims it."""


def _char_at(text: str, index: int) -> str:
    if not 0 <= index <= len(text):
        raise EvaluationError(f"index out of range: {index}")
    return text[index : index + 1]


def _index_of(text: str, part: str, start: int = 0) -> int:
    if part and not 0 <= start < max(len(text), 1):
        raise EvaluationError(f"index out of range: {start}")
    return text.find(part, start) if part else start


def _last_index_of(text: str, part: str, last: int | None = None) -> int:
    if last is not None and not 0 <= last < max(len(text), 1):
        raise EvaluationError(f"index out of range: {last}")
    if not part:
        return len(text) if last is None else last
    return text.rfind(part) if last is None else text.rfind(part, 0, last + len(part))


def _replace(text: str, old: str, new: str, count: int = -1) -> str:
    found = text.count(old) if old else len(text) + 1
    fitting(len(text) + (found if count < 0 else min(found, count)) * max(0, len(new) - len(old)))
    return text.replace(old, new, count)


def _split(text: str, separator: str, limit: int = -1) -> list[str]:
    if limit == 0:
        return []
    if limit == 1:
        return [text]
    if separator:
        return text.split(separator, -1 if limit < 0 else limit - 1)
    if limit < 0 or limit >= len(text):
        return list(text)
    return [*text[: limit - 1], text[limit - 1 :]]


def _substring(text: str, start: int, end: int | None = None) -> str:
    stop = len(text) if end is None else end
    if not 0 <= start <= len(text):
        raise EvaluationError(f"index out of range: {start}")
    if not 0 <= stop <= len(text):
        raise EvaluationError(f"index out of range: {stop}")
    if start > stop:
        raise EvaluationError(f"invalid substring range. start: {start}, end: {stop}")
    return text[start:stop]


def _join(items: list[Any], separator: str = "") -> str:
    if not all(isinstance(item, str) for item in items):
        raise EvaluationError("no such overload")
    fitting(sum(map(len, items)) + len(separator) * len(items))
    return separator.join(items)


def _join_cost(items: list[Any], separator: str = "") -> int:
    length = sum(len(item) for item in items if isinstance(item, str)) + len(separator) * len(items)
    return math.ceil(length * _DOUBLE)


FUNCTIONS: tuple[Overload, ...] = (
    method("charAt", (STRING, INT), STRING, _char_at),
    method("indexOf", (STRING, STRING), INT, _index_of, traversal()),
    method("indexOf", (STRING, STRING, INT), INT, _index_of, traversal()),
    method("lastIndexOf", (STRING, STRING), INT, _last_index_of, traversal()),
    method("lastIndexOf", (STRING, STRING, INT), INT, _last_index_of, traversal()),
    method("lowerAscii", (STRING,), STRING, lambda text: text.translate(_LOWER), traversal()),
    method("upperAscii", (STRING,), STRING, lambda text: text.translate(_UPPER), traversal()),
    method("replace", (STRING, STRING, STRING), STRING, _replace, traversal(_DOUBLE)),
    method("replace", (STRING, STRING, STRING, INT), STRING, _replace, traversal(_DOUBLE)),
    method("reverse", (STRING,), STRING, lambda text: text[::-1], traversal()),
    method("split", (STRING, STRING), list_of(STRING), _split, traversal(_DOUBLE)),
    method("split", (STRING, STRING, INT), list_of(STRING), _split, traversal(_DOUBLE)),
    method("substring", (STRING, INT), STRING, _substring, traversal()),
    method("substring", (STRING, INT, INT), STRING, _substring, traversal()),
    method("trim", (STRING,), STRING, lambda text: text.strip(_SPACES), traversal()),
    method("join", (list_of(STRING),), STRING, _join, _join_cost),
    method("join", (list_of(STRING), STRING), STRING, _join, _join_cost),
    method("format", (STRING, list_of(DYN)), STRING, formatted, traversal()),
    function("strings.quote", (STRING,), STRING, quoted, traversal()),
)
