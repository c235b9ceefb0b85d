"""Numbers as Go's `encoding/json` writes them."""

from __future__ import annotations

from decimal import Decimal

from bouvier.catalog.gotemplate.values import float_text

_LEAST, _MOST = -(2**63), 2**64 - 1
"""What Go's YAML reads as an integer."""
_SMALLEST_PLAIN, _SMALLEST_SCIENTIFIC = 1e-6, 1e21


def json_number(value: float) -> str:
    """Return a number in Go's JSON form: no exponent between 1e-6 and 1e21, no fraction when there is none.

    Raises:
        ValueError: the number is not finite.
    """
    if isinstance(value, int):
        return str(value)
    if value != value or value in (float("inf"), float("-inf")):  # noqa: PLR0124 - the definition of NaN
        raise ValueError(f"{value} has no form in JSON")
    if not value:
        return "-0" if str(value).startswith("-") else "0"
    if _SMALLEST_PLAIN <= abs(value) < _SMALLEST_SCIENTIFIC:
        text = format(Decimal(repr(value)), "f")
        return text.rstrip("0").rstrip(".") if "." in text else text
    mantissa, _, exponent = repr(value).partition("e")
    digits = exponent.lstrip("+-").lstrip("0")
    return f"{mantissa.removesuffix('.0')}e" + (f"-{digits}" if exponent.startswith("-") else f"+{digits.zfill(2)}")


def yaml_number(value: float) -> str:
    """Return a number as Go's YAML does, which reads it from JSON: whole ones in full, others as `%v` prints them.

    Raises:
        ValueError: the number is not finite.
    """
    if not value:
        return "0"
    text = json_number(value)
    is_whole = isinstance(value, int) or (text.lstrip("-").isdigit() and _LEAST <= int(text) <= _MOST)
    return text if is_whole else float_text(value)
