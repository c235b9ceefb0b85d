"""Reading the answers of other name servers: how long they hold, and the addresses in them. Pure."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import NamedTuple

from bouvier.network.dns import wire

_FIXED = struct.Struct("!HHIH")


class Record(NamedTuple):
    """Where a record lies in a packet."""

    kind: int
    ttl_seconds: int
    ttl_offset: int
    data: bytes


def records(packet: bytes) -> Iterator[Record]:
    """Yield the records of all sections but EDNS, which is none.

    Raises:
        MalformedError: the packet is cut off.
    """
    _, _, questions, *counts = struct.unpack_from("!HHHHHH", packet)
    offset = wire.HEADER_BYTES
    try:
        for _ in range(questions):
            offset = _skip_name(packet, offset) + 4
        for _ in range(sum(counts)):
            offset = _skip_name(packet, offset)
            kind, _, ttl, length = _FIXED.unpack_from(packet, offset)
            data = packet[offset + _FIXED.size : offset + _FIXED.size + length]
            if len(data) != length:
                raise wire.MalformedError("a record is cut off")
            if kind != wire.OPT:
                yield Record(kind, ttl, offset + 4, data)
            offset += _FIXED.size + length
    except (IndexError, struct.error) as error:
        raise wire.MalformedError("the packet is cut off") from error


def aged(packet: bytes, seconds: int) -> bytes:
    """Return an answer whose records hold for so much less long, but at least a second."""
    changed = bytearray(packet)
    for found in records(packet):
        struct.pack_into("!I", changed, found.ttl_offset, max(1, found.ttl_seconds - seconds))
    return bytes(changed)


def _skip_name(packet: bytes, offset: int) -> int:
    while True:
        length = packet[offset]
        if length == 0:
            return offset + 1
        if length & 0xC0:
            return offset + 2
        offset += 1 + length
