"""Texts: trimming, case, padding, quoting, splitting and joining."""

from __future__ import annotations

import re
import textwrap
from typing import Any

from bouvier.catalog.gotemplate.errors import FunctionError
from bouvier.catalog.gotemplate.functions import Function, function
from bouvier.catalog.gotemplate.limits import Limits
from bouvier.catalog.gotemplate.values import text_of
from bouvier.util.gotext import quote

_LONGEST = Limits().value_characters
_SPACE = re.compile(r"\s")


def _cut(text: str, first: int, last: int) -> str:
    """Return a part counted in bytes, as Go does; a letter cut in two is dropped."""
    return text.encode()[first:last].decode(errors="ignore")


def _trunc(length: int, text: str) -> str:
    size = len(text.encode())
    if length < 0:
        return _cut(text, size + length, size) if size + length > 0 else text
    return _cut(text, 0, length)


def _substr(first: int, last: int, text: str) -> str:
    size = len(text.encode())
    if first < 0:
        return _cut(text, 0, last)
    return _cut(text, first, size if last < 0 or last > size else last)


def _abbrev(width: int, text: str) -> str:
    size = len(text.encode())
    return text if width < 4 or size <= width else _cut(text, 0, width - 3) + "..."


def _abbrevboth(left: int, right: int, text: str) -> str:
    size = len(text.encode())
    if right < 4 or (left > 0 and right < 7) or size <= right:
        return text
    offset = min(left, size)
    if size - offset < right - 3:
        offset = size - (right - 3)
    if offset <= 4:
        return _cut(text, 0, right - 3) + "..."
    if offset + right - 3 < size:
        return "..." + _abbrev(right - 3, _cut(text, offset, size))
    return "..." + _cut(text, size - (right - 3), size)


def _repeat(times: int, text: str) -> str:
    if times < 0:
        raise FunctionError("negative count")
    if times * len(text) > _LONGEST:
        raise FunctionError("the text would be too long")
    return text * times


def _title(text: str) -> str:
    return re.sub(r"(?<!\w)\w", lambda match: match[0].upper(), text)


def _untitle(text: str) -> str:
    return re.sub(r"(?:^|(?<=\s))\S", lambda match: match[0].lower(), text)


def _initials(text: str) -> str:
    return "".join(word[0] for word in text.split())


def _swapcase(text: str) -> str:
    """Return the text with cases exchanged; a small letter at the start of a word becomes a capital."""
    out, at_word_start = [], True
    for sign in text:
        if sign.isupper():
            out.append(sign.lower())
        elif (sign.islower() and at_word_start) or sign.islower():
            out.append(sign.upper())
        else:
            out.append(sign)
        at_word_start = sign.isspace()
    return "".join(out)


_CASED_WORD = re.compile(
    r"\d+[a-z]+(?:\d+[a-z]*)*"  # digits before small letters begin a word: 3rd, 2m3s
    r"|[A-Z]+(?=[A-Z][a-z])|(?:[A-Z]?[a-z]+|[A-Z]+|\d+)(?:\d+(?![a-z\d]))?|[^\W\da-zA-Z_]+"
)


def _separated(text: str, separator: str) -> str:
    """Return the words of a name in any case, small and with a separator: `HTTPServer2` gives `http_server2`."""
    return separator.join(_CASED_WORD.findall(text)).lower()


def _camelcase(text: str) -> str:
    leading = len(text) - len(text.lstrip("_"))
    return "_" * leading + re.sub(
        r"(^|[_\- ]+)([^_\- ])", lambda match: match[1][1:] + match[2].upper(), text[leading:].rstrip("_-")
    )


def _wrap(width: int, text: str) -> str:
    return _wrap_with(width, "\n", text)


def _wrap_with(width: int, separator: str, text: str) -> str:
    lines = textwrap.wrap(text, max(width, 1), break_long_words=False, break_on_hyphens=False)
    return separator.join(lines)


def _quote(*values: Any) -> str:
    return " ".join(quote(text_of(value)) for value in values if value is not None)


def _squote(*values: Any) -> str:
    return " ".join(f"'{text_of(value)}'" for value in values if value is not None)


