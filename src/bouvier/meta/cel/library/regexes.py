"""Regular expressions with RE2's syntax and its promise: time linear in the text, whatever the pattern."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import re2

from bouvier.meta.cel.errors import EvaluationError
from bouvier.meta.cel.functions import Overload, function, method, search
from bouvier.meta.cel.types import BOOL, INT, STRING, list_of


@lru_cache(maxsize=1024)
def compiled(pattern: str) -> Any:
    """Return the automaton of a pattern. Raises: EvaluationError for one that RE2 does not read."""
    options = re2.Options()
    options.log_errors = False
    try:
        return re2.compile(pattern, options)
    except re2.error as error:
        text = error.args[0]
        shown = text.decode() if isinstance(text, bytes) else text
        raise EvaluationError(f"error parsing regexp: {shown}") from None


def _matches(text: str, pattern: str) -> bool:
    return compiled(pattern).search(text) is not None


def _find(text: str, pattern: str) -> str:
    match = compiled(pattern).search(text)
    return str(match[0]) if match else ""


def _find_all(text: str, pattern: str, limit: int = -1) -> list[str]:
    found: list[str] = []
    for match in compiled(pattern).finditer(text):
        if 0 <= limit <= len(found):
            break
        found.append(str(match[0]))
    return found


FUNCTIONS: tuple[Overload, ...] = (
    function("matches", (STRING, STRING), BOOL, _matches, search),
    method("matches", (STRING, STRING), BOOL, _matches, search),
    method("find", (STRING, STRING), STRING, _find, search),
    method("findAll", (STRING, STRING), list_of(STRING), _find_all, search),
    method("findAll", (STRING, STRING, INT), list_of(STRING), _find_all, search),
)
