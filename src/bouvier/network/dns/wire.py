"""The DNS wire format, as far as precompiled answers need it. Pure.

An answer is kept as the records behind the question; the name in each record is a pointer to the question's name
(0xC00C), so that the same bytes answer however the client spelled its letters.
Source: RFC 1035, RFC 2782 (SRV), RFC 6891 (EDNS).
"""

from __future__ import annotations

import struct
from ipaddress import IPv4Address
from typing import NamedTuple

A, NS, CNAME, SOA, PTR, TXT, AAAA, SRV, OPT = 1, 2, 5, 6, 12, 16, 28, 33, 41
INTERNET = 1
NO_ERROR, FORMAT_ERROR, SERVER_FAILURE, NO_SUCH_NAME, NOT_IMPLEMENTED, REFUSED = 0, 1, 2, 3, 4, 5

HEADER_BYTES = 12
PLAIN_UDP_BYTES = 512
"""Largest answer over UDP to a client that does not say what it can take (RFC 1035, 4.2.1)."""
EDNS_UDP_BYTES = 1232
"""Largest answer over UDP to one that does: never fragmented (DNS flag day 2020)."""
TTL_SECONDS = 5
"""How long clients may keep an answer of ours: endpoints change quickly, and asking again is cheap."""

POINTER_TO_QUESTION = b"\xc0\x0c"
ADDRESS_RECORD_BYTES = 16
"""Two for the name, ten for type, class, time and length, four for the address."""
ADDRESS_RECORD_START = POINTER_TO_QUESTION + b"\0\1"
EDNS_BYTES = 11
"""Length of the EDNS record that says what we can take."""
_RECORD = struct.Struct("!HHIH")
_HEADER = struct.Struct("!HHHHHH")

RESPONSE, AUTHORITATIVE, TRUNCATED, RECURSION_WANTED, RECURSION_AVAILABLE = 0x8000, 0x0400, 0x0200, 0x0100, 0x0080


Section = tuple[bytes, int]
"""Packed records and their number."""
_NOTHING: Section = (b"", 0)


class Question(NamedTuple):
    """The question of a query, and what matters of the rest."""

    identity: int
    flags: int
    question: bytes
    """The bytes between header and further records, in the client's spelling: name, type, class."""
    udp_bytes: int
    """Largest answer that the client takes over UDP."""
    has_edns: bool

    @property
    def name(self) -> bytes:
        """Return the name in wire form, in lower case."""
        return self.question[:-4].lower()

    @property
    def kind(self) -> int:
        """Return the record type asked for."""
        return int.from_bytes(self.question[-4:-2], "big")


class MalformedError(ValueError):
    """A packet that is not a query which can be answered."""


def parse_query(packet: bytes) -> Question:
    """Return the question of a query.

    Raises:
        MalformedError: there is not exactly one whole question.
    """
    if len(packet) < HEADER_BYTES + 5:
        raise MalformedError("too short")
    identity, flags, questions, _, _, extra = _HEADER.unpack_from(packet)
    if flags & RESPONSE or questions != 1:
        raise MalformedError("not one question")
    end = _end_of_name(packet, HEADER_BYTES) + 4
    if end > len(packet):
        raise MalformedError("the question is cut off")
    udp_bytes, has_edns = PLAIN_UDP_BYTES, False
    if extra and packet[end : end + 3] == b"\0\0\x29" and end + 5 <= len(packet):
        wanted = int.from_bytes(packet[end + 3 : end + 5], "big")
        udp_bytes, has_edns = max(PLAIN_UDP_BYTES, min(wanted, EDNS_UDP_BYTES)), True
    return Question(identity, flags, packet[HEADER_BYTES:end], udp_bytes, has_edns)


def response(query: Question, code: int, *sections: Section) -> bytes:
    """Return an authoritative answer with up to three sections: answer, authority, additional."""
    flags = RESPONSE | AUTHORITATIVE | RECURSION_AVAILABLE | query.flags & RECURSION_WANTED | code
    answer, authority, extra = (*sections, _NOTHING, _NOTHING, _NOTHING)[:3]
    edns = _EDNS if query.has_edns else b""
    header = _HEADER.pack(query.identity, flags, 1, answer[1], authority[1], extra[1] + bool(edns))
    return b"".join((header, query.question, answer[0], authority[0], extra[0], edns))


