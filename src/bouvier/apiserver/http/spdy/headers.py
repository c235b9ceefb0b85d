"""Header blocks: name and value pairs, compressed over the whole life of a connection.

Each direction is one zlib stream, flushed after every block, so blocks must be read in the order in which they came.
Source: SPDY draft 3.1, section 2.6.10 Name/Value Header Block
"""

from __future__ import annotations

import struct
import zlib

from bouvier.apiserver.http.spdy.dictionary import DICTIONARY
from bouvier.apiserver.http.spdy.frames import Block, SpdyError

MAX_BLOCK_BYTES = 64 * 1024
"""Of a block when it is unpacked; a few small headers are usual. Keeps a compressed bomb from growing."""
_WINDOW_BITS = 11
_MEMORY_LEVEL = 1
"""A window of 2 KiB covers the dictionary, and a block has 100 bytes: more would only take memory."""
_COUNT = struct.Struct(">I")


class BlockWriter:
    """Packs the blocks of one direction."""

    def __init__(self) -> None:
        self._zlib = zlib.compressobj(
            zlib.Z_BEST_COMPRESSION, zlib.DEFLATED, _WINDOW_BITS, _MEMORY_LEVEL, zdict=DICTIONARY
        )

    def pack(self, headers: Block) -> bytes:
        """Return the compressed block."""
        return self._zlib.compress(plain_block(headers)) + self._zlib.flush(zlib.Z_SYNC_FLUSH)


class BlockReader:
    """Unpacks the blocks of one direction."""

    def __init__(self) -> None:
        self._zlib = zlib.decompressobj(zdict=DICTIONARY)

    def unpack(self, packed: bytes) -> Block:
        """Return the headers of a compressed block.

        Raises:
            SpdyError: it cannot be read, or is too large.

        """
        try:
            plain = self._zlib.decompress(packed, MAX_BLOCK_BYTES + 1)
        except zlib.error as error:
            raise SpdyError(f"a header block cannot be unpacked: {error}") from error
        if len(plain) > MAX_BLOCK_BYTES:
            raise SpdyError(f"a header block is larger than {MAX_BLOCK_BYTES} bytes")
        return parse_block(plain)


def plain_block(headers: Block) -> bytes:
    """Return a block before its compression."""
    parts = [_COUNT.pack(len(headers))]
    for pair in headers.items():
        for text in pair:
            raw = text.encode("latin-1", "replace")
            parts += (_COUNT.pack(len(raw)), raw)
    return b"".join(parts)


def parse_block(plain: bytes) -> Block:
    """Return the headers of an unpacked block; names are turned into small letters.

    Raises:
        SpdyError: lengths and content do not fit.

    """
    count, position = _number(plain, 0)
    headers: Block = {}
    for _ in range(count):
        name, position = _text(plain, position)
        value, position = _text(plain, position)
        if not name or name.lower() in headers:
            raise SpdyError("a header block has an empty or repeated name")
        headers[name.lower()] = value
    if position != len(plain):
        raise SpdyError("a header block is longer than its headers")
    return headers


def _number(plain: bytes, position: int) -> tuple[int, int]:
    if position + _COUNT.size > len(plain):
        raise SpdyError("a header block is cut short")
    return _COUNT.unpack_from(plain, position)[0], position + _COUNT.size


def _text(plain: bytes, position: int) -> tuple[str, int]:
    length, start = _number(plain, position)
    end = start + length
    if end > len(plain):
        raise SpdyError("a header block is cut short")
    return plain[start:end].decode("latin-1"), end
