"""The formats of texts that schemas of custom kinds may name; others are passed over.

Dashes in a format's name do not count. `date-time` is left to the JSON Schema validator.
Source: `apiextensions-apiserver/pkg/apiserver/validation/formats.go` and `kube-openapi/pkg/validation/strfmt`.
"""

from __future__ import annotations

import re
from base64 import b64decode
from binascii import Error as Base64Error
from collections.abc import Callable
from datetime import date
from email.utils import parseaddr
from ipaddress import ip_address, ip_network

from bouvier.meta import quantities

Check = Callable[[str], bool]

_LABEL = re.compile(r"[^\W_](?:[^\W_]|-)*")
_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_NUMBER_OF_BYTES = (6, 8, 20)
_DURATION = re.compile(r"[-+]?(?:0|(?:(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|ms|s|m|h))+)")
_UNITS = re.compile(
    r"(?:\s*\d+\s*(?:ns|nanos?|nanoseconds?|us|µs|micros?|microseconds?|ms|millis?|milliseconds?|s|secs?|seconds?"
    r"|m|mins?|minutes?|h|hrs?|hours?|d|days?|w|wks?|weeks?)\s*)+"
)


def _like(pattern: str) -> Check:
    compiled = re.compile(pattern, re.IGNORECASE | re.ASCII)
    return lambda text: compiled.fullmatch(text) is not None


def _never_raises(check: Callable[[str], object]) -> Check:
    """Return a check that fails where another raises ValueError."""

    def is_so(text: str) -> bool:
        try:
            return check(text) is not False
        except ValueError:
            return False

    return is_so


def _address(version: int) -> Check:
    return _never_raises(lambda text: "%" not in text and ip_address(text).version == version)


def _is_network(text: str) -> bool:
    return "/" in text and text.rpartition("/")[2].isdecimal() and bool(ip_network(text, strict=False))


def _is_mac(text: str) -> bool:
    for separator, digits in ((":", 2), ("-", 2), (".", 4)):
        parts = text.split(separator)
        if len(parts) > 1:
            shape = all(len(part) == digits and _HEX.fullmatch(part) for part in parts)
            return shape and len(parts) * digits // 2 in _NUMBER_OF_BYTES
    return False


_HEX = re.compile(r"[0-9a-fA-F]+")


def _is_base64(text: str) -> bool:
    try:
        return bool(text) and bool(b64decode(text, validate=True))
    except (Base64Error, ValueError):
        return False


def _is_hostname(text: str) -> bool:
    labels = text.split(".")
    if len(text) > 255 or not all(0 < len(one) <= 63 and _LABEL.fullmatch(one) and one[-1] != "-" for one in labels):
        return False
    return len(labels) == 1 or (len(labels[-1]) > 1 and labels[-1].isalpha())


def _is_email(text: str) -> bool:
    local, separator, domain = parseaddr(text)[1].rpartition("@")
    return bool(separator and local and domain) and " " not in domain


def _is_date(text: str) -> bool:
    return bool(_DATE.fullmatch(text)) and bool(date.fromisoformat(text))


def _is_duration(text: str) -> bool:
    return bool(_DURATION.fullmatch(text) or _UNITS.fullmatch(text))


def _is_isbn(length: int) -> Check:
    def is_so(text: str) -> bool:
        digits = re.sub(r"[\s-]", "", text)
        if not re.fullmatch(r"\d{9}[\dX]" if length == 10 else r"\d{13}", digits):
            return False
        values = [10 if digit == "X" else int(digit) for digit in digits]
        if length == 10:
            return sum((10 - place) * value for place, value in enumerate(values)) % 11 == 0
        return sum(value * (3 if place % 2 else 1) for place, value in enumerate(values)) % 10 == 0

    return is_so


def _is_creditcard(text: str) -> bool:
    digits = re.sub(r"\D", "", text)
    if not _CARD.fullmatch(digits):
        return False
    doubled = [int(digit) * (2 if place % 2 else 1) for place, digit in enumerate(reversed(digits))]
    return sum(value - 9 if value > 9 else value for value in doubled) % 10 == 0


_CARD = re.compile(
    r"4\d{12}(?:\d{3})?|5[1-5]\d{14}|6(?:011|5\d\d)\d{12}|3[47]\d{13}|3(?:0[0-5]|[68]\d)\d{11}|(?:2131|1800|35\d{3})\d{11}"
)
_SHORT_NAME = re.compile(r"[0-9a-z](?:[-0-9a-z]{0,61}[0-9a-z])?")
_BYTE = r"(?:[01]?\d?\d|2[0-4]\d|25[0-5])"


_LONG_NAME = re.compile(r"[0-9a-z](?:[-0-9a-z]*[0-9a-z])?(?:\.[0-9a-z](?:[-0-9a-z]*[0-9a-z])?)*")


def _uuid(third: str = "", fourth: str = "") -> Check:
    groups = [r"[0-9a-f]{4}", third or r"[0-9a-f]{4}", fourth or r"[0-9a-f]{4}"]
    return _like(rf"[0-9a-f]{{8}}-?{'-?'.join(groups)}-?[0-9a-f]{{12}}")


FORMATS: dict[str, Check] = {
    "bsonobjectid": _like(r"[0-9a-f]{24}"),
    "uri": _like(r"(?:[a-z][a-z0-9+.-]*:\S+|/\S*)"),
    "email": _is_email,
    "hostname": _is_hostname,
    "ipv4": _address(4),
    "ipv6": _address(6),
    "cidr": _never_raises(_is_network),
    "mac": _is_mac,
    "uuid": _uuid(),
    "uuid3": _uuid("3[0-9a-f]{3}"),
    "uuid4": _uuid("4[0-9a-f]{3}", "[89ab][0-9a-f]{3}"),
    "uuid5": _uuid("5[0-9a-f]{3}", "[89ab][0-9a-f]{3}"),
    "isbn": lambda text: _is_isbn(10)(text) or _is_isbn(13)(text),
    "isbn10": _is_isbn(10),
    "isbn13": _is_isbn(13),
    "creditcard": _is_creditcard,
    "ssn": _like(r"\d{3}[- ]?\d{2}[- ]?\d{4}"),
    "hexcolor": _like(r"#?(?:[0-9a-f]{3}|[0-9a-f]{6})"),
    "rgbcolor": _like(rf"rgb\(\s*{_BYTE}\s*(?:,\s*{_BYTE}\s*){{2}}\)"),
    "byte": _is_base64,
    "password": lambda _text: True,
    "date": _never_raises(_is_date),
    "duration": _is_duration,
    "quantity": _never_raises(quantities.parse),
    "k8sshortname": lambda text: _SHORT_NAME.fullmatch(text) is not None,
    "k8slongname": lambda text: len(text) <= 253 and _LONG_NAME.fullmatch(text) is not None,
}
"""Checks by the name of the format, without dashes."""


def checked_format(schema_type: object, name: str) -> str:
    """Return under which name values of a schema are checked for a format; empty when it is passed over."""
    if schema_type not in (None, "string"):
        return ""
    return "date-time" if name in ("date-time", "datetime") else (name if name.replace("-", "") in FORMATS else "")


def checks() -> dict[str, Check]:
    """Return the checks by all the names under which schemas know them."""
    spelled = {"k8s-short-name": FORMATS["k8sshortname"], "k8s-long-name": FORMATS["k8slongname"]}
    return FORMATS | spelled
