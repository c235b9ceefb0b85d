"""A few lines that write protobuf, so that tests make bodies field by field."""

from bouvier.apiserver.wire.protobuf.envelope import MAGIC


def varint(value):
    value &= 0xFFFFFFFFFFFFFFFF
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def number(field, value):
    return varint(field << 3) + varint(value)


def section(field, *parts):
    content = b"".join(part.encode() if isinstance(part, str) else part for part in parts)
    return varint(field << 3 | 2) + varint(len(content)) + content


def body(api_version, kind, *parts):
    type_meta = section(1, section(1, api_version), section(2, kind))
    return MAGIC + type_meta + section(2, *parts) + section(3) + section(4)
