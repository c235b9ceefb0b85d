"""What a program or library needs to run: the names in its dynamic section, and its interpreter.

Source: System V ABI, chapter 5; only the 64-bit form in the host's byte order, which is all that is built here.
"""

from __future__ import annotations

import struct

_PT_LOAD, _PT_DYNAMIC, _PT_INTERP = 1, 2, 3
_DT_NEEDED, _DT_STRTAB = 1, 5
_IDENT = b"\x7fELF\x02\x01"
"""Magic, 64 bits, little endian."""


def needed(content: bytes) -> list[str]:
    """Return the names of the shared objects that a file asks for, its interpreter's name among them; none for other files."""
    if not content.startswith(_IDENT):
        return []
    segments = _segments(content)
    names: list[str] = []
    for kind, offset, _address, size in segments:
        if kind == _PT_INTERP:
            names.append(content[offset : offset + size].rstrip(b"\0").decode().rpartition("/")[2])
        elif kind == _PT_DYNAMIC:
            names += _names(content, segments, offset, size)
    return names


def _segments(content: bytes) -> list[tuple[int, int, int, int]]:
    """Return kind, offset, address and size of each program header."""
    (table,) = struct.unpack_from("<Q", content, 32)
    entry_size, count = struct.unpack_from("<HH", content, 54)
    found = []
    for index in range(count):
        kind, _flags, offset, address, _physical, size = struct.unpack_from(
            "<IIQQQQ", content, table + index * entry_size
        )
        found.append((kind, offset, address, size))
    return found


def _names(content: bytes, segments: list[tuple[int, int, int, int]], offset: int, size: int) -> list[str]:
    entries = [struct.unpack_from("<qQ", content, offset + at) for at in range(0, size, 16)]
    table = next((value for tag, value in entries if tag == _DT_STRTAB), 0)
    strings = next(
        (
            at + table - start
            for kind, at, start, length in segments
            if kind == _PT_LOAD and start <= table < start + length
        ),
        0,
    )
    names = []
    for tag, value in entries:
        if tag == _DT_NEEDED:
            start = strings + value
            names.append(content[start : content.index(b"\0", start)].decode())
    return names
