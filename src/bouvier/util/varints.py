"""Numbers of variable length, as protobuf writes them.

Source: https://protobuf.dev/programming-guides/encoding/#varints
"""

from __future__ import annotations

_SHORT = [bytes([number]) for number in range(128)]
_ANY_64_BITS = 0xFFFFFFFFFFFFFFFF


def varint(number: int) -> bytes:
    """Return a number; a negative one in ten bytes, as its complement of two in 64 bits."""
    if 0 <= number < len(_SHORT):
        return _SHORT[number]
    number &= _ANY_64_BITS
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)
