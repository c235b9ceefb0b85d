"""Kubernetes' named formats: `format.dns1123Label().validate(name)` tells what is wrong, if anything.

Source: https://kubernetes.io/docs/reference/using-api/cel/#kubernetes-format-library
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from bouvier.meta.cel.functions import Overload, function, method, traversal
from bouvier.meta.cel.library.times import parse_timestamp
from bouvier.meta.cel.library.urls import Url
from bouvier.meta.cel.types import STRING, list_of, opaque, optional_of
from bouvier.meta.cel.values import NONE, Opaque, Optional

FORMAT = opaque("kubernetes.NamedFormat")
Check = Callable[[str], list[str]]
_LABEL = re.compile(r"[a-z0-9](?:[-a-z0-9]*[a-z0-9])?")
_SUBDOMAIN = re.compile(rf"{_LABEL.pattern}(?:\.{_LABEL.pattern})*")
_LABEL_1035 = re.compile(r"[a-z](?:[-a-z0-9]*[a-z0-9])?")
_NAME = re.compile(r"(?:[A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]")
_UUID = re.compile(r"[0-9a-fA-F]{8}-?(?:[0-9a-fA-F]{4}-?){3}[0-9a-fA-F]{12}")
_LABEL_TEXT = (
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with"
    " an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is"
    " '[a-z0-9]([-a-z0-9]*[a-z0-9])?')"
)
_SUBDOMAIN_TEXT = (
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and"
    " end with an alphanumeric character (e.g. 'example.com', regex used for validation is"
    r" '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"
)
_LABEL_1035_TEXT = (
    "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character,"
    " and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is"
    " '[a-z]([-a-z0-9]*[a-z0-9])?')"
)
_NAME_TEXT = (
    "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric"
    " character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is"
    " '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')"
)
_VALUE_TEXT = (
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and"
    " end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is"
    " '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')"
)


class NamedFormat(Opaque):
    """A form that texts may have."""

    __slots__ = ("check", "name")
    type_name = "kubernetes.NamedFormat"

    def __init__(self, name: str, check: Check) -> None:
        self.name, self.check = name, check

    def identity(self) -> Any:
        """Compare by name."""
        return self.name


def _name(form: re.Pattern[str], text: str, limit: int, *, is_prefix: bool = False) -> Check:
    def check(value: str) -> list[str]:
        body = value.removesuffix("-") + "a" if is_prefix and value.endswith("-") else value
        found = [f"must be no more than {limit} characters"] if len(value) > limit else []
        return found if form.fullmatch(body) else [*found, text]

    return check


def _qualified(value: str) -> list[str]:
    prefix, mark, name = value.rpartition("/")
    found = [f"prefix part {problem}" for problem in _name(_SUBDOMAIN, _SUBDOMAIN_TEXT, 253)(prefix)] if mark else []
    if not name:
        return [*found, "name part must be non-empty"]
    if len(name) > 63:
        found.append("name part must be no more than 63 characters")
    return found if _NAME.fullmatch(name) else [*found, _NAME_TEXT]


def _label_value(value: str) -> list[str]:
    found = ["must be no more than 63 characters"] if len(value) > 63 else []
    return found if not value or _NAME.fullmatch(value) else [*found, _VALUE_TEXT]


def _readable(read: Callable[[str], Any], text: str) -> Check:
    def check(value: str) -> list[str]:
        try:
            read(value)
        except (ValueError, binascii.Error):
            return [text]
        return []

    return check


def _uuid(value: str) -> list[str]:
    return [] if _UUID.fullmatch(value) else ["does not match the UUID format"]


_FORMATS: Mapping[str, Check] = {
    "dns1123Label": _name(_LABEL, _LABEL_TEXT, 63),
    "dns1123Subdomain": _name(_SUBDOMAIN, _SUBDOMAIN_TEXT, 253),
    "dns1035Label": _name(_LABEL_1035, _LABEL_1035_TEXT, 63),
    "dns1123LabelPrefix": _name(_LABEL, _LABEL_TEXT, 63, is_prefix=True),
    "dns1123SubdomainPrefix": _name(_SUBDOMAIN, _SUBDOMAIN_TEXT, 253, is_prefix=True),
    "dns1035LabelPrefix": _name(_LABEL_1035, _LABEL_1035_TEXT, 63, is_prefix=True),
    "qualifiedName": _qualified,
    "labelValue": _label_value,
    "uri": _readable(Url, "invalid URI"),
    "uuid": _uuid,
    "byte": _readable(lambda value: base64.b64decode(value, validate=True), "invalid base64"),
    "date": _readable(date.fromisoformat, "invalid date"),
    "datetime": _readable(parse_timestamp, "invalid datetime"),
}
_VALUES = {name: NamedFormat(name, check) for name, check in _FORMATS.items()}


def _named(name: str) -> Optional:
    return Optional(_VALUES[name]) if name in _VALUES else NONE


def _validate(one: NamedFormat, text: str) -> Optional:
    problems = one.check(text)
    return Optional(problems) if problems else NONE


def _getter(name: str) -> Callable[[], NamedFormat]:
    return lambda: _VALUES[name]


FUNCTIONS: tuple[Overload, ...] = (
    function("format.named", (STRING,), optional_of(FORMAT), _named),
    *(function(f"format.{name}", (), FORMAT, _getter(name)) for name in _FORMATS),
    method("validate", (FORMAT, STRING), optional_of(list_of(STRING)), _validate, traversal(which=1)),
)
