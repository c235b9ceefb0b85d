"""Text into tokens: the text between actions, and the words, numbers and signs within them.

Trim markers (`{{- ` and ` -}}`) and comments are dealt with here, so the parser sees neither.
Source: https://pkg.go.dev/text/template
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from bouvier.catalog.gotemplate.errors import TemplateError, place_of

OPEN, CLOSE = "{{", "}}"
SPACES = " \t\r\n"
KEYWORDS = frozenset(
    ["if", "else", "end", "range", "with", "define", "template", "block", "break", "continue", "nil", "true", "false"]
)

_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_TRIMMED_CLOSE = re.compile(r"[ \t\r\n]+-\}\}")
_TOKEN = re.compile(
    r"""
    (?P<space>[ \t\r\n]+)
  | (?P<number>[+-]?(?:0[xX][0-9a-fA-F_]+|0[bB][01_]+|0[oO][0-7_]+|(?:[0-9][0-9_]*\.?[0-9_]*|\.[0-9][0-9_]*)(?:[eE][+-]?[0-9]+)?))
  | (?P<field>\.[^\W\d]\w*)
  | (?P<dot>\.)
  | (?P<variable>\$\w*)
  | (?P<word>[^\W\d]\w*)
  | (?P<string>"(?:[^"\\\n]|\\.)*")
  | (?P<raw>`[^`]*`)
  | (?P<char>'(?:[^'\\\n]|\\.)+')
  | (?P<declare>:=)
  | (?P<assign>=)
  | (?P<comma>,)
  | (?P<pipe>\|)
  | (?P<open>\()
  | (?P<shut>\))
    """,
    re.VERBOSE,
)
_UNFINISHED = {'"': "a text in quotes is not closed", "`": "a raw text is not closed", "'": "a character is not closed"}


class Token(NamedTuple):
    """A piece of a template: `text`, `begin` and `end` of an action, or the name of its group in the pattern."""

    kind: str
    value: str
    offset: int


def tokens(name: str, source: str) -> Iterator[Token]:
    """Yield the tokens of a source, a token `eof` last.

    Raises:
        TemplateError: an action or comment is not closed, or holds a sign that means nothing.
    """
    position, trim = 0, False
    while True:
        start = source.find(OPEN, position)
        text_end = len(source) if start < 0 else start
        text = source[position:text_end]
        if trim:
            stripped = text.lstrip(SPACES)
            position += len(text) - len(stripped)
            text = stripped
        trims_before = start >= 0 and _has_left_marker(source, start)
        if trims_before:
            text = text.rstrip(SPACES)
        if text:
            yield Token("text", text, position)
        if start < 0:
            yield Token("eof", "", len(source))
            return
        inside = start + len(OPEN) + (2 if trims_before else 0)
        comment_end = _comment_end(name, source, inside)
        if comment_end:
            position, trim = comment_end
            continue
        found = _Action(name, source, start, inside)
        yield from found
        position, trim = found.end, found.trims_after


def _has_left_marker(source: str, start: int) -> bool:
    after = source[start + 2 : start + 4]
    return len(after) == 2 and after[0] == "-" and after[1] in SPACES


def _comment_end(name: str, source: str, inside: int) -> tuple[int, bool] | None:
    """Return where a comment that begins an action ends and whether it trims, None when there is no comment."""
    if not source.startswith("/*", inside):
        return None
    match = _COMMENT.match(source, inside)
    if match is None:
        raise TemplateError(place_of(name, source, inside), "a comment is not closed by */")
    trimmed = _TRIMMED_CLOSE.match(source, match.end())
    if trimmed:
        return trimmed.end(), True
    if source.startswith(CLOSE, match.end()):
        return match.end() + 2, False
    raise TemplateError(place_of(name, source, match.end()), "a comment must be alone between its braces")


class _Action:
    """The tokens between `{{` and `}}`; afterwards `end` is the offset behind them."""

    def __init__(self, name: str, source: str, start: int, inside: int) -> None:
        self.end = 0
        self.trims_after = False
        self._name, self._source, self._start, self._inside = name, source, start, inside

    def __iter__(self) -> Iterator[Token]:
        source, position = self._source, self._inside
        yield Token("begin", OPEN, self._start)
        while True:
            if source.startswith(CLOSE, position):
                self.end = position + 2
                break
            match = _TOKEN.match(source, position)
            if match is None:
                raise self._unexpected(position)
            kind = str(match.lastgroup)
            if kind == "space" and source.startswith("-}}", match.end()):
                self.end, self.trims_after = match.end() + 3, True
                break
            yield self._token(kind, match)
            position = match.end()
        yield Token("end", CLOSE, self.end)

    def _token(self, kind: str, match: re.Match[str]) -> Token:
        value, after = match.group(), match.end()
        if kind == "word" and value in KEYWORDS:
            kind = "keyword"
        follows = self._source[after : after + 1]
        if kind in ("number", "string", "raw", "char") and (follows.isalnum() or follows == "_"):
            raise TemplateError(place_of(self._name, self._source, match.start()), f"bad syntax: {value}{follows}")
        return Token(kind, value, match.start())

    def _unexpected(self, position: int) -> TemplateError:
        rest = self._source[position : position + 1]
        if not rest:
            return TemplateError(place_of(self._name, self._source, self._start), "an action is not closed by }}")
        message = _UNFINISHED.get(rest, f"unexpected {rest!r} in an action")
        return TemplateError(place_of(self._name, self._source, position), message)
