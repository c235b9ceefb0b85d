"""Literals of the template language: numbers, texts in quotes and characters, as Go writes them.

Source: https://go.dev/ref/spec#Lexical_elements
"""

from __future__ import annotations

import re

_ESCAPE = re.compile(r"\\(x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|[0-7]{3}|.)", re.DOTALL)
_SIMPLE = {
    "a": "\a",
    "b": "\b",
    "f": "\f",
    "n": "\n",
    "r": "\r",
    "t": "\t",
    "v": "\v",
    "\\": "\\",
    "'": "'",
    '"': '"',
}
LARGEST_INTEGER = 2**63 - 1


def number(text: str) -> int | float:
    """Return the value of a number.

    Raises:
        ValueError: it is malformed or does not fit 64 bits.
    """
    digits = text.lstrip("+-").lower()
    if digits.startswith(("0x", "0b", "0o")):
        value: int | float = int(text, 0)
    elif any(sign in digits for sign in ".e"):
        value = float(text.replace("_", ""))
    elif len(digits) > 1 and digits.startswith("0"):
        value = int(text.replace("_", ""), 8)
    else:
        value = int(text)
    if isinstance(value, int) and not -LARGEST_INTEGER - 1 <= value <= LARGEST_INTEGER:
        raise ValueError(f"{text} does not fit 64 bits")
    return value


def unquote(text: str) -> str:
    """Return the meaning of a text between double quotes.

    Raises:
        ValueError: an escape that Go does not know.
    """
    inner = text[1:-1]
    return _ESCAPE.sub(_unescape, inner) if "\\" in inner else inner


def character(text: str) -> int:
    """Return the code of a character between single quotes.

    Raises:
        ValueError: there is not exactly one character.
    """
    value = unquote(text)
    if len(value) != 1:
        raise ValueError(f"{text} is not one character")
    return ord(value)


def _unescape(match: re.Match[str]) -> str:
    body = match[1]
    if body in _SIMPLE:
        return _SIMPLE[body]
    if body[0] in "xuU" and len(body) > 1:
        return chr(int(body[1:], 16))
    if len(body) == 3 and body.isdigit():
        return chr(int(body, 8))
    raise ValueError(f"unknown escape \\{body}")
