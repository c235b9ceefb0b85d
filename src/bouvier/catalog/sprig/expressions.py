"""Regular expressions in Go's dialect (RE2), carried out by Python's engine.

What RE2 does not have (look-around, back-references) is refused, so that a chart that works here works with Helm. Python's
engine may take exponential time; renderings run in a process of their own with a time limit.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

from bouvier.catalog.gotemplate.errors import FunctionError
from bouvier.catalog.gotemplate.functions import Function, function

_CLASSES = {
    "alnum": "0-9A-Za-z",
    "alpha": "A-Za-z",
    "ascii": r"\x00-\x7F",
    "blank": r"\t ",
    "cntrl": r"\x00-\x1F\x7F",
    "digit": "0-9",
    "graph": "!-~",
    "lower": "a-z",
    "print": " -~",
    "punct": r"!-/:-@\[-`{-~",
    "space": r"\t\n\v\f\r ",
    "upper": "A-Z",
    "word": "0-9A-Za-z_",
    "xdigit": "0-9A-Fa-f",
}
_POSIX = re.compile(r"\[:(\^?)(\w+):\]")
_FOREIGN = re.compile(
    r"\\(?:\\|[1-9]|z|Q.*?\\E|pL|pN)|\(\?(?:=|!|<=|<!|P=|\()|\$|\[\^?\]?(?:\\.|\[:\w+:\]|[^\]\\])*\]", re.DOTALL
)
_REFERENCE = re.compile(r"\$(?:\{(\w+)\}|(\w+)|(\$))")


@lru_cache(maxsize=512)
def _compiled(pattern: str) -> re.Pattern[str]:
    flags = re.ASCII
    multiline = bool(re.match(r"\(\?[a-z]*m[a-z]*\)", pattern))

    def translate(match: re.Match[str]) -> str:
        part = match[0]
        if part == "$":
            return "$" if multiline else r"\Z"
        if part == r"\z":
            return r"\Z"
        if part.startswith(r"\Q"):
            return re.escape(part[2:-2])
        if part in (r"\pL", r"\pN"):
            return r"[^\W\d_]" if part == r"\pL" else r"\d"
        if part.startswith("["):
            return _POSIX.sub(lambda inner: _CLASSES.get(inner[2], inner[0]), part)
        if part == r"\\":
            return part
        raise FunctionError(f"regular expression {pattern!r}: {part} is not part of Go's dialect")

    try:
        return re.compile(_FOREIGN.sub(translate, pattern), flags)
    except (re.error, OverflowError) as error:
        raise FunctionError(f"regular expression {pattern!r}: {error}") from None


def _matches(pattern: str, text: str) -> bool:
    try:
        return _must_match(pattern, text)
    except FunctionError:
        return False


def _must_match(pattern: str, text: str) -> bool:
    return _compiled(pattern).search(text) is not None


def _find(pattern: str, text: str) -> str:
    match = _compiled(pattern).search(text)
    return match[0] if match else ""


def _find_all(pattern: str, text: str, limit: int) -> list[str]:
    found = [match[0] for match in _compiled(pattern).finditer(text)]
    return found if limit < 0 else found[:limit]


def _replace_all(pattern: str, text: str, replacement: str) -> str:
    def expanded(match: re.Match[str]) -> str:
        return _REFERENCE.sub(lambda reference: _group(match, reference), replacement)

    return _compiled(pattern).sub(expanded, text)


def _group(match: re.Match[str], reference: re.Match[str]) -> str:
    if reference[3]:
        return "$"
    name: Any = reference[1] or reference[2]
    try:
        return match[int(name) if name.isdigit() else name] or ""
    except IndexError:
        return ""


def _replace_literal(pattern: str, text: str, replacement: str) -> str:
    return _compiled(pattern).sub(lambda _match: replacement, text)


def _split(pattern: str, text: str, limit: int) -> list[str]:
    if limit == 0:
        return []
    parts: list[str] = []
    position = 0
    for match in _compiled(pattern).finditer(text):
        if limit > 0 and len(parts) == limit - 1:
            break
        if match.end() == match.start() and (match.start() == 0 or match.start() == len(text)):
            continue
        parts.append(text[position : match.start()])
        position = match.end()
    return [*parts, text[position:]]


_WITH_MUST = {
    "regexMatch": function("ss", _matches),
    "regexFind": function("ss", _find),
    "regexFindAll": function("ssi", _find_all),
    "regexReplaceAll": function("sss", _replace_all),
    "regexReplaceAllLiteral": function("sss", _replace_literal),
    "regexSplit": function("ssi", _split),
}
FUNCTIONS: dict[str, Function] = {
    **_WITH_MUST,
    **{"must" + name[0].upper() + name[1:]: made for name, made in _WITH_MUST.items()},
    "mustRegexMatch": function("ss", _must_match),
    "regexQuoteMeta": function("s", lambda text: re.sub(r"[\\.+*?()|\[\]{}^$]", r"\\\g<0>", text)),
}
