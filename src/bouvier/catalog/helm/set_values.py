"""`--set a.b=1,c[0]=x,d={1,2}`: values from the command line, in Helm's notation.

Source: https://helm.sh/docs/intro/using_helm/#the-format-and-limitations-of---set
"""

from __future__ import annotations

import re
from typing import Any

from bouvier.catalog.helm.errors import ValuesError

MOST_INDEX = 65_536
"""Highest index of a list, as Helm's."""
_INTEGER = re.compile(r"-?(0|[1-9][0-9]*)")
_STEP = re.compile(r"((?:\\.|[^.\[\]=\\])*)((?:\[[0-9]+\])*)(\.|$)")


def apply_set(values: dict[str, Any], text: str, *, as_text: bool = False) -> None:
    """Change values by one `--set` text, in place; with `as_text` every value stays a text.

    Raises:
        ValuesError: the text is malformed.
    """
    for assignment in _split(text, ","):
        key, equals, value = _at_first(assignment, "=")
        if not equals or not key:
            raise ValuesError([f"--set {assignment}: expected KEY=VALUE"])
        _put(values, _steps(key), _value(value, as_text=as_text))


def put_value(values: dict[str, Any], key: str, value: Any) -> None:
    """Put a value at a path such as `a.b[0].c`, in place.

    Raises:
        ValuesError: it is no path.
    """
    _put(values, _steps(key), value)


def _split(text: str, separator: str) -> list[str]:
    """Return the parts between separators that are neither escaped nor inside of braces."""
    parts, depth, start, position = [], 0, 0, 0
    while position < len(text):
        sign = text[position]
        if sign == "\\":
            position += 1
        elif sign == "{":
            depth += 1
        elif sign == "}":
            depth = max(0, depth - 1)
        elif sign == separator and not depth:
            parts.append(text[start:position])
            start = position + 1
        position += 1
    return [part for part in [*parts, text[start:]] if part]


def _at_first(text: str, sign: str) -> tuple[str, bool, str]:
    match = re.match(rf"((?:\\.|[^\\{sign}])*){sign}", text, re.DOTALL)
    return (match[1], True, text[match.end() :]) if match else (text, False, "")


def _steps(key: str) -> list[str | int]:
    steps: list[str | int] = []
    position = 0
    while True:
        match = _STEP.match(key, position)
        if match is None or not (match[1] or match[2]):
            raise ValuesError([f"--set {key}: not a path such as a.b[0].c"])
        if match[1]:
            steps.append(_unescaped(match[1]))
        steps += [int(index) for index in re.findall(r"\[([0-9]+)\]", match[2])]
        if not match[3]:
            return steps
        position = match.end()
        if position == len(key):
            raise ValuesError([f"--set {key}: a name is missing at the end"])


def _unescaped(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text)


def _value(text: str, *, as_text: bool) -> Any:
    if text.startswith("{") and text.endswith("}"):
        return [_plain(part, as_text=as_text) for part in _split(text[1:-1], ",")]
    return _plain(text, as_text=as_text)


def _plain(text: str, *, as_text: bool) -> Any:
    text = _unescaped(text)
    if as_text:
        return text
    words: dict[str, Any] = {"true": True, "false": False, "null": None}
    if text in words:
        return words[text]
    return int(text) if _INTEGER.fullmatch(text) else text


def _put(target: Any, steps: list[str | int], value: Any) -> None:
    for step, following in zip(steps, [*steps[1:], None], strict=True):
        if isinstance(step, int):
            if step > MOST_INDEX:
                raise ValuesError([f"--set: index {step} is too high"])
            target.extend([None] * (step + 1 - len(target)))
        if following is None:
            target[step] = value
            return
        wanted = list if isinstance(following, int) else dict
        present = target[step] if isinstance(step, int) else target.get(step)
        if not isinstance(present, wanted):
            target[step] = wanted()
        target = target[step]
