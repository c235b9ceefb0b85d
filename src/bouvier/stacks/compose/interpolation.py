"""Variables in Compose files: `$X`, `${X}`, `${X:-d}`, `${X-d}`, `${X:?e}`, `${X?e}`, `${X:+y}`, `${X+y}`, `$$`.

Source: https://docs.docker.com/reference/compose-file/interpolation/
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from bouvier.stacks.compose.document import Document, child

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_OPERATOR = re.compile(r":?[-?+]")


class VariableError(ValueError):
    """A variable that must be set is not, or an expression is not understood."""


def interpolate(document: Document, lookup: Mapping[str, str], unset: Callable[[str], None]) -> None:
    """Replace the variables in every value, in place; `unset` is told of each variable that has no value.

    Raises:
        StackError: an expression is not understood, or a required variable is missing.
    """
    document.data = _walk(document, document.data, "", lookup, unset)


def _walk(document: Document, value: Any, path: str, lookup: Mapping[str, str], unset: Callable[[str], None]) -> Any:
    if isinstance(value, dict):
        return {key: _walk(document, one, child(path, key), lookup, unset) for key, one in value.items()}
    if isinstance(value, list):
        return [_walk(document, one, f"{path}[{index}]", lookup, unset) for index, one in enumerate(value)]
    if not isinstance(value, str) or "$" not in value:
        return value
    try:
        return substitute(value, lookup, unset)
    except VariableError as error:
        raise document.error(path, str(error), "set it in the environment or by --env-file") from None


def substitute(text: str, lookup: Mapping[str, str], unset: Callable[[str], None]) -> str:
    """Return the text with its variables replaced.

    Raises:
        VariableError: an expression is not understood, or a required variable is missing.
    """
    parts, position = [], 0
    while (dollar := text.find("$", position)) >= 0:
        parts.append(text[position:dollar])
        value, position = _expression(text, dollar + 1, lookup, unset)
        parts.append(value)
    return "".join(parts) + text[position:]


def escape(value: Any) -> Any:
    """Return a tree in which every `$` is doubled: the reverse of interpolation."""
    if isinstance(value, dict):
        return {key: escape(one) for key, one in value.items()}
    if isinstance(value, list):
        return [escape(one) for one in value]
    return value.replace("$", "$$") if isinstance(value, str) else value


def _expression(text: str, at: int, lookup: Mapping[str, str], unset: Callable[[str], None]) -> tuple[str, int]:
    if text[at : at + 1] == "$":
        return "$", at + 1
    if text[at : at + 1] == "{":
        end = _closing(text, at)
        return _braced(text[at + 1 : end], lookup, unset), end + 1
    found = _NAME.match(text, at)
    if found is None:
        raise VariableError(f"${text[at : at + 1]} begins no variable; write $$ for a dollar sign")
    return _plain(found.group(), lookup, unset), found.end()


def _closing(text: str, at: int) -> int:
    depth = 0
    for index in range(at, len(text)):
        depth += {"{": 1, "}": -1}.get(text[index], 0) if text[index] == "}" or text[index - 1] == "$" else 0
        if depth == 0:
            return index
    raise VariableError(f"${text[at:]} has no closing brace")


def _plain(name: str, lookup: Mapping[str, str], unset: Callable[[str], None]) -> str:
    value = lookup.get(name)
    if value is None:
        unset(name)
        return ""
    return value


def _braced(body: str, lookup: Mapping[str, str], unset: Callable[[str], None]) -> str:
    found = _NAME.match(body)
    if found is None:
        raise VariableError(f"${{{body}}} names no variable")
    name, rest = found.group(), body[found.end() :]
    if not rest:
        return _plain(name, lookup, unset)
    operator = _OPERATOR.match(rest)
    if operator is None:
        raise VariableError(f"${{{body}}}: expected one of :- - :? ? :+ + after the name")
    word = rest[operator.end() :]
    value = lookup.get(name)
    has_value = bool(value) if operator.group().startswith(":") else value is not None
    kind = operator.group()[-1]
    if kind == "+":
        return substitute(word, lookup, unset) if has_value else ""
    if has_value:
        return value or ""
    if kind == "?":
        raise VariableError(
            f"the variable {name} is missing" + (f": {substitute(word, lookup, unset)}" if word else "")
        )
    return substitute(word, lookup, unset)
