"""Names and hardware addresses that follow from the platform id and an IP address alone.

Whoever finds an interface knows whose it is, and an address that is used again keeps its hardware address, so that no
neighbour's ARP entry grows stale.
"""

from __future__ import annotations

from ipaddress import IPv4Address

from bouvier.network.rtnetlink import Link

INTERFACE_NAME_BYTES = 15
"""Longest name of an interface: IFNAMSIZ (16) without the closing zero."""


def bridge_name(platform_id: str) -> str:
    """Return the name of a platform's bridge."""
    return f"bv-{platform_id}"


def veth_name(platform_id: str, address: IPv4Address) -> str:
    """Return the name of the host's end of a pod's pair: `v`, six digits of the platform, eight of the address."""
    return f"v{platform_id}{int(address):08x}"


def veth_address(platform_id: str, name: str) -> IPv4Address | None:
    """Return the pod address that an interface name stands for; None for foreign interfaces."""
    prefix = f"v{platform_id}"
    if len(name) != INTERFACE_NAME_BYTES or not name.startswith(prefix):
        return None
    try:
        return IPv4Address(int(name[len(prefix) :], 16))
    except ValueError:
        return None


def hardware_address(address: IPv4Address) -> str:
    """Return the locally administered hardware address that belongs to an IP address."""
    return "02:b0:" + address.packed.hex(":")


def orphans(links: list[Link], platform_id: str, leased: set[IPv4Address]) -> list[str]:
    """Return the names of our interfaces whose address nobody holds."""
    found = []
    for link in links:
        address = veth_address(platform_id, link.name)
        if address is not None and address not in leased:
            found.append(link.name)
    return sorted(found)
