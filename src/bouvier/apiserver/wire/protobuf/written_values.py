"""Values of JSON as protobuf writes them: the other direction of `values`.

Each writer is `(value) -> bytes`, the content of the section that holds the value.
"""

from __future__ import annotations

import struct
from base64 import b64decode
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson

from bouvier.apiserver.wire.protobuf.wire import SECTION, VARINT
from bouvier.util.varints import varint

ValueWriter = Callable[[Any], bytes]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SECOND = timedelta(seconds=1)


def tag(field: int, wire_type: int) -> bytes:
    """Return what stands before a field's value."""
    return varint(field << 3 | wire_type)


_FIRST_NUMBER, _SECOND_NUMBER = tag(1, VARINT), tag(2, VARINT)
_FIRST_SECTION, _THIRD_SECTION = tag(1, SECTION), tag(3, SECTION)


def section(head: bytes, content: bytes) -> bytes:
    """Return a field that holds bytes; `head` is its tag."""
    return head + varint(len(content)) + content


def text(value: str | None) -> bytes:
    """Return text; null in a list or map is the empty one."""
    return value.encode() if value else b""


def base64(value: str | None) -> bytes:
    """Return the bytes that JSON writes in base64."""
    return b64decode(value or "")


def double(value: float) -> bytes:
    """Return the eight bytes of a number."""
    return struct.pack("<d", value)


def time(value: str) -> bytes:
    """Return `metav1.Time`, which has whole seconds."""
    return _FIRST_NUMBER + varint((_moment(value) - _EPOCH) // _SECOND)


def micro_time(value: str) -> bytes:
    """Return `metav1.MicroTime`."""
    moment = _moment(value)
    seconds = _FIRST_NUMBER + varint((moment - _EPOCH) // _SECOND)
    return seconds + _SECOND_NUMBER + varint(moment.microsecond * 1000)


def quantity(value: str | float | None) -> bytes:
    """Return a quantity, which JSON may hold as a number; null in a map is none of it."""
    return section(_FIRST_SECTION, str(value or 0).encode())


def int_or_string(value: int | str) -> bytes:
    """Return a port or percentage: its type, then the number or the text."""
    if isinstance(value, str):
        return _FIRST_NUMBER + b"\x01" + section(_THIRD_SECTION, value.encode())
    return _FIRST_NUMBER + b"\x00" + _SECOND_NUMBER + varint(value)


def json(value: Any) -> bytes:
    """Return a JSON document inside `RawExtension` or `FieldsV1`."""
    return section(_FIRST_SECTION, orjson.dumps(value))


def _moment(value: str) -> datetime:
    moment = datetime.fromisoformat(value)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
