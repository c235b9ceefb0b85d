"""The rtnetlink messages that the network uses, and the objects that come back, as dataclasses."""

from __future__ import annotations

import socket
import struct
import sys
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network

from bouvier.network import netlink
from bouvier.network.netlink import Message, NetlinkSocket, attribute, attributes, nested, number, text

_LINK = struct.Struct("=BBHiII")  # ifinfomsg: family, padding, type, index, flags, change mask
_ADDRESS = struct.Struct("=BBBBi")  # ifaddrmsg: family, prefix length, flags, scope, index
_ROUTE = struct.Struct("=BBBBBBBBI")  # rtmsg: family, lengths of dst and src, tos, table, protocol, scope, type, flags

_UP = 0x1
_LINK_ADDRESS, _LINK_NAME, _LINK_MTU, _LINK_MASTER, _LINK_INFO = 1, 3, 4, 10, 18
_LINK_ALIAS, _LINK_NAMESPACE = 20, 28
_INFO_KIND, _INFO_DATA, _INFO_SLAVE_KIND, _INFO_SLAVE_DATA = 1, 2, 4, 5
_VETH_PEER = 1
_BRIDGE_PORT_HAIRPIN = 4
_ADDRESS_ADDRESS, _ADDRESS_LOCAL = 1, 2
_ROUTE_DESTINATION, _ROUTE_DEVICE, _ROUTE_GATEWAY, _ROUTE_SOURCE = 1, 4, 5, 7
_TABLE_MAIN, _PROTOCOL_BOOT, _TYPE_UNICAST = 254, 3, 1
SCOPE_UNIVERSE, SCOPE_LINK, SCOPE_NOWHERE = 0, 253, 255

LOOPBACK_INDEX = 1
"""`lo` is the first interface of every network namespace."""


@dataclass(frozen=True, slots=True)
class Link:
    """An interface as the kernel reports it."""

    index: int
    name: str
    address: str
    """Hardware address, `02:b0:0a:2a:00:05`."""
    is_up: bool
    mtu: int
    master: int
    """Index of the bridge that it is a port of; 0 when of none."""


@dataclass(frozen=True, slots=True)
class Route:
    """A route of the main table."""

    destination: IPv4Network
    device: int
    """Index of the interface; 0 when the route has none."""


def hardware_bytes(address: str) -> bytes:
    """Return the six bytes of a hardware address."""
    return bytes.fromhex(address.replace(":", ""))


def new_bridge(name: str, hardware: str, mtu: int) -> Message:
    """Return the request for a bridge that is up and keeps its hardware address."""
    body = (
        _LINK.pack(socket.AF_UNSPEC, 0, 0, 0, _UP, _UP)
        + text(_LINK_NAME, name)
        + attribute(_LINK_ADDRESS, hardware_bytes(hardware))
        + number(_LINK_MTU, mtu)
        + nested(_LINK_INFO, text(_INFO_KIND, "bridge"))
    )
    return Message(netlink.NEW_LINK, netlink.CREATE | netlink.EXCLUSIVE, body)


def new_veth(name: str, *, alias: str, bridge: int, mtu: int, peer: str, peer_hardware: str, namespace: int) -> Message:
    """Return the request for a pair whose one end is a port of a bridge and the other lies in a namespace (descriptor)."""
    other = (
        _LINK.pack(socket.AF_UNSPEC, 0, 0, 0, 0, 0)
        + text(_LINK_NAME, peer)
        + attribute(_LINK_ADDRESS, hardware_bytes(peer_hardware))
        + number(_LINK_MTU, mtu)
        + number(_LINK_NAMESPACE, namespace)
    )
    info = nested(_LINK_INFO, text(_INFO_KIND, "veth"), nested(_INFO_DATA, nested(_VETH_PEER, other)))
    body = (
        _LINK.pack(socket.AF_UNSPEC, 0, 0, 0, _UP, _UP)
        + text(_LINK_NAME, name)
        + text(_LINK_ALIAS, alias)
        + number(_LINK_MTU, mtu)
        + number(_LINK_MASTER, bridge)
        + info
    )
    return Message(netlink.NEW_LINK, netlink.CREATE | netlink.EXCLUSIVE, body)


def port_up(name: str, bridge: int) -> Message:
    """Return the request that makes an interface an active port which sends back to its sender (hairpin)."""
    info = nested(
        _LINK_INFO,
        text(_INFO_SLAVE_KIND, "bridge"),
        nested(_INFO_SLAVE_DATA, attribute(_BRIDGE_PORT_HAIRPIN, b"\x01")),
    )
    body = (
        _LINK.pack(socket.AF_UNSPEC, 0, 0, 0, _UP, _UP) + text(_LINK_NAME, name) + number(_LINK_MASTER, bridge) + info
    )
    return Message(netlink.NEW_LINK, 0, body)


def link_up(index: int) -> Message:
    """Return the request that brings an interface up."""
    return Message(netlink.NEW_LINK, 0, _LINK.pack(socket.AF_UNSPEC, 0, 0, index, _UP, _UP))


