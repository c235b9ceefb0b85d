"""Texts and bytes as they are written between quotes."""

from __future__ import annotations

import re

_SIMPLE = {
    "a": 7,
    "b": 8,
    "f": 12,
    "n": 10,
    "r": 13,
    "t": 9,
    "v": 11,
    "\\": 92,
    "?": 63,
    '"': 34,
    "'": 39,
    "`": 96,
}
_ESCAPE = re.compile(
    r"\\(?:(?P<simple>[abfnrtv\\?\"'`])|[xX](?P<hex>[0-9a-fA-F]{2})|(?P<octal>[0-3][0-7]{2})"
    r"|u(?P<short>[0-9a-fA-F]{4})|U(?P<long>[0-9a-fA-F]{8})|(?P<bad>.?))",
    re.DOTALL,
)
_MAX_POINT = 0x10FFFF
_SURROGATES = range(0xD800, 0xE000)


def unquote_text(text: str) -> str:
    """Return the value of a quoted text, raw or not.

    Raises:
        ValueError: an escape that the language does not have.

    """
    raw, body = _parts(text)
    return body if raw else _ESCAPE.sub(lambda match: chr(_point(match)), body)


def unquote_bytes(text: str) -> bytes:
    r"""Return the value of quoted bytes: characters as UTF-8, `\x` and octal escapes as single bytes.

    Raises:
        ValueError: an escape that bytes do not have.

    """
    raw, body = _parts(text)
    if raw:
        return body.encode()
    made = bytearray()
    end = 0
    for match in _ESCAPE.finditer(body):
        made += body[end : match.start()].encode()
        if match["short"] or match["long"]:
            raise ValueError("unicode escapes are not allowed in bytes literals")
        made.append(_point(match))
        end = match.end()
    return bytes(made + body[end:].encode())


def _parts(text: str) -> tuple[bool, str]:
    start = min(index for index in (text.find("'"), text.find('"')) if index >= 0)
    is_raw = "r" in text[:start].lower()
    quoted = text[start:]
    width = 3 if quoted[:3] in ("'''", '"""') and len(quoted) >= 6 else 1
    return is_raw, quoted[width:-width]


def _point(match: re.Match[str]) -> int:
    if match["simple"]:
        return _SIMPLE[match["simple"]]
    if match["octal"]:
        return int(match["octal"], 8)
    digits = match["hex"] or match["short"] or match["long"]
    if not digits:
        raise ValueError(f"unable to unescape string: invalid escape '\\{match['bad']}'")
    point = int(digits, 16)
    if point > _MAX_POINT or point in _SURROGATES:
        raise ValueError(f"unable to unescape string: invalid unicode code point {digits}")
    return point
