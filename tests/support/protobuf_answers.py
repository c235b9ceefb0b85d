"""Reading what a server answers as protobuf: lists and watch events; single objects are read as bodies are."""

from bouvier.apiserver.wire.protobuf import envelope
from bouvier.apiserver.wire.protobuf.messages import message
from bouvier.apiserver.wire.protobuf.table import fields_of, table
from bouvier.apiserver.wire.protobuf.wire import SECTION, WireError, varint

LENGTH_BYTES = 4


def items_of(body, name):
    """Return apiVersion and kind, metadata and items of a list whose items are messages of that name."""
    sections = sections_of(body[len(envelope.MAGIC) :])
    (type_meta,), (raw,) = sections[1], sections[2]
    names = sections_of(type_meta)
    parts = sections_of(raw)
    metadata = message("meta.ListMeta").value(parts[1][0], 0, len(parts[1][0]))
    items = [message(name).value(one, 0, len(one)) for one in parts.get(2, ())]
    return (names[1][0].decode(), names[2][0].decode()), metadata, items


def events_of(stream):
    """Return the watch events in whole frames."""
    events = []
    while stream:
        size = int.from_bytes(stream[:LENGTH_BYTES], "big")
        frame, stream = stream[LENGTH_BYTES : LENGTH_BYTES + size], stream[LENGTH_BYTES + size :]
        if len(frame) < size:
            raise WireError("the last frame is not whole")
        parts = sections_of(frame)
        extension = sections_of(parts[2][0])
        events.append({"type": parts[1][0].decode(), "object": envelope.decode(extension[1][0])})
    return events


def sections_of(data):
    """Return the sections of a message that has nothing else, by field number."""
    found, at = {}, 0
    while at < len(data):
        tag, at = varint(data, at)
        assert tag & 7 == SECTION
        size, at = varint(data, at)
        found.setdefault(tag >> 3, []).append(data[at : at + size])
        at += size
    return found


def without_empties(api_version, kind, obj):
    """Return an object without what protobuf cannot say: lists, maps and texts that are empty, null, zeros of no account."""
    name = table().kinds[api_version, kind]
    return {"apiVersion": api_version, "kind": kind, **_message(name, obj)}


def _message(name, obj):
    known = {}
    for field in fields_of(name):
        if field.name == "...":
            known |= _message(field.type, obj)
        elif field.name in obj:
            value = _value(field.type, obj[field.name])
            if value or (field.keeps_zero and value is not None):
                known[field.name] = value
    return known


def _value(type_, value):
    if value is None or type_ in table().choices or type_ not in table().messages:
        if isinstance(value, dict) and type_.startswith("{}"):
            return {key: _value(type_[2:], one) for key, one in value.items()}
        if isinstance(value, list) and type_.startswith("[]"):
            return [_value(type_[2:], one) for one in value]
        return value
    return _message(type_, value)
