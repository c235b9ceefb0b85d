"""Values that protobuf writes in another form than JSON: times, quantities, ports, embedded JSON, base64.

Each reader is `(data, start, end) -> value`; None means "not set".
"""

from __future__ import annotations

import math
import struct
from base64 import b64encode
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from bouvier.apiserver.wire.json_body import decode_json
from bouvier.apiserver.wire.protobuf.wire import SECTION, VARINT, WireError, signed, skip, varint

ValueReader = Callable[[bytes, int, int], Any]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EXACT_LIMIT = 1 << 53
"""Whole numbers up to here are exact as doubles."""


def text(data: bytes, start: int, end: int) -> str:
    """Return a section as text."""
    return data[start:end].decode()


def base64(data: bytes, start: int, end: int) -> str:
    """Return a section as JSON writes bytes."""
    return b64encode(data[start:end]).decode("ascii")


def double(bits: int) -> float:
    """Return the number that eight bytes stand for; whole numbers as JSON writes them, without a point."""
    value: float = struct.unpack("<d", struct.pack("<Q", bits))[0]
    if not math.isfinite(value):
        raise WireError("a number in it is not finite")
    return int(value) if value.is_integer() and abs(value) < _EXACT_LIMIT else value


def time(data: bytes, start: int, end: int) -> str | None:
    """Return `metav1.Time` as RFC 3339 text with whole seconds."""
    if start == end:
        return None
    return _moment(data, start, end).isoformat(timespec="seconds").replace("+00:00", "Z")


def micro_time(data: bytes, start: int, end: int) -> str | None:
    """Return `metav1.MicroTime` as RFC 3339 text with microseconds."""
    if start == end:
        return None
    return _moment(data, start, end).isoformat(timespec="microseconds").replace("+00:00", "Z")


def quantity(data: bytes, start: int, end: int) -> str | None:
    """Return the text of a quantity."""
    return _first_texts(data, start, end).get(1) or None


def int_or_string(data: bytes, start: int, end: int) -> int | str:
    """Return a port or percentage: a number, or text when its type says so."""
    numbers = _numbers(data, start, end)
    if numbers.get(1):
        return _first_texts(data, start, end).get(3, "")
    return numbers.get(2, 0)


def json(data: bytes, start: int, end: int) -> Any:
    """Return the JSON document inside `RawExtension` and `FieldsV1`."""
    document = _first_texts(data, start, end).get(1)
    return decode_json(document.encode()) if document else None


def _moment(data: bytes, start: int, end: int) -> datetime:
    numbers = _numbers(data, start, end)
    try:
        return _EPOCH + timedelta(seconds=numbers.get(1, 0), microseconds=numbers.get(2, 0) // 1000)
    except OverflowError as error:
        raise WireError("time is out of range") from error


def _numbers(data: bytes, at: int, end: int) -> dict[int, int]:
    found: dict[int, int] = {}
    while at < end:
        tag, at = varint(data, at)
        if tag & 7 == VARINT:
            value, at = varint(data, at)
            found[tag >> 3] = signed(value)
        else:
            at = skip(data, at, tag & 7)
    _check_end(at, end)
    return found


def _first_texts(data: bytes, at: int, end: int) -> dict[int, str]:
    found: dict[int, str] = {}
    while at < end:
        tag, at = varint(data, at)
        if tag & 7 == SECTION:
            size, at = varint(data, at)
            if at + size > end:
                raise WireError("section is longer than what holds it")
            found[tag >> 3] = data[at : at + size].decode()
            at += size
        else:
            at = skip(data, at, tag & 7)
    _check_end(at, end)
    return found


def _check_end(at: int, end: int) -> None:
    if at != end:
        raise WireError("value ends beyond what holds it")
