"""Cutting the text of an expression into tokens."""

from __future__ import annotations

import re
from typing import NamedTuple

from bouvier.meta.cel.errors import CompileError, Issue
from bouvier.meta.cel.literals import unquote_bytes, unquote_text

_STRING = (
    r"'''(?:[^\\]|\\.)*?'''"
    r'|"""(?:[^\\]|\\.)*?"""'
    r"|'(?:[^'\\\n]|\\.)*'"
    r'|"(?:[^"\\\n]|\\.)*"'
)
_RAW = r"'''(?:.|\n)*?'''" + r'|"""(?:.|\n)*?"""' + r"|'[^'\n]*'" + r'|"[^"\n]*"'
_TOKENS = re.compile(
    rf"""
    (?P<space>\s+|//[^\n]*)
    |(?P<float>(?:\d+\.\d+(?:[eE][+-]?\d+)?|\d+[eE][+-]?\d+|\.\d+(?:[eE][+-]?\d+)?))
    |(?P<hex>0x[0-9a-fA-F]+[uU]?)
    |(?P<int>\d+[uU]?)
    |(?P<raw_bytes>(?:[rR][bB]|[bB][rR])(?:{_RAW}))
    |(?P<bytes>[bB](?:{_STRING}))
    |(?P<raw>[rR](?:{_RAW}))
    |(?P<string>{_STRING})
    |(?P<name>[A-Za-z_][A-Za-z0-9_]*)
    |(?P<quoted>`[A-Za-z0-9_.\-/ ]+`)
    |(?P<symbol>==|!=|<=|>=|&&|\|\||[-+*/%<>!?:.,()\[\]{{}}])
    """,
    re.VERBOSE | re.DOTALL,
)
_WORDS = frozenset({"in", "true", "false", "null"})


class Token(NamedTuple):
    """A piece of the text; `kind` is the symbol itself, `name`, `quoted`, `literal` or `end`."""

    kind: str
    value: object
    at: int


def tokens(source: str) -> list[Token]:
    """Return the tokens of the text, the last of kind `end`.

    Raises:
        CompileError: a character or literal that the language does not have.

    """
    found: list[Token] = []
    at = 0
    while at < len(source):
        match = _TOKENS.match(source, at)
        if match is None:
            raise CompileError(source, [Issue(at, f"Syntax error: token recognition error at: '{source[at]}'")])
        if match.lastgroup != "space":
            found.append(_token(source, str(match.lastgroup), match[0], at))
        at = match.end()
    found.append(Token("end", "<EOF>", len(source)))
    return found


def _token(source: str, group: str, text: str, at: int) -> Token:
    if group == "symbol":
        return Token(text, text, at)
    if group == "quoted":
        return Token("quoted", text[1:-1], at)
    if group == "name":
        return Token(text if text in _WORDS else "name", text, at)
    try:
        return Token("literal", _literal(group, text), at)
    except ValueError as error:
        raise CompileError(source, [Issue(at, f"Syntax error: {error}")]) from error


def _literal(group: str, text: str) -> object:
    if group == "float":
        return float(text)
    if group in ("int", "hex"):
        return Whole(text)
    if group in ("raw", "string"):
        return unquote_text(text)
    return unquote_bytes(text)


class Whole(str):
    """Digits of a whole number, read by the parser that knows its sign."""

    __slots__ = ()