def _indent(spaces: int, text: str) -> str:
    pad = " " * _within(spaces)
    if len(pad) * (text.count("\n") + 1) + len(text) > _LONGEST:
        raise FunctionError("the text would be too long")
    return pad + text.replace("\n", "\n" + pad)


def _within(spaces: int) -> int:
    if not 0 <= spaces <= 1000:
        raise FunctionError(f"{spaces} is no number of spaces")
    return spaces


def _replace(old: str, new: str, text: str) -> str:
    if new and len(new) * max(text.count(old), 1) > _LONGEST:
        raise FunctionError("the text would be too long")
    return text.replace(old, new)


def _plural(one: str, many: str, count: int) -> str:
    return one if count == 1 else many


def texts_of(value: Any) -> list[str]:
    """Return the elements of a list as texts, nil left out; anything else as a list of its text."""
    if isinstance(value, list):
        return [text_of(item) for item in value if item is not None]
    return [] if value is None else [text_of(value)]


def _split(separator: str, text: str) -> dict[str, str]:
    return {f"_{index}": part for index, part in enumerate(_parts(separator, text))}


def _splitn(separator: str, count: int, text: str) -> dict[str, str]:
    if count == 0:
        return {}
    parts = text.split(separator, count - 1 if count > 0 else -1)
    return {f"_{index}": part for index, part in enumerate(parts)}


def _parts(separator: str, text: str) -> list[str]:
    return text.split(separator) if separator else list(text)


def split_preserving_quotes(text: str) -> list[str]:
    """Return the words of a text; a part in double quotes is one word, with its quotes."""
    return re.findall(r'(?:[^\s"]|"[^"]*")+', text)


def _to_text(value: Any) -> str:
    return value.decode(errors="replace") if isinstance(value, bytes) else text_of(value)


FUNCTIONS: dict[str, Function] = {
    "trim": function("s", str.strip),
    "trimAll": function("ss", lambda signs, text: text.strip(signs)),
    "trimall": function("ss", lambda signs, text: text.strip(signs)),
    "trimSuffix": function("ss", lambda suffix, text: text.removesuffix(suffix)),
    "trimPrefix": function("ss", lambda prefix, text: text.removeprefix(prefix)),
    "trunc": function("is", _trunc),
    "substr": function("iis", _substr),
    "abbrev": function("is", _abbrev),
    "abbrevboth": function("iis", _abbrevboth),
    "repeat": function("is", _repeat),
    "upper": function("s", str.upper),
    "lower": function("s", str.lower),
    "title": function("s", _title),
    "untitle": function("s", _untitle),
    "nospace": function("s", lambda text: _SPACE.sub("", text)),
    "initials": function("s", _initials),
    "swapcase": function("s", _swapcase),
    "snakecase": function("s", lambda text: _separated(text, "_")),
    "kebabcase": function("s", lambda text: _separated(text, "-")),
    "camelcase": function("s", _camelcase),
    "wrap": function("is", _wrap),
    "wrapWith": function("iss", _wrap_with),
    "contains": function("ss", lambda part, text: part in text),
    "hasPrefix": function("ss", lambda prefix, text: text.startswith(prefix)),
    "hasSuffix": function("ss", lambda suffix, text: text.endswith(suffix)),
    "quote": function("a*", _quote),
    "squote": function("a*", _squote),
    "cat": function("a*", lambda *values: " ".join(text_of(value) for value in values if value is not None)),
    "indent": function("is", _indent),
    "nindent": function("is", lambda spaces, text: "\n" + _indent(spaces, text)),
    "replace": function("sss", _replace),
    "plural": function("ssi", _plural),
    "toString": function("a", _to_text),
    "toStrings": function("a", texts_of),
    "join": function("sa", lambda separator, values: separator.join(texts_of(values))),
    "split": function("ss", _split),
    "splitList": function("ss", _parts),
    "splitn": function("sis", _splitn),
    "splitPreserveQuotes": function("s", split_preserving_quotes),
    "sortAlpha": function("a", lambda values: sorted(texts_of(values))),
}
