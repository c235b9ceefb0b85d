"""The text form of label selectors: `app=web,tier in (a, b),!canary,stage!=test,level>3`.

A lexer of one regular expression and a parser of one function a construct. Whitespace separates, `in` and `notin` are
words only where an operator may stand, values may be empty (`app=`), and the empty text selects everything.
"""

from __future__ import annotations

import re

from bouvier.meta.selectors.labels import EVERYTHING, LabelSelector
from bouvier.meta.selectors.requirement import Requirement, make_requirement

_TOKEN = re.compile(r"\s*(!=|==|[=!<>(),]|[^\s=!<>(),]+)")
_SYMBOLS = frozenset({"!=", "==", "=", "!", "<", ">", "(", ")", ","})
_COMPARISONS = {"=": "In", "==": "In", "!=": "NotIn", ">": "Gt", "<": "Lt"}
_SETS = {"in": "In", "notin": "NotIn"}
_END = ""


def parse_label_selector(text: str) -> LabelSelector:
    """Return the selector that the text describes.

    Raises:
        ValueError: the text is not a selector; the message says where.
    """
    if not text or text.isspace():
        return EVERYTHING
    return LabelSelector(_Parser(text).requirements())


class _Parser:
    """The tokens of one text and how far they are read."""

    def __init__(self, text: str) -> None:
        self._tokens = _TOKEN.findall(text)
        self._position = 0

    def requirements(self) -> list[Requirement]:
        found = [self._requirement()]
        while (lexeme := self._take()) != _END:
            if lexeme != ",":
                raise ValueError(f"found '{lexeme}', expected: ',' or 'end of string'")
            if not _is_word(self._peek()) and self._peek() != "!":
                raise ValueError(f"found '{self._peek()}', expected: identifier after ','")
            found.append(self._requirement())
        return found

    def _requirement(self) -> Requirement:
        absent = self._peek() == "!"
        if absent:
            self._take()
        key = self._take()
        if not _is_word(key):
            raise ValueError(f"unable to parse requirement: found '{key}', expected: identifier")
        if absent:
            return self._checked(key, "DoesNotExist", [])
        if self._peek() in (_END, ","):
            return self._checked(key, "Exists", [])
        return self._comparison(key)

    def _comparison(self, key: str) -> Requirement:
        lexeme = self._take()
        if lexeme in _COMPARISONS:
            return self._checked(key, _COMPARISONS[lexeme], [self._value()])
        if lexeme in _SETS:
            return self._checked(key, _SETS[lexeme], self._values())
        raise ValueError(f"unable to parse requirement: found '{lexeme}', expected: in, notin, =, ==, !=, gt, lt")

    def _value(self) -> str:
        if self._peek() in (_END, ","):
            return ""
        value = self._take()
        if not _is_word(value):
            raise ValueError(f"unable to parse requirement: found '{value}', expected: identifier")
        return value

    def _values(self) -> list[str]:
        if (lexeme := self._take()) != "(":
            raise ValueError(f"unable to parse requirement: found '{lexeme}' expected: '('")
        if self._peek() == ")":
            self._take()
            return []
        values = [self._set_value()]
        while (lexeme := self._take()) == ",":
            values.append(self._set_value())
        if lexeme != ")":
            raise ValueError(f"unable to parse requirement: found '{lexeme}', expected: ',' or ')'")
        return values

    def _set_value(self) -> str:
        return self._take() if _is_word(self._peek()) else ""

    def _checked(self, key: str, operator: str, values: list[str]) -> Requirement:
        try:
            return make_requirement(key, operator, values)
        except ValueError as error:
            raise ValueError(f"unable to parse requirement: {error}") from error

    def _peek(self) -> str:
        return self._tokens[self._position] if self._position < len(self._tokens) else _END

    def _take(self) -> str:
        lexeme = self._peek()
        self._position += 1
        return lexeme


def _is_word(lexeme: str) -> bool:
    return lexeme != _END and lexeme not in _SYMBOLS
