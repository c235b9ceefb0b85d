"""Readers of messages, made from the table on first use of each kind.

A reader holds two dictionaries keyed by the whole tag (field number and wire type), so a field costs one lookup and one
call. Of all messages only JSON schemas contain themselves; how deep they nest is bounded by Python's own limit on calls,
some 150 levels, and the envelope turns its error into a BadRequest.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from bouvier.apiserver.wire.protobuf import values
from bouvier.apiserver.wire.protobuf.table import Field, fields_of, table
from bouvier.apiserver.wire.protobuf.values import ValueReader
from bouvier.apiserver.wire.protobuf.wire import FIXED64, SECTION, VARINT, WireError, fixed64, signed, skip, varint

SectionReader = Callable[[bytes, int, int, dict[str, Any]], None]
NumberReader = Callable[[int, dict[str, Any]], None]

_NUMBERS = {"int": VARINT, "bool": VARINT, "double": FIXED64}
"""Wire type of each type that is a number on the wire."""
_NUMBER_LISTS = ("[]int", "[]bool")
_VALUE_READERS: dict[str, ValueReader] = {
    "string": values.text,
    "bytes": values.base64,
    "json": values.json,
    "time": values.time,
    "micro-time": values.micro_time,
    "quantity": values.quantity,
    "int-or-string": values.int_or_string,
}


class Message:
    """The reader of one message."""

    __slots__ = ("name", "numbers", "sections")

    def __init__(self, name: str) -> None:
        self.name = name
        self.numbers: dict[int, NumberReader] = {}
        self.sections: dict[int, SectionReader] = {}

    def read(self, data: bytes, at: int, end: int, out: dict[str, Any]) -> None:
        """Read the fields between two positions into `out`; unknown field numbers are skipped."""
        sections, numbers = self.sections, self.numbers
        while at < end:
            tag = data[at]
            at += 1
            if tag & 0x80:
                tag, at = varint(data, at - 1)
            if tag & 7 == SECTION:
                stop = data[at]
                at += 1
                if stop & 0x80:
                    stop, at = varint(data, at - 1)
                stop += at
                if stop > end:
                    raise WireError(f"a field of {self.name} is longer than what holds it")
                if tag in sections:
                    sections[tag](data, at, stop, out)
                at = stop
            elif tag & 7 == VARINT:
                value, at = varint(data, at)
                if tag in numbers:
                    numbers[tag](value, out)
            elif tag & 7 == FIXED64 and tag in numbers:
                value, at = fixed64(data, at)
                numbers[tag](value, out)
            else:
                at = skip(data, at, tag & 7)
        if at != end:
            raise WireError(f"{self.name} ends in the middle of a field")

    def value(self, data: bytes, start: int, end: int) -> dict[str, Any]:
        """Return a section read as this message."""
        out: dict[str, Any] = {}
        self.read(data, start, end, out)
        return out


_readers: dict[str, Message] = {}


def message(name: str) -> Message:
    """Return the reader of a message of the table, such as `core.Pod`."""
    reader = _readers.get(name)
    if reader is None:
        reader = _readers[name] = Message(name)  # kept before its fields are known: they may hold it again
        for field in fields_of(name):
            _add(reader, field)
    return reader


def _add(reader: Message, field: Field) -> None:
    if field.type in _NUMBERS:
        reader.numbers[field.number << 3 | _NUMBERS[field.type]] = _number(field)
        return
    reader.sections[field.number << 3 | SECTION] = _section(field)
    if field.type in _NUMBER_LISTS:
        reader.numbers[field.number << 3 | VARINT] = _append_number(field)


def _number(field: Field) -> NumberReader:
    name, keeps_zero, convert = field.name, field.keeps_zero, _number_of(field)

    def read(value: int, out: dict[str, Any]) -> None:
        if value or keeps_zero:
            out[name] = convert(value)

    return read


def _number_of(field: Field) -> Callable[[int], float]:
    if field.type == "double":
        return values.double
    return bool if field.type.endswith("bool") else signed


def _append_number(field: Field) -> NumberReader:
    name, convert = field.name, _number_of(field)

    def read(value: int, out: dict[str, Any]) -> None:
        out.setdefault(name, []).append(convert(value))

    return read


def _section(field: Field) -> SectionReader:
    if field.name == "...":
        return message(field.type).read
    if field.type in _NUMBER_LISTS:
        return _packed_numbers(field)
    if field.type.startswith("[]"):
        return _append(field.name, _value_reader(field.type[2:]))
    if field.type.startswith("{}"):
        return _map_entry(field.name, _value_reader(field.type[2:]))
    if field.type == "string":
        return _text(field.name, keeps_zero=field.keeps_zero)
    return _single(field.name, _value_reader(field.type), keeps_zero=field.keeps_zero)


def _value_reader(type_: str) -> ValueReader:
    if type_.startswith("items("):
        return _items(_value_reader(type_[len("items(") : -1]))
    if type_ in _VALUE_READERS:
        return _VALUE_READERS[type_]
    return _either(type_) if type_ in table().choices else message(type_).value


def _text(name: str, *, keeps_zero: bool) -> SectionReader:
    def read(data: bytes, start: int, end: int, out: dict[str, Any]) -> None:
        if start != end or keeps_zero:
            out[name] = data[start:end].decode()

    return read


def _single(name: str, value_of: ValueReader, *, keeps_zero: bool) -> SectionReader:
    def read(data: bytes, start: int, end: int, out: dict[str, Any]) -> None:
        value = value_of(data, start, end)
        if value or (keeps_zero and value is not None):
            out[name] = value

    return read


def _append(name: str, value_of: ValueReader) -> SectionReader:
    def read(data: bytes, start: int, end: int, out: dict[str, Any]) -> None:
        out.setdefault(name, []).append(value_of(data, start, end))

    return read


def _packed_numbers(field: Field) -> SectionReader:
    append = _append_number(field)

    def read(data: bytes, start: int, end: int, out: dict[str, Any]) -> None:
        while start < end:
            value, start = varint(data, start)
            append(value, out)

    return read


def _map_entry(name: str, value_of: ValueReader) -> SectionReader:
    """Return a reader of map entries: messages with the key as field 1 and the value as field 2."""
    entry = Message(name)
    entry.sections[1 << 3 | SECTION] = _text("key", keeps_zero=True)
    entry.sections[2 << 3 | SECTION] = _single("value", value_of, keeps_zero=True)

    def read(data: bytes, start: int, end: int, out: dict[str, Any]) -> None:
        pair = entry.value(data, start, end)
        value = pair["value"] if "value" in pair else value_of(b"", 0, 0)
        out.setdefault(name, {})[pair.get("key", "")] = value

    return read


def _items(value_of: ValueReader) -> ValueReader:
    """Return a reader of lists that are wrapped in a message, as field 1."""
    wrapper = Message("items")
    wrapper.sections[1 << 3 | SECTION] = _append("items", value_of)

    def read(data: bytes, start: int, end: int) -> list[Any]:
        items: list[Any] = wrapper.value(data, start, end).get("items", [])
        return items

    return read


def _either(name: str) -> ValueReader:
    """Return a reader of messages that stand for the last of their fields that is there."""
    reader, names = message(name), [field.name for field in reversed(fields_of(name))]

    def read(data: bytes, start: int, end: int) -> Any:
        found = reader.value(data, start, end)
        return next((found[one] for one in names if one in found), None)

    return read
