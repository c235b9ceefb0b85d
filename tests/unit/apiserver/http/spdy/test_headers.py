"""Header blocks and the dictionary."""

import contextlib
import struct
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bouvier.apiserver.http.spdy.dictionary import DICTIONARY
from bouvier.apiserver.http.spdy.frames import SpdyError
from bouvier.apiserver.http.spdy.headers import MAX_BLOCK_BYTES, BlockReader, BlockWriter, parse_block, plain_block

NAMES = st.text("abcdefghijklmnopqrstuvwxyz0123456789-:", min_size=1, max_size=20)
VALUES = st.text(st.characters(max_codepoint=255), max_size=60)
BLOCKS = st.dictionaries(NAMES, VALUES, max_size=8)


def test_the_dictionary_is_that_of_the_protocol() -> None:
    """Every implementation's compressed headers begin with this checksum."""
    assert len(DICTIONARY) == 1423
    assert zlib.adler32(DICTIONARY) == 0xE3C6A7C2
    assert BlockWriter().pack({})[2:6] == bytes.fromhex("e3c6a7c2")


@given(st.lists(BLOCKS, max_size=6))
def test_blocks_of_a_connection_come_back(blocks: list[dict[str, str]]) -> None:
    """Blocks packed one after the other are the same when they are unpacked one after the other."""
    writer, reader = BlockWriter(), BlockReader()
    assert [reader.unpack(writer.pack(block)) for block in blocks] == blocks


def test_names_are_small_letters() -> None:
    """A client's spelling of a name does not matter."""
    assert parse_block(plain_block({"StreamType": "data"})) == {"streamtype": "data"}


def test_a_block_that_another_implementation_packed() -> None:
    """Other window sizes and levels are understood."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 15, zdict=DICTIONARY)
    packed = packer.compress(plain_block({"port": "80"})) + packer.flush(zlib.Z_SYNC_FLUSH)
    assert BlockReader().unpack(packed) == {"port": "80"}


def test_a_bomb_is_refused() -> None:
    """A small block that unpacks to a large one ends the connection instead of filling the memory."""
    with pytest.raises(SpdyError, match="larger than"):
        BlockReader().unpack(BlockWriter().pack({"a": "x" * MAX_BLOCK_BYTES}))


@given(st.binary(max_size=80))
def test_any_bytes_are_read_or_refused(raw: bytes) -> None:
    """Nonsense raises the one error that ends a connection in order."""
    for read in (parse_block, BlockReader().unpack):
        with contextlib.suppress(SpdyError):
            read(raw)


@pytest.mark.parametrize(
    "plain",
    [
        b"",
        struct.pack(">I", 1),
        struct.pack(">II", 1, 9) + b"short",
        plain_block({"a": "1"}) + b"x",
        struct.pack(">I", 2) + plain_block({"a": "1"})[4:] * 2,
        struct.pack(">III", 1, 0, 0),
        struct.pack(">I", 0xFFFFFFFF),
    ],
)
def test_a_wrong_block_is_refused(plain: bytes) -> None:
    """Lengths that do not fit, repeated and empty names are errors."""
    with pytest.raises(SpdyError):
        parse_block(plain)
