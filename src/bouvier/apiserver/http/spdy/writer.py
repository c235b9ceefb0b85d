"""From frames to bytes."""

from __future__ import annotations

import struct

from bouvier.apiserver.http.spdy import frames
from bouvier.apiserver.http.spdy.headers import BlockWriter

_HEAD = struct.Struct(">II")
_NUMBER = struct.Struct(">I")
_PAIR = struct.Struct(">II")
_OPENING = struct.Struct(">IIBB")
_CONTROL = 1 << 31 | frames.VERSION << 16


class FrameWriter:
    """Encodes the frames of one direction; the order of calls must be that of the wire."""

    def __init__(self) -> None:
        self._blocks = BlockWriter()

    def encode(self, frame: frames.Frame) -> bytes:
        """Return a frame's bytes."""
        match frame:
            case frames.Data(stream, data, fin):
                return data_head(stream, len(data), fin=fin) + data
            case frames.SynStream():
                return self._syn_stream(frame)
            case frames.SynReply(stream, headers, fin):
                return self._with_block(frames.SYN_REPLY, stream, headers, fin=fin)
            case frames.MoreHeaders(stream, headers, fin):
                return self._with_block(frames.HEADERS, stream, headers, fin=fin)
            case _:
                return _plain(frame)

    def _syn_stream(self, frame: frames.SynStream) -> bytes:
        flags = frame.fin * frames.FLAG_FIN | frame.unidirectional * frames.FLAG_UNIDIRECTIONAL
        opening = _OPENING.pack(frame.stream, frame.associated, frame.priority << 5, 0)
        return _control(frames.SYN_STREAM, opening + self._blocks.pack(frame.headers), flags)

    def _with_block(self, kind: int, stream: int, headers: frames.Block, *, fin: bool) -> bytes:
        return _control(kind, _NUMBER.pack(stream) + self._blocks.pack(headers), fin * frames.FLAG_FIN)


def data_head(stream: int, length: int, *, fin: bool) -> bytes:
    """Return what stands before the bytes of a data frame."""
    return _HEAD.pack(stream, fin * frames.FLAG_FIN << 24 | length)


def _control(kind: int, payload: bytes, flags: int = 0) -> bytes:
    return _HEAD.pack(_CONTROL | kind, flags << 24 | len(payload)) + payload


def _plain(frame: frames.Frame) -> bytes:
    """Encode a frame without headers and data."""
    match frame:
        case frames.RstStream(stream, reason):
            return _control(frames.RST_STREAM, _PAIR.pack(stream, reason))
        case frames.Ping(number):
            return _control(frames.PING, _NUMBER.pack(number))
        case frames.GoAway(stream, reason):
            return _control(frames.GOAWAY, _PAIR.pack(stream, reason))
        case frames.WindowUpdate(stream, delta):
            return _control(frames.WINDOW_UPDATE, _PAIR.pack(stream, delta))
        case frames.Settings(values):
            entries = [_PAIR.pack(flags << 24 | key, value) for flags, key, value in values]
            return _control(frames.SETTINGS, _NUMBER.pack(len(values)) + b"".join(entries))
        case _:
            raise TypeError(f"no plain frame: {frame!r}")
