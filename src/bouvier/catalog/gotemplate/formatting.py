"""`printf` with Go's verbs, flags, widths and its marks for mistakes (`%!d(string=x)`).

Source: https://pkg.go.dev/fmt
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from bouvier.catalog.gotemplate.errors import FunctionError
from bouvier.catalog.gotemplate.values import float_text, text_of, type_of

_VERB = re.compile(r"%([+\-# 0]*)(\*|[0-9]*)(?:\.(\*|[0-9]*))?(?:\[([0-9]+)\])?(.)?", re.DOTALL)
WIDEST = 10_000
"""Greatest width or precision."""


KNOWN_VERBS = frozenset("vsqdtTcUxXobOeEfFgG")


class _Form(NamedTuple):
    flags: str
    width: int
    precision: int | None
    verb: str


def sprintf(layout: str, values: Sequence[Any]) -> str:
    """Return the layout with its verbs replaced by the values.

    Raises:
        FunctionError: a width beyond reason.
    """
    return _Printer(values).run(layout)


class _Printer:
    def __init__(self, values: Sequence[Any]) -> None:
        self._values = values
        self._next = 0
        self._reordered = False

    def run(self, layout: str) -> str:
        text = _VERB.sub(self._one, layout)
        rest = self._values[self._next :]
        if rest and not self._reordered:
            text += "%!(EXTRA " + ", ".join(_typed(value) for value in rest) + ")"
        return text

    def _one(self, match: re.Match[str]) -> str:
        flags, width_text, precision_text, position, verb = match.groups()
        if verb is None:
            return "%!(NOVERB)"
        if verb == "%":
            return "%"
        width = self._size(width_text) or 0
        precision = None if precision_text is None else (self._size(precision_text) or 0)
        if width < 0:
            flags, width = flags + "-", -width
        if position:
            self._next, self._reordered = int(position) - 1, True
        if self._next >= len(self._values) or self._next < 0:
            return f"%!{verb}({'BADINDEX' if position else 'MISSING'})"
        value = self._values[self._next]
        self._next += 1
        return _formatted(value, _Form(flags, width, precision, verb))

    def _size(self, text: str) -> int | None:
        size: Any = None
        if text == "*":
            size = self._values[self._next] if self._next < len(self._values) else None
            self._next += 1
        elif text:
            size = int(text)
        if isinstance(size, int) and abs(size) > WIDEST:
            raise FunctionError(f"a width of {size} is too large")
        return size if isinstance(size, int) else None


def _typed(value: Any) -> str:
    return "<nil>" if value is None else f"{type_of(value)}={text_of(value)}"


def _formatted(value: Any, form: _Form) -> str:
    makers: dict[str, Callable[[Any, _Form], str | None]] = {
        "v": _value,
        "s": _string,
        "q": _quoted,
        "d": _integer,
        "t": _boolean,
        "T": lambda value, _form: type_of(value),
        "c": _character,
        "U": _code_point,
    }
    maker = makers.get(form.verb)
    if maker is None:
        maker = _based if form.verb in "xXobO" else _float
    text = maker(value, form) if form.verb in KNOWN_VERBS else None
    if text is None:
        return f"%!{form.verb}({_typed(value)})"
    return _padded(text, form, is_number=isinstance(value, int | float) and form.verb not in "sqT")


def _padded(text: str, form: _Form, *, is_number: bool) -> str:
    if len(text) >= form.width:
        return text
    if "-" in form.flags:
        return text.ljust(form.width)
    if "0" in form.flags and is_number:
        sign = text[0] if text[0] in "+-" else ""
        return sign + text[len(sign) :].zfill(form.width - len(sign))
    return text.rjust(form.width, "0" if "0" in form.flags else " ")


def _value(value: Any, form: _Form) -> str | None:
    form = form._replace(flags=form.flags.replace("+", ""))  # of %+v the sign asks for names of fields
    if isinstance(value, float):
        return _float(value, form._replace(verb="g"))
    if isinstance(value, int) and not isinstance(value, bool):
        return _integer(value, form)
    if isinstance(value, str):
        return _go_quote(value) if "#" in form.flags else _string(value, form)
    return text_of(value)


def _string(value: Any, form: _Form) -> str | None:
    if isinstance(value, list):
        return "[" + " ".join(_formatted(item, form._replace(width=0)) for item in value) + "]"
    if isinstance(value, dict):
        plain = form._replace(width=0)
        return "map[" + " ".join(f"{key}:{_formatted(value[key], plain)}" for key in sorted(value)) + "]"
    if isinstance(value, bytes):
        value = value.decode(errors="replace")
    if value is None or isinstance(value, bool | int | float):
        return None
    text = text_of(value)
    return text if form.precision is None else text[: form.precision]


def _go_quote(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\x7f")


def _quoted(value: Any, form: _Form) -> str | None:
    if isinstance(value, list):
        return "[" + " ".join(_formatted(item, form) for item in value) + "]"
    if isinstance(value, int) and not isinstance(value, bool):
        return f"'{chr(value)}'"
    if isinstance(value, str):
        value = value if form.precision is None else value[: form.precision]
        return f"`{value}`" if "#" in form.flags and "`" not in value else _go_quote(value)
    return None


def _signed(text: str, form: _Form) -> str:
    if text.startswith("-"):
        return text
    return ("+" if "+" in form.flags else " " if " " in form.flags else "") + text


def _integer(value: Any, form: _Form) -> str | None:
    if isinstance(value, list):
        return "[" + " ".join(_formatted(item, form) for item in value) + "]"
    if not isinstance(value, int) or isinstance(value, bool):
        return None
    text = str(value)
    if form.precision:
        sign = "-" if value < 0 else ""
        text = sign + str(abs(value)).zfill(form.precision)
    return _signed(text, form)


def _boolean(value: Any, _form: _Form) -> str | None:
    return text_of(value) if isinstance(value, bool) else None


def _character(value: Any, _form: _Form) -> str | None:
    return chr(value) if isinstance(value, int) and not isinstance(value, bool) else None


def _code_point(value: Any, _form: _Form) -> str | None:
    return f"U+{value:04X}" if isinstance(value, int) and not isinstance(value, bool) else None


def _based(value: Any, form: _Form) -> str | None:
    if isinstance(value, str | bytes) and form.verb in "xX":
        data = (value.encode() if isinstance(value, str) else value)[: form.precision]
        return data.hex() if form.verb == "x" else data.hex().upper()
    if not isinstance(value, int) or isinstance(value, bool):
        return None
    prefix = {"x": "0x", "X": "0X", "o": "0", "b": "0b"}.get(form.verb, "") if "#" in form.flags else ""
    if form.verb == "O":
        return f"{'-' if value < 0 else ''}0o{abs(value):o}"
    return _signed(("-" if value < 0 else "") + prefix + format(abs(value), form.verb), form)


def _float(value: Any, form: _Form) -> str | None:
    if not isinstance(value, float):
        return None
    if form.verb in "gG":
        text = float_text(value) if form.precision is None else format(value, f".{max(form.precision, 1)}g")
    else:
        text = format(value, f".{6 if form.precision is None else form.precision}{form.verb}")
    return _signed(text.upper() if form.verb.isupper() else text, form)