def delete_link(name: str) -> Message:
    """Return the request that removes an interface (and the peer of a pair)."""
    return Message(netlink.DELETE_LINK, 0, _LINK.pack(socket.AF_UNSPEC, 0, 0, 0, 0, 0) + text(_LINK_NAME, name))


def new_address(index: int, address: IPv4Address, prefix: int) -> Message:
    """Return the request that gives an interface an address, or keeps it."""
    packed = address.packed
    scope = SCOPE_UNIVERSE
    body = _ADDRESS.pack(socket.AF_INET, prefix, 0, scope, index)
    body += attribute(_ADDRESS_LOCAL, packed) + attribute(_ADDRESS_ADDRESS, packed)
    return Message(netlink.NEW_ADDRESS, netlink.CREATE | netlink.REPLACE, body)


def delete_address(index: int, address: IPv4Address, prefix: int) -> Message:
    """Return the request that takes an address from an interface."""
    body = _ADDRESS.pack(socket.AF_INET, prefix, 0, 0, index) + attribute(_ADDRESS_LOCAL, address.packed)
    return Message(netlink.DELETE_ADDRESS, 0, body)


def replace_route(
    destination: IPv4Network | None,
    *,
    device: int = 0,
    gateway: IPv4Address | None = None,
    source: IPv4Address | None = None,
) -> Message:
    """Return the request for a route, the default one when there is no destination."""
    scope = SCOPE_UNIVERSE if gateway else SCOPE_LINK
    length = destination.prefixlen if destination else 0
    body = _ROUTE.pack(socket.AF_INET, length, 0, 0, _TABLE_MAIN, _PROTOCOL_BOOT, scope, _TYPE_UNICAST, 0)
    if destination:
        body += attribute(_ROUTE_DESTINATION, destination.network_address.packed)
    if gateway:
        body += attribute(_ROUTE_GATEWAY, gateway.packed)
    if device:
        body += number(_ROUTE_DEVICE, device)
    if source:
        body += attribute(_ROUTE_SOURCE, source.packed)
    return Message(netlink.NEW_ROUTE, netlink.CREATE | netlink.REPLACE, body)


def delete_route(destination: IPv4Network, device: int) -> Message:
    """Return the request that removes a route to an interface."""
    body = _ROUTE.pack(socket.AF_INET, destination.prefixlen, 0, 0, _TABLE_MAIN, 0, SCOPE_NOWHERE, 0, 0)
    body += attribute(_ROUTE_DESTINATION, destination.network_address.packed) + number(_ROUTE_DEVICE, device)
    return Message(netlink.DELETE_ROUTE, 0, body)


def link_named(kernel: NetlinkSocket, name: str) -> Link | None:
    """Return the interface of that name, if there is one."""
    body = kernel.get(netlink.GET_LINK, _LINK.pack(socket.AF_UNSPEC, 0, 0, 0, 0, 0) + text(_LINK_NAME, name))
    return _link(body) if body else None


def links(kernel: NetlinkSocket) -> list[Link]:
    """Return all interfaces of the namespace."""
    return [_link(body) for body in kernel.dump(netlink.GET_LINK, _LINK.pack(socket.AF_UNSPEC, 0, 0, 0, 0, 0))]


def addresses(kernel: NetlinkSocket) -> list[tuple[int, IPv4Address, int]]:
    """Return the IPv4 addresses of the namespace as (interface index, address, prefix length)."""
    found = []
    for body in kernel.dump(netlink.GET_ADDRESS, _ADDRESS.pack(socket.AF_INET, 0, 0, 0, 0)):
        _, prefix, _, _, index = _ADDRESS.unpack_from(body)
        local = attributes(body, _ADDRESS.size).get(_ADDRESS_LOCAL)
        if local:
            found.append((index, IPv4Address(local), prefix))
    return found


def routes(kernel: NetlinkSocket) -> list[Route]:
    """Return the IPv4 routes of the main table."""
    found = []
    empty = _ROUTE.pack(socket.AF_INET, 0, 0, 0, 0, 0, 0, 0, 0)
    for body in kernel.dump(netlink.GET_ROUTE, empty):
        _, length, _, _, table, *_ = _ROUTE.unpack_from(body)
        if table != _TABLE_MAIN:
            continue
        values = attributes(body, _ROUTE.size)
        destination = IPv4Network((int.from_bytes(values.get(_ROUTE_DESTINATION, bytes(4))), length))
        device = values.get(_ROUTE_DEVICE, bytes(4))
        found.append(Route(destination, int.from_bytes(device, sys.byteorder)))
    return found


def _link(body: bytes) -> Link:
    _, _, _, index, flags, _ = _LINK.unpack_from(body)
    values = attributes(body, _LINK.size)
    return Link(
        index=index,
        name=values[_LINK_NAME].rstrip(b"\0").decode(),
        address=values.get(_LINK_ADDRESS, b"").hex(":"),
        is_up=bool(flags & _UP),
        mtu=int.from_bytes(values.get(_LINK_MTU, b""), sys.byteorder),
        master=int.from_bytes(values.get(_LINK_MASTER, b""), sys.byteorder),
    )
