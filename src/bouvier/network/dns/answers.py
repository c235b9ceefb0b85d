"""From a query to its answer, without waiting. What needs another name server comes back as `Forward`. Pure.

Source: kubernetes/dns, docs/specification.md; RFC 2308 (negative answers).
"""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network

from bouvier.network.dns import wire
from bouvier.network.dns.rancher import ZONE
from bouvier.network.dns.wire import Question
from bouvier.network.dns.zone import Compiled, Zone

_REVERSE = wire.encode_name("in-addr.arpa")
_RANCHER = wire.encode_name(ZONE)
_MAX_ALIASES = 8
"""An ExternalName may point to another one; more steps than this are a circle."""


@dataclass(frozen=True, slots=True)
class Forward:
    """The answer has to be asked of another name server."""

    query: Question
    alias: str = ""
    """Ask for this name instead and answer with an alias to it; empty: pass the query on as it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranges:
    """Ranges whose reverse names are ours: nobody else is asked for them."""

    services: IPv4Network
    platform: IPv4Network


class Answers:
    """Answers queries from a zone."""

    def __init__(self, zone: Zone, ranges: Ranges) -> None:
        self._zone = zone
        self._ranges = ranges
        self._domain = wire.encode_name(zone.domain)
        self._pods = wire.encode_name(f"pod.{zone.domain}")
        self._authority = wire.authority_record(zone.domain, b"")
        self._turn = 0

    def answer(self, query: Question) -> bytes | Forward:
        """Return the whole answer, which may be too long for UDP, or what to ask for."""
        if query.flags & 0x7800:
            return wire.failure(query, wire.NOT_IMPLEMENTED)
        name = query.name
        found = self._zone.find(name)
        if found is not None:
            return self._from(found, query, name)
        if _is_under(name, self._domain):
            return self._dynamic(query, name)
        if _is_under(name, _RANCHER):
            return wire.response(query, wire.NO_SUCH_NAME)
        if name.endswith(_REVERSE) and self._is_ours(name):
            return wire.response(query, wire.NO_SUCH_NAME)
        return Forward(query)

    def _from(self, found: Compiled, query: Question, name: bytes) -> bytes | Forward:
        if found.alias:
            return self._alias(found.alias, query)
        kind = query.kind
        answer = found.by_kind.get(kind)
        if answer is None:
            return self._nothing(query, name, wire.NO_ERROR)
        if kind == wire.SRV:
            return wire.response(query, wire.NO_ERROR, answer, (b"", 0), self._zone.addresses_of(found.targets))
        return wire.response(query, wire.NO_ERROR, self._turned(*answer) if kind == wire.A else answer)

    def _turned(self, records: bytes, count: int) -> wire.Section:
        """Return the addresses beginning with another one each time, so that clients spread."""
        if count == 1:
            return records, count
        self._turn += 1
        start = self._turn % count * wire.ADDRESS_RECORD_BYTES
        return records[start:] + records[:start], count

    def _alias(self, alias: str, query: Question) -> bytes | Forward:
        records, count = wire.name_record(wire.CNAME, alias), 1
        if query.kind == wire.CNAME:
            return wire.response(query, wire.NO_ERROR, (records, count))
        for _ in range(_MAX_ALIASES):
            owner = wire.encode_name(alias)
            found = self._zone.find(owner)
            if found is None:
                ours = owner.endswith(self._domain)
                return wire.response(query, wire.NO_ERROR, (records, count)) if ours else Forward(query, alias)
            if not found.alias:
                merged = self._zone.records(alias)
                addresses = merged.addresses if merged and query.kind == wire.A else []
                records += b"".join(wire.address_record(address, owner) for address in addresses)
                return wire.response(query, wire.NO_ERROR, (records, count + len(addresses)))
            alias = found.alias
            records += wire.record(wire.CNAME, wire.encode_name(alias), owner)
            count += 1
        return wire.failure(query, wire.SERVER_FAILURE)

    def _dynamic(self, query: Question, name: bytes) -> bytes:
        """Answer a name of the cluster that nobody said: a pod's by its address, the zone's own, or none."""
        if name == self._domain and query.kind == wire.SOA:
            return wire.response(query, wire.NO_ERROR, (wire.authority_record(self._zone.domain), 1))
        if name == self._domain and query.kind == wire.NS:
            record = wire.name_record(wire.NS, f"ns.dns.{self._zone.domain}")
            return wire.response(query, wire.NO_ERROR, (record, 1))
        if name.endswith(self._pods):
            return self._pod(query, name)
        return self._nothing(query, name, wire.NO_ERROR if name == self._domain else wire.NO_SUCH_NAME)

    def _pod(self, query: Question, name: bytes) -> bytes:
        labels = wire.decode_name(name[: -len(self._pods)] + b"\0").split(".")
        if len(labels) == 1:
            return self._nothing(query, name, wire.NO_ERROR)
        address = _dashed(labels[0]) if len(labels) == 2 else None
        if address is None or address not in self._ranges.platform:
            return self._nothing(query, name, wire.NO_SUCH_NAME)
        if query.kind != wire.A:
            return self._nothing(query, name, wire.NO_ERROR)
        return wire.response(query, wire.NO_ERROR, (wire.address_record(str(address)), 1))

    def _nothing(self, query: Question, name: bytes, code: int) -> bytes:
        if not name.endswith(self._domain):
            return wire.response(query, code)
        pointer = 0xC000 | wire.HEADER_BYTES + len(name) - len(self._domain)
        return wire.response(query, code, (b"", 0), (pointer.to_bytes(2, "big") + self._authority, 1))

    def _is_ours(self, name: bytes) -> bool:
        labels = wire.decode_name(name).split(".")[:-2]
        address = _dashed("-".join(reversed(labels)))
        return address is not None and (address in self._ranges.services or address in self._ranges.platform)


def _is_under(name: bytes, domain: bytes) -> bool:
    """Tell whether a name is the domain or below it: it must begin at a label and not in the middle of one."""
    if not name.endswith(domain):
        return False
    offset = 0
    end = len(name) - len(domain)
    while offset < end:
        offset += 1 + name[offset]
    return offset == end


def _dashed(text: str) -> IPv4Address | None:
    try:
        return IPv4Address(text.replace("-", "."))
    except ValueError:
        return None
