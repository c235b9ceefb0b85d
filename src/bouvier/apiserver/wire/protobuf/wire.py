"""The protobuf wire format itself: variable-length integers, sections and what to skip.

Positions are indexes into the whole body, which is never copied. A read beyond the end raises IndexError (Python's
own check, free of charge) or WireError; the envelope turns both into a BadRequest.
Source: https://protobuf.dev/programming-guides/encoding/
"""

VARINT, FIXED64, SECTION, FIXED32 = 0, 1, 2, 5
LONGEST_VARINT = 70
"""Bits after ten bytes of seven, the most that a 64-bit number takes."""


class WireError(ValueError):
    """The bytes are not well-formed protobuf."""


def varint(data: bytes, at: int) -> tuple[int, int]:
    """Return the unsigned number at a position, and the position after it."""
    byte = data[at]
    at += 1
    value = byte & 0x7F
    shift = 7
    while byte & 0x80:
        if shift >= LONGEST_VARINT:
            raise WireError("number is longer than ten bytes")
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        shift += 7
    return value, at


def signed(value: int) -> int:
    """Return the two's complement reading of a 64-bit number."""
    value &= 0xFFFFFFFFFFFFFFFF
    return value - (1 << 64) if value >> 63 else value


def fixed64(data: bytes, at: int) -> tuple[int, int]:
    """Return the eight bytes at a position as an unsigned number, and the position after them."""
    return int.from_bytes(data[at : at + 8], "little"), at + 8


def skip(data: bytes, at: int, wire_type: int) -> int:
    """Return the position after a value that is of no interest."""
    if wire_type == VARINT:
        return varint(data, at)[1]
    if wire_type == SECTION:
        size, at = varint(data, at)
        return at + size
    if wire_type == FIXED64:
        return at + 8
    if wire_type == FIXED32:
        return at + 4
    raise WireError(f"wire type {wire_type} is not in use")
