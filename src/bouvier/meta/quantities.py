"""Resource quantities: `250m`, `1.5Gi`, `2e3`.

A quantity is a decimal number with a suffix: decimal (`n u m k M G T P E`), binary (`Ki Mi Gi Ti Pi Ei`) or a decimal
exponent. It is exact to 10^-9 (finer values round away from zero) and limited to ±(2^63 - 1). Comparisons belong on
`parse`, `millis` or `whole`, never on the text.

Source: https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/
"""

from __future__ import annotations

import re
from decimal import ROUND_CEILING, ROUND_UP, Context, Decimal
from functools import lru_cache

LARGEST = Decimal(2**63 - 1)
"""Quantities of larger magnitude are cut to this one: upstream stores 64-bit integers."""
SMALLEST = Decimal("1e-9")
"""One nano: the finest step."""

_DECIMAL = {"n": -9, "u": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
_BINARY = {"Ki": 1, "Mi": 2, "Gi": 3, "Ti": 4, "Pi": 5, "Ei": 6}
_DECIMAL_SUFFIX = {exponent: suffix for suffix, exponent in _DECIMAL.items()}
_BINARY_SUFFIX = {power: suffix for suffix, power in _BINARY.items()} | {0: ""}
_FORM = re.compile(r"(?P<number>[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+))(?P<suffix>[numkMGTPE]|[KMGTPE]i|[eE][+-]?[0-9]+)?")

_LONGEST = 1024
"""Longest text accepted: more digits than any quantity has, few enough to be harmless."""
_EXACT = Context(prec=2 * _LONGEST)
"""Precision in which a product of a number of `_LONGEST` digits and 2^60 is exact."""
_BEYOND = 40
"""Decimal exponents past this one are far outside the range either way."""


@lru_cache(maxsize=8192)
def parse(text: str | float) -> Decimal:
    """Return the value of a quantity.

    Raises:
        ValueError: the text is not a quantity.
    """
    number, suffix = _split(text)
    value = Decimal(number)
    if suffix in _BINARY:
        value = _EXACT.multiply(value, Decimal(1024 ** _BINARY[suffix]))
    elif suffix:
        exponent = _DECIMAL[suffix] if suffix in _DECIMAL else _exponent(suffix)
        value = _EXACT.scaleb(value, exponent)
    return _fit(value)


@lru_cache(maxsize=8192)
def millis(text: str | float) -> int:
    """Return the quantity in thousandths, rounded up: millicores of a CPU quantity.

    Raises:
        ValueError: the text is not a quantity.
    """
    return int(_EXACT.scaleb(parse(text), 3).to_integral_value(ROUND_CEILING))


@lru_cache(maxsize=8192)
def whole(text: str | float) -> int:
    """Return the quantity in whole units, rounded up: bytes of a memory quantity.

    Raises:
        ValueError: the text is not a quantity.
    """
    return int(parse(text).to_integral_value(ROUND_CEILING))


@lru_cache(maxsize=8192)
def canonical(text: str | float) -> str:
    """Return the quantity as the API server writes it: no fraction, the largest suffix that loses nothing.

    The family of the suffix stays (`1024Mi` becomes `1Gi`, `1000M` becomes `1G`), except that binary quantities under
    1 Ki and fractional ones turn decimal (`0.5Ki` is `512`).

    Raises:
        ValueError: the text is not a quantity.
    """
    _, suffix = _split(text)
    value = parse(text)
    if not value:
        return "0"
    is_whole = value == value.to_integral_value()
    if suffix in _BINARY and is_whole and abs(value) >= 1024:
        return _binary_text(int(value))
    return _decimal_text(value, as_exponent=suffix not in _DECIMAL and suffix not in _BINARY)


def _split(text: str | float) -> tuple[str, str]:
    written = text if isinstance(text, str) else str(text)
    match = _FORM.fullmatch(written) if len(written) <= _LONGEST and not isinstance(text, bool) else None
    if match is None:
        raise ValueError(
            f"unable to parse quantity {written[:64]!r}: quantities must match the regular expression "
            "'^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$', for example 250m, 1.5 or 512Mi"
        )
    return match["number"], match["suffix"] or ""


def _exponent(suffix: str) -> int:
    return max(-_LONGEST - _BEYOND, min(_LONGEST + _BEYOND, int(suffix[1:])))


def _fit(value: Decimal) -> Decimal:
    if abs(value) > LARGEST:
        return LARGEST.copy_sign(value)
    return value.quantize(SMALLEST, ROUND_UP, _EXACT).normalize(_EXACT)


def _binary_text(value: int) -> str:
    power = 0
    while value % 1024 == 0 and power < max(_BINARY_SUFFIX):
        value //= 1024
        power += 1
    return f"{value}{_BINARY_SUFFIX[power]}"


def _decimal_text(value: Decimal, *, as_exponent: bool) -> str:
    sign, digits, power = value.normalize(_EXACT).as_tuple()
    assert isinstance(power, int)
    exponent = power - power % 3
    mantissa = int("".join(map(str, digits))) * 10 ** (power - exponent) * (-1 if sign else 1)
    if as_exponent:
        return f"{mantissa}e{exponent}" if exponent else str(mantissa)
    return f"{mantissa}{_DECIMAL_SUFFIX[exponent]}"
