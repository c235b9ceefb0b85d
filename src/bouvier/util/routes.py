"""The IPv4 routes of this machine (main table), from `/proc/net/route`; policy routing tables are not seen."""

from __future__ import annotations

import struct
from ipaddress import IPv4Address, IPv4Network


def parse_routes(text: str) -> list[IPv4Network]:
    """Return the destinations in the text of `/proc/net/route`."""
    networks = []
    for line in text.splitlines()[1:]:
        fields = line.split()
        address, mask = _address(fields[1]), _address(fields[7])
        networks.append(IPv4Network(f"{address}/{mask}"))
    return networks


def _address(little_endian_hex: str) -> IPv4Address:
    return IPv4Address(struct.pack("<I", int(little_endian_hex, 16)))
