"""The overlay driver `vxlan`: one interface, and for each other host its address and hardware address, fixed. Pure.

Nothing is learned or asked on the wire: hardware addresses follow from the pods' ranges, so a Node object says all. The
identifier of the network is the platform id, so platforms on one wire do not hear each other.
Not encrypted: for that there is `ipsec`. Source: RFC 7348.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address
from typing import Any

from bouvier.network.addresses.names import hardware_address
from bouvier.network.overlay.peers import Host

PORT = 4789
OVERHEAD = 50
"""Outer Ethernet, IP, UDP and VXLAN headers."""


@dataclass(frozen=True, slots=True)
class Device:
    """The interface of a host."""

    name: str
    identifier: int
    local: IPv4Address
    """The host's own address on the wire."""
    hardware: str


@dataclass(frozen=True, slots=True)
class Seen:
    """What the kernel has."""

    device: Device | None = None
    addresses: frozenset[str] = frozenset()
    forwarding: frozenset[tuple[str, str]] = frozenset()
    """(hardware address, host)."""
    neighbours: frozenset[tuple[str, str]] = frozenset()
    """(address, hardware address)."""


def device_name(platform_id: str) -> str:
    """Return the name of a platform's interface."""
    return f"bvx-{platform_id}"


def device_of(platform_id: str, own: Host) -> Device:
    """Return the interface that a host should have."""
    return Device(device_name(platform_id), int(platform_id, 16), own.address, hardware_address(own.pods[0]))


def plan(seen: Seen, device: Device, own: Host, peers: Iterable[Host]) -> tuple[list[str], list[str]]:
    """Return the lines for `ip -batch` and for `bridge -batch`."""
    lines, name = [], device.name
    if seen.device != device:
        lines += [f"link del {name}"] if seen.device else []
        lines.append(
            f"link add {name} address {device.hardware} type vxlan id {device.identifier} dstport {PORT} "
            f"local {device.local} nolearning"
        )
        seen = Seen()
        lines.append(f"link set {name} up")
    address = f"{own.pods[0]}/32"
    lines += [f"addr del {old} dev {name}" for old in sorted(seen.addresses - {address})]
    lines += [f"addr replace {address} dev {name}"] if address not in seen.addresses else []
    others = sorted(peers)
    neighbours = {(str(host.pods[0]), hardware_address(host.pods[0])) for host in others}
    forwarding = {(hardware_address(host.pods[0]), str(host.address)) for host in others}
    lines += [f"neigh del {ip} dev {name}" for ip, _ in sorted(seen.neighbours - neighbours)]
    lines += [
        f"neigh replace {ip} lladdr {hardware} dev {name} nud permanent"
        for ip, hardware in sorted(neighbours - seen.neighbours)
    ]
    bridge = [f"fdb del {hardware} dev {name} dst {host}" for hardware, host in sorted(seen.forwarding - forwarding)]
    bridge += [
        f"fdb append {hardware} dev {name} dst {host}" for hardware, host in sorted(forwarding - seen.forwarding)
    ]
    return lines, bridge


def parse(
    links: Iterable[Mapping[str, Any]],
    neighbours: Iterable[Mapping[str, Any]],
    forwarding: Iterable[Mapping[str, Any]],
) -> Seen:
    """Return what `ip -json -details addr show dev D`, `ip -json neigh` and `bridge -json fdb` say of the interface."""
    link = next((entry for entry in links if entry.get("ifname")), None)
    if link is None:
        return Seen()
    data = (link.get("linkinfo") or {}).get("info_data") or {}
    device = Device(
        str(link["ifname"]), int(data.get("id", 0)), IPv4Address(data.get("local", "0.0.0.0")), str(link["address"])
    )
    return Seen(
        device=device,
        addresses=frozenset(
            f"{a['local']}/{a['prefixlen']}" for a in link.get("addr_info") or () if a.get("family") == "inet"
        ),
        forwarding=frozenset((str(e["mac"]), str(e["dst"])) for e in forwarding if e.get("dst")),
        neighbours=frozenset((str(e["dst"]), str(e["lladdr"])) for e in neighbours if e.get("lladdr")),
    )
