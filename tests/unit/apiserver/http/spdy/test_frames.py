"""Frames to bytes and back."""

import contextlib
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bouvier.apiserver.http.spdy import frames
from bouvier.apiserver.http.spdy.frames import SpdyError
from bouvier.apiserver.http.spdy.reader import MAX_CONTROL_BYTES, FrameReader
from bouvier.apiserver.http.spdy.writer import FrameWriter

STREAMS = st.integers(1, frames.MAX_STREAM)
WORDS = st.integers(0, 0xFFFFFFFF)
BLOCKS = st.dictionaries(st.text("abc-", min_size=1, max_size=8), st.text("xyz\0", max_size=20), max_size=3)
SETTING = st.tuples(st.integers(0, 255), st.integers(0, frames.MAX_LENGTH), WORDS)
CONTROL = st.one_of(
    st.builds(
        frames.SynStream,
        STREAMS,
        BLOCKS,
        associated=st.integers(0, frames.MAX_STREAM),
        priority=st.integers(0, 7),
        fin=st.booleans(),
        unidirectional=st.booleans(),
    ),
    st.builds(frames.SynReply, STREAMS, BLOCKS, st.booleans()),
    st.builds(frames.MoreHeaders, STREAMS, BLOCKS, st.booleans()),
    st.builds(frames.RstStream, STREAMS, WORDS),
    st.builds(frames.Settings, st.lists(SETTING, max_size=3).map(tuple)),
    st.builds(frames.Ping, WORDS),
    st.builds(frames.GoAway, st.integers(0, frames.MAX_STREAM), WORDS),
    st.builds(frames.WindowUpdate, st.integers(0, frames.MAX_STREAM), WORDS),
)
DATA = st.builds(frames.Data, STREAMS, st.binary(max_size=50), st.booleans())


def joined(pieces: list[frames.Frame], sent: list[frames.Frame]) -> list[frames.Frame]:
    """Put the pieces of each data frame together again, knowing how long the frames were."""
    whole, rest = [], list(pieces)
    for frame in sent:
        piece = rest.pop(0)
        while isinstance(frame, frames.Data) and len(piece.data) < len(frame.data):
            more = rest.pop(0)
            assert not piece.fin
            piece = frames.Data(piece.stream, piece.data + more.data, more.fin)
        whole.append(piece)
    return whole + rest


@given(st.lists(CONTROL | DATA, max_size=8), st.lists(st.integers(1, 30), max_size=40))
def test_frames_come_back_however_they_are_cut(sent: list[frames.Frame], sizes: list[int]) -> None:
    """What is written is read, whatever the pieces in which it arrives."""
    writer, reader = FrameWriter(), FrameReader()
    wire = b"".join(writer.encode(frame) for frame in sent)
    received: list[frames.Frame] = []
    for size in sizes:
        received += reader.feed(wire[:size])
        wire = wire[size:]
    received += reader.feed(wire)
    assert joined(received, sent) == sent


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(raw: bytes) -> None:
    """Nonsense raises the one error that ends a connection in order."""
    with contextlib.suppress(SpdyError):
        list(FrameReader().feed(raw))


def test_the_layout_of_frames() -> None:
    """Examples worked out by hand from the protocol's figures."""
    encode = FrameWriter().encode
    assert encode(frames.Ping(7)) == bytes.fromhex("80030006 00000004 00000007")
    assert encode(frames.RstStream(5, frames.CANCEL)) == bytes.fromhex("80030003 00000008 00000005 00000005")
    assert encode(frames.Data(3, b"ab", fin=True)) == bytes.fromhex("00000003 01000002 6162")
    assert encode(frames.Settings(((1, 4, 100),))) == bytes.fromhex("80030004 0000000c 00000001 01000004 00000064")


def test_a_long_data_frame_is_passed_on_in_pieces() -> None:
    """No frame has to be held as a whole, and only its last piece ends the stream."""
    reader = FrameReader()
    head = struct.pack(">II", 1, frames.FLAG_FIN << 24 | 1000)
    assert list(reader.feed(head)) == []
    assert list(reader.feed(b"x" * 400)) == [frames.Data(1, b"x" * 400)]
    assert list(reader.feed(b"y" * 600)) == [frames.Data(1, b"y" * 600, fin=True)]


@pytest.mark.parametrize(
    "raw",
    [
        bytes.fromhex("80020006 00000004 00000001"),
        bytes.fromhex("80030005 00000004 00000001"),
        bytes.fromhex("80030006 00000003 000001"),
        bytes.fromhex("80030004 00000004 00000002"),
        bytes.fromhex("80030001 00000002 0000"),
        bytes.fromhex("00000000 00000000"),
        struct.pack(">II", 0x80030001, MAX_CONTROL_BYTES + 1),
    ],
)
def test_what_is_no_frame_is_refused(raw: bytes) -> None:
    """Other versions, unknown types, wrong lengths and data of no stream end the connection."""
    with pytest.raises(SpdyError):
        list(FrameReader().feed(raw))
