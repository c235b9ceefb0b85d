"""From bytes to frames.

Data is passed on as it arrives, so a data frame of 16 MiB needs no such buffer; control frames are collected, and may
have 64 KiB.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator

from bouvier.apiserver.http.spdy import frames
from bouvier.apiserver.http.spdy.frames import SpdyError
from bouvier.apiserver.http.spdy.headers import BlockReader

MAX_CONTROL_BYTES = 64 * 1024
_HEAD = struct.Struct(">II")
_NUMBER = struct.Struct(">I")
_PAIR = struct.Struct(">II")
_OPENING = struct.Struct(">IIBB")
_STREAM_MASK = frames.MAX_STREAM
"""The highest bit of a stream's number is reserved and ignored."""


_PAIRS: dict[int, Callable[[int, int], frames.Frame]] = {
    frames.RST_STREAM: frames.RstStream,
    frames.GOAWAY: frames.GoAway,
    frames.WINDOW_UPDATE: frames.WindowUpdate,
}


class FrameReader:
    """Decodes the frames of one direction."""

    def __init__(self) -> None:
        self._blocks = BlockReader()
        self._buffer = b""
        self._data_stream = 0
        self._data_left = 0
        """Bytes that are still to come of the data frame that has begun."""
        self._data_fin = False

    def feed(self, data: bytes) -> Iterator[frames.Frame]:
        """Take bytes and yield the frames that they complete; the iterator must be read to its end.

        Raises:
            SpdyError: this is no SPDY/3.1.

        """
        buffer = self._buffer + data if self._buffer else data
        position = 0
        while True:
            frame, used = self._next(buffer, position)
            position += used
            if frame is None:
                break
            yield frame
        self._buffer = buffer[position:]

    def _next(self, buffer: bytes, position: int) -> tuple[frames.Frame | None, int]:
        """Return the next frame and the number of bytes that it took, or None when more must come."""
        if self._data_left:
            return self._piece(buffer, position, 0)
        if len(buffer) - position < _HEAD.size:
            return None, 0
        first, second = _HEAD.unpack_from(buffer, position)
        flags, length = second >> 24, second & frames.MAX_LENGTH
        if not first >> 31:
            self._begin_data(first, flags, length)
            return self._piece(buffer, position + _HEAD.size, _HEAD.size)
        if first >> 16 & 0x7FFF != frames.VERSION or length > MAX_CONTROL_BYTES:
            raise SpdyError("a control frame has another version than 3, or is too long")
        end = position + _HEAD.size + length
        if end > len(buffer):
            return None, 0
        payload = buffer[position + _HEAD.size : end]
        return self._control(first & 0xFFFF, flags, payload), end - position

    def _begin_data(self, stream: int, flags: int, length: int) -> None:
        if not stream:
            raise SpdyError("a data frame names no stream")
        self._data_stream, self._data_left, self._data_fin = stream, length, bool(flags & frames.FLAG_FIN)

    def _piece(self, buffer: bytes, start: int, used: int) -> tuple[frames.Frame | None, int]:
        """Return what is there of the data frame; a frame without content is one empty piece."""
        piece = buffer[start : start + self._data_left]
        if not piece and self._data_left:
            return None, used
        self._data_left -= len(piece)
        fin = self._data_fin and not self._data_left
        return frames.Data(self._data_stream, piece, fin), used + len(piece)

    def _control(self, kind: int, flags: int, payload: bytes) -> frames.Frame:
        try:
            return self._parse(kind, flags, payload)
        except struct.error as error:
            raise SpdyError(f"a control frame of type {kind} has a wrong length") from error

    def _parse(self, kind: int, flags: int, payload: bytes) -> frames.Frame:
        fin = bool(flags & frames.FLAG_FIN)
        match kind:
            case frames.SYN_STREAM:
                return self._syn_stream(flags, payload)
            case frames.SYN_REPLY:
                return frames.SynReply(_stream(payload), self._blocks.unpack(payload[4:]), fin)
            case frames.HEADERS:
                return frames.MoreHeaders(_stream(payload), self._blocks.unpack(payload[4:]), fin)
            case _:
                return _plain(kind, payload)

    def _syn_stream(self, flags: int, payload: bytes) -> frames.SynStream:
        stream, associated, priority, _slot = _OPENING.unpack_from(payload)
        return frames.SynStream(
            stream & _STREAM_MASK,
            self._blocks.unpack(payload[_OPENING.size :]),
            associated & _STREAM_MASK,
            priority >> 5,
            fin=bool(flags & frames.FLAG_FIN),
            unidirectional=bool(flags & frames.FLAG_UNIDIRECTIONAL),
        )


def _stream(payload: bytes) -> int:
    return int(_NUMBER.unpack_from(payload)[0]) & _STREAM_MASK


def _plain(kind: int, payload: bytes) -> frames.Frame:
    """Decode a frame without headers and data."""
    match kind:
        case frames.PING:
            return frames.Ping(_NUMBER.unpack(payload)[0])
        case frames.SETTINGS:
            return _settings(payload)
        case _ if kind in _PAIRS:
            stream, value = _PAIR.unpack(payload)
            return _PAIRS[kind](stream & _STREAM_MASK, value)
        case _:
            raise SpdyError(f"a control frame has the unknown type {kind}")


def _settings(payload: bytes) -> frames.Settings:
    count = _NUMBER.unpack_from(payload)[0]
    entries = [_PAIR.unpack_from(payload, 4 + 8 * index) for index in range(min(count, len(payload) // 8))]
    if len(payload) != 4 + 8 * count:
        raise SpdyError("a settings frame has a wrong length")
    return frames.Settings(tuple((key >> 24, key & frames.MAX_LENGTH, value) for key, value in entries))