def failure(query: Question, code: int) -> bytes:
    """Return an answer that says only that there is none."""
    flags = RESPONSE | RECURSION_AVAILABLE | query.flags & RECURSION_WANTED | code
    edns = _EDNS if query.has_edns else b""
    return _HEADER.pack(query.identity, flags, 1, 0, 0, 1 if edns else 0) + query.question + edns


def marked_truncated(answer: bytes) -> bytes:
    """Return the answer with the mark that says: there is more, ask over TCP."""
    return answer[:2] + (answer[2] | TRUNCATED >> 8).to_bytes(1, "big") + answer[3:]


def bare_failure(packet: bytes, code: int) -> bytes:
    """Return the answer to a packet whose question cannot be read."""
    flags = int.from_bytes(packet[2:4], "big")
    return packet[:2] + struct.pack("!HHHHH", RESPONSE | flags & 0x7900 | code, 0, 0, 0, 0)


def encode_name(name: str) -> bytes:
    """Return a name in wire form, in lower case.

    Raises:
        ValueError: a label is empty or longer than 63 bytes, or the name longer than 255.
    """
    parts = []
    for label in name.rstrip(".").lower().split("."):
        raw = label.encode("ascii")
        if not 0 < len(raw) < 64:
            raise ValueError(
                f"{name!r} is not a domain name: the label {label!r} has {len(raw)} characters, not 1 to 63"
            )
        parts.append(bytes([len(raw)]) + raw)
    wire = b"".join(parts) + b"\0"
    if len(wire) > 255:
        raise ValueError(f"{name!r} is not a domain name: it is longer than 253 characters")
    return wire


def decode_name(wire: bytes) -> str:
    """Return a name in wire form as text, without the last dot."""
    labels = []
    offset = 0
    while wire[offset]:
        length = wire[offset]
        labels.append(wire[offset + 1 : offset + 1 + length].decode("ascii", "replace"))
        offset += 1 + length
    return ".".join(labels)


def address_record(address: str, owner: bytes = POINTER_TO_QUESTION) -> bytes:
    """Return an A record; for the question's name it has `ADDRESS_RECORD_BYTES`."""
    return record(A, IPv4Address(address).packed, owner)


def name_record(kind: int, name: str) -> bytes:
    """Return a CNAME, PTR or NS record for the question's name."""
    return record(kind, encode_name(name))


def service_record(port: int, target: str) -> bytes:
    """Return an SRV record for the question's name; all targets weigh the same."""
    return record(SRV, struct.pack("!HHH", 0, 100, port) + encode_name(target))


def text_record(content: str) -> bytes:
    """Return a TXT record for the question's name."""
    raw = content.encode()
    return record(TXT, bytes([len(raw)]) + raw)


def authority_record(zone: str, owner: bytes = POINTER_TO_QUESTION) -> bytes:
    """Return the SOA record of a zone; its last number is how long "no such name" may be kept."""
    names = encode_name(f"ns.dns.{zone}") + encode_name(f"hostmaster.{zone}")
    return record(SOA, names + struct.pack("!IIIII", 1, 7200, 1800, 86400, TTL_SECONDS), owner)


def record(kind: int, data: bytes, owner: bytes = POINTER_TO_QUESTION) -> bytes:
    """Return a record with any data."""
    return owner + _RECORD.pack(kind, INTERNET, TTL_SECONDS, len(data)) + data


_EDNS = b"\0" + struct.pack("!HHIH", OPT, EDNS_UDP_BYTES, 0, 0)


def _end_of_name(packet: bytes, offset: int) -> int:
    while True:
        if offset >= len(packet):
            raise MalformedError("the name is cut off")
        length = packet[offset]
        if length == 0:
            return offset + 1
        if length > 63:
            raise MalformedError("the name is compressed")
        offset += 1 + length
