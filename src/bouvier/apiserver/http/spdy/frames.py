"""Frames as values.

A control frame starts with the bit 1, fifteen bits of version, sixteen of type; a data frame with the bit 0 and its
stream's number. Eight bits of flags and twenty-four of length follow in both.
Source: SPDY draft 3.1, section 2.2 Framing
"""

from __future__ import annotations

from dataclasses import dataclass, field

VERSION = 3
MAX_LENGTH = (1 << 24) - 1
"""Of a frame, by the width of its length field."""
MAX_STREAM = (1 << 31) - 1

SYN_STREAM, SYN_REPLY, RST_STREAM, SETTINGS, PING, GOAWAY, HEADERS, WINDOW_UPDATE = 1, 2, 3, 4, 6, 7, 8, 9
FLAG_FIN = 0x01
FLAG_UNIDIRECTIONAL = 0x02

PROTOCOL_ERROR, REFUSED_STREAM, CANCEL, INTERNAL_ERROR = 1, 3, 5, 6
"""Reasons of RST_STREAM that are used here."""
GOAWAY_OK, GOAWAY_PROTOCOL_ERROR = 0, 1

Block = dict[str, str]
"""Headers by name in small letters; several values of one name are joined by NUL, as on the wire."""


class SpdyError(Exception):
    """What came is no SPDY/3.1; the connection cannot go on."""


@dataclass(frozen=True, slots=True)
class SynStream:
    """Opens a stream; the number is odd from a client, even from a server."""

    stream: int
    headers: Block = field(default_factory=dict)
    associated: int = 0
    priority: int = 0
    """0 is the highest, 7 the lowest."""
    fin: bool = False
    unidirectional: bool = False


@dataclass(frozen=True, slots=True)
class SynReply:
    """Accepts a stream."""

    stream: int
    headers: Block = field(default_factory=dict)
    fin: bool = False


@dataclass(frozen=True, slots=True)
class RstStream:
    """Ends both directions of a stream at once."""

    stream: int
    reason: int


@dataclass(frozen=True, slots=True)
class Settings:
    """Wishes as (flags, id, value)."""

    values: tuple[tuple[int, int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Ping:
    """Asks for the same frame back; the asker's numbers are odd from a client, even from a server."""

    number: int


@dataclass(frozen=True, slots=True)
class GoAway:
    """No further stream will be taken."""

    last_stream: int
    reason: int = GOAWAY_OK


@dataclass(frozen=True, slots=True)
class MoreHeaders:
    """Further headers of an open stream."""

    stream: int
    headers: Block = field(default_factory=dict)
    fin: bool = False


@dataclass(frozen=True, slots=True)
class WindowUpdate:
    """The peer is ready for so many more bytes; stream 0 is the whole connection."""

    stream: int
    delta: int


@dataclass(frozen=True, slots=True)
class Data:
    """Bytes of a stream. A long frame arrives as several of these; `fin` is on the last."""

    stream: int
    data: bytes
    fin: bool = False


Frame = SynStream | SynReply | RstStream | Settings | Ping | GoAway | MoreHeaders | WindowUpdate | Data
