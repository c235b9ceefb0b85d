"""Names of drivers, pools, devices and their qualities, and lists of limited length."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from bouvier.kinds import fields, names
from bouvier.kinds.fields import Errors
from bouvier.kinds.storage_v1.drivers import driver_name
from bouvier.meta.errors import FieldError, duplicate, required

MAX_IDENTIFIER = 32
"""Characters of the name of an attribute or capacity, without its domain."""
_IDENTIFIER = "[A-Za-z_][A-Za-z0-9_]*"
_IDENTIFIER_RULE = (
    "a valid C identifier must start with alphabetic character or '_', followed by a string of alphanumeric characters"
    f" or '_' (e.g. 'my_name',  or 'MY_NAME',  or 'MyName', regex used for validation is '{_IDENTIFIER}')"
)
_MIN_SHOWN = 16

Part = Mapping[str, Any]
Check = Callable[[str, Any], Errors]

__all__ = ["driver_name"]


def pool_name(path: str, name: str | None) -> Errors:
    """Check the name of a pool: domain names with slashes between."""
    if not name:
        yield required(path)
        return
    if len(name) > names.SUBDOMAIN_LENGTH:
        yield fields.too_long(path, names.SUBDOMAIN_LENGTH)
    for part in name.split("/"):
        yield from fields.each(path, part, names.subdomain)


def label_name(path: str, name: str | None) -> Errors:
    """Check the name of a device, a request or a counter."""
    if not name:
        yield required(path)
    else:
        yield from fields.each(path, name, names.label)


def share_id(path: str, text: str) -> Errors:
    """Check the identity of a share of a device."""
    try:
        uuid.UUID(text)
    except ValueError:
        yield fields.invalid(path, text, f"error validating uid: invalid UUID length: {len(text)}")
        return
    if len(text) != 36 or text != text.lower():
        detail = (
            "uid must be in RFC 4122 normalized form, `xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx`"
            " with lowercase hexadecimal characters"
        )
        yield fields.invalid(path, text, detail)


def qualified(path: str, name: str) -> Errors:
    """Check the name of an attribute or capacity, with or without a domain."""
    parts = name.split("/")
    if len(parts) == 1:
        yield from _identifier(path, parts[0])
    if len(parts) != 2:
        return
    domain, rest = parts
    if domain:
        yield from driver_name(path, domain)
    else:
        yield fields.invalid(path, "", "the domain must not be empty")
    if rest:
        yield from _identifier(path, rest)
    else:
        yield fields.invalid(path, "", "the name must not be empty")


def fully_qualified(path: str, name: str) -> Errors:
    """Check the name of an attribute that must say its domain."""
    yield from qualified(path, name)
    if "/" not in name:
        detail = "a fully qualified name must be a domain and a name separated by a slash"
        yield fields.invalid(path, name, detail)


def _identifier(path: str, text: str) -> Errors:
    if len(text) > MAX_IDENTIFIER:
        yield fields.too_long(path, MAX_IDENTIFIER)
    if not re.fullmatch(_IDENTIFIER, text):
        yield fields.invalid(path, text, _IDENTIFIER_RULE)


def too_many(path: str, count: int, limit: int) -> FieldError:
    """Return the error for a list or map with more entries than allowed."""
    return FieldError("FieldValueTooMany", path, f"Too many: {count}: must have at most {limit} items")


def each_of(path: str, values: Sequence[Any] | None, limit: int, check: Check) -> Errors:
    """Check the elements of a list; none of them when there are too many."""
    held = values or ()
    if len(held) > limit:
        yield too_many(path, len(held), limit)
        return
    for index, value in enumerate(held):
        yield from check(f"{path}[{index}]", value)


def each_once(
    path: str, values: Sequence[Any] | None, limit: int, check: Check, key: Callable[[Any], Any] = lambda value: value
) -> Errors:
    """Check the elements of a list in which no two have the same key."""
    held = values or ()
    yield from each_of(path, held, limit, check)
    if len(held) > limit:
        return
    seen = set()
    for index, value in enumerate(held):
        found = key(value)
        if found in seen:
            yield duplicate(f"{path}[{index}]", found)
        seen.add(found)


def each_entry(
    path: str, entries: Mapping[str, Any] | None, name: Check, check: Check, *, limit: int = -1, shown: int
) -> Errors:
    """Check keys and values of a map; `limit` below zero is none, keys longer than `shown` are shown cut."""
    held = entries or {}
    if 0 <= limit < len(held):
        yield too_many(path, len(held), limit)
        return
    for key, value in held.items():
        place = f"{path}[{_cut(key, max(shown, _MIN_SHOWN))}]"
        yield from name(place, key)
        yield from check(place, value)


def _cut(text: str, limit: int) -> str:
    if len(text) <= limit:
        return text
    left = limit - 3
    return text[: (left + 1) // 2] + "..." + text[len(text) - left // 2 :]


def named(part: Part) -> Any:
    """Return the key of parts that have a name."""
    return part.get("name")


def listed(names_: Iterable[str]) -> str:
    """Return the names of fields that exclude each other, as messages show them."""
    return "{" + ", ".join(names_) + "}"
