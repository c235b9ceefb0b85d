"""Writers of messages, made from the table on first use of each kind: the other direction of `messages`.

Fields are written in the order of their numbers and the entries of maps in the order of their keys, so that equal
objects are equal bytes. What is not set is left out, and so is a zero where the table does not say that it counts; what
the table does not know (apiVersion and kind, which the envelope has) is left out too.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from bouvier.apiserver.wire.protobuf import written_values as values
from bouvier.apiserver.wire.protobuf.table import Field, fields_of, table
from bouvier.apiserver.wire.protobuf.wire import FIXED64, SECTION, VARINT
from bouvier.apiserver.wire.protobuf.written_values import ValueWriter, section, tag
from bouvier.util.varints import varint

FieldWriter = Callable[[Any], bytes]
"""From a field's value in JSON to the whole field, tag and all."""

_VALUE_WRITERS: dict[str, ValueWriter] = {
    "string": values.text,
    "bytes": values.base64,
    "json": values.json,
    "time": values.time,
    "micro-time": values.micro_time,
    "quantity": values.quantity,
    "int-or-string": values.int_or_string,
}
_KEY, _VALUE, _ITEM = tag(1, SECTION), tag(2, SECTION), tag(1, SECTION)


class MessageWriter:
    """The writer of one message."""

    __slots__ = ("fields", "name")

    def __init__(self, name: str) -> None:
        self.name = name
        self.fields: list[tuple[str, bool, FieldWriter]] = []
        """Name, whether zero counts, and writer of each field."""

    def write(self, obj: Mapping[str, Any] | None) -> bytes:
        """Return an object as this message."""
        if not obj:
            return b""
        parts = []
        for name, keeps_zero, write in self.fields:
            value = obj if name == "..." else obj.get(name)
            if value or (keeps_zero and value is not None):
                parts.append(write(value))
        return b"".join(parts)


_writers: dict[str, MessageWriter] = {}


def message_writer(name: str) -> MessageWriter:
    """Return the writer of a message of the table, such as `core.Pod`."""
    writer = _writers.get(name)
    if writer is None:
        writer = _writers[name] = MessageWriter(name)  # kept before its fields are known: they may hold it again
        for field in sorted(fields_of(name)):
            writer.fields.append((field.name, field.keeps_zero, _field_writer(field)))
    return writer


def _field_writer(field: Field) -> FieldWriter:
    type_ = field.type
    if type_.startswith("[]"):
        return _list(_field_writer(field._replace(type=type_[2:], name="")))
    if type_.startswith("{}"):
        return _map(tag(field.number, SECTION), _value_writer(type_[2:]))
    if type_ in ("int", "bool"):
        return _number(tag(field.number, VARINT))
    if type_ == "double":
        head = tag(field.number, FIXED64)
        return lambda value: head + values.double(value)
    if field.name == "...":
        return _embedded(tag(field.number, SECTION), message_writer(type_))
    return _section(tag(field.number, SECTION), _value_writer(type_))


def _value_writer(type_: str) -> ValueWriter:
    if type_.startswith("items("):
        write = _list(_section(_ITEM, _value_writer(type_[len("items(") : -1])))
        return lambda items: write(items or ())
    if type_ in _VALUE_WRITERS:
        return _VALUE_WRITERS[type_]
    return _either(type_) if type_ in table().choices else message_writer(type_).write


def _number(head: bytes) -> FieldWriter:
    return lambda value: head + varint(int(value))


def _section(head: bytes, write: ValueWriter) -> FieldWriter:
    return lambda value: section(head, write(value))


def _list(write: FieldWriter) -> FieldWriter:
    return lambda items: b"".join([write(item) for item in items])


def _map(head: bytes, write: ValueWriter) -> FieldWriter:
    """Return a writer of map entries: messages with the key as field 1 and the value as field 2."""

    def entry(key: str, value: Any) -> bytes:
        return section(head, section(_KEY, key.encode()) + section(_VALUE, write(value)))

    return lambda pairs: b"".join([entry(key, pairs[key]) for key in sorted(pairs)])


def _embedded(head: bytes, inner: MessageWriter) -> FieldWriter:
    """Return a writer of a message whose fields JSON has in the object around it."""

    def write(obj: Mapping[str, Any]) -> bytes:
        content = inner.write(obj)
        return section(head, content) if content else b""

    return write


def _either(name: str) -> ValueWriter:
    """Return a writer of messages that stand for one of their fields: the one of the value's own form."""
    fields = fields_of(name)
    writers = {_form(field.type): _field_writer(field) for field in fields}
    allows = writers.get(bool)
    # A schema in the place of a "may there be more" allows more, and the original says so too.
    before_schema = allows(1) if allows else b""

    def write(value: Any) -> bytes:
        content = writers[type(value)](value)
        return before_schema + content if type(value) is dict else content

    return write


def _form(type_: str) -> type:
    if type_ == "bool":
        return bool
    return list if type_.startswith("[]") else dict
