"""Performing what pods need in the kernel: the bridge, a pair for each pod, routes.

All of it is synchronous and belongs to one thread (`links.py`), which visits the namespaces of sandboxes and comes back.
Everything may be repeated: what is there already stays, what is half done is finished.
"""

from __future__ import annotations

import errno
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network

from bouvier.network import namespaces, rtnetlink
from bouvier.network.addresses.names import hardware_address
from bouvier.network.addresses.ranges import RangeTakenError, conflict
from bouvier.network.netlink import NetlinkSocket

_POD_INTERFACE = "eth0"
_GONE = (errno.ENODEV,)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bridge:
    """The bridge of one platform on one host."""

    name: str
    pods: IPv4Network
    gateway: IPv4Address
    services: IPv4Network
    """Range of the service addresses: the host itself sends to them with the gateway's address."""
    more_services: tuple[IPv4Network, ...] | None = None
    """Further ranges of service addresses; those that lead elsewhere already are left alone. None: not known yet, so
    that what a process before has set stays."""
    local: tuple[IPv4Address, ...] = ()
    """Further addresses of the host that live on the bridge: the name server's."""
    mtu: int = 1500


class Kernel:
    """The netlink socket of the host's namespace and what is done through it."""

    def __init__(self) -> None:
        self._socket = NetlinkSocket()
        self._bridge_index = 0
        self._bridge_mtu = 0

    def close(self) -> None:
        """Give the socket back; the interfaces stay."""
        self._socket.close()

    def prepare(self, bridge: Bridge) -> None:
        """Create the bridge, or bring the existing one to the wanted state.

        Raises:
            RangeTakenError: packets to our addresses would go to another interface, or others' to ours.
        """
        link = rtnetlink.link_named(self._socket, bridge.name)
        self._check_ranges(bridge, link.index if link else 0)
        if link is None:
            create = rtnetlink.new_bridge(bridge.name, hardware_address(bridge.gateway), bridge.mtu)
            self._socket.do(create, ignore=(errno.EEXIST,))
            link = rtnetlink.link_named(self._socket, bridge.name)
        if link is None:
            raise RuntimeError(f"the bridge {bridge.name} vanished while it was being made")
        self._bridge_index, self._bridge_mtu = link.index, bridge.mtu
        wanted = {(bridge.gateway, bridge.pods.prefixlen)} | {(address, 32) for address in bridge.local}
        present = {(a, prefix) for index, a, prefix in rtnetlink.addresses(self._socket) if index == link.index}
        self._socket.do(
            rtnetlink.link_up(link.index),
            *(rtnetlink.delete_address(link.index, *old) for old in sorted(present - wanted)),
            *(rtnetlink.new_address(link.index, *new) for new in sorted(wanted - present)),
            rtnetlink.replace_route(bridge.services, device=link.index, source=bridge.gateway),
        )
        self._set_more_routes(bridge, link.index)

    def _set_more_routes(self, bridge: Bridge, index: int) -> None:
        """Lead further ranges of Services to the bridge, and those of before no more."""
        if bridge.more_services is None:
            return
        routes = rtnetlink.routes(self._socket)
        wanted = {network for network in bridge.more_services if conflict(network, routes, index) is None}
        present = {route.destination for route in routes if route.device == index} - {bridge.pods, bridge.services}
        for network in sorted(wanted - present):
            self._socket.do(rtnetlink.replace_route(network, device=index, source=bridge.gateway))
        for network in sorted(present - wanted):
            self._socket.do(rtnetlink.delete_route(network, index), ignore=(errno.ESRCH,))

    def attach(self, name: str, address: IPv4Address, bridge: Bridge, *, alias: str, process: int) -> None:
        """Give the namespace of a process its interface.

        Raises:
            ProcessLookupError: the process has ended.
            OSError: the kernel refused.
        """
        with namespaces.opened(process) as sandbox, namespaces.opened() as home:
            pair = rtnetlink.new_veth(
                name,
                alias=alias,
                bridge=self._bridge_index,
                mtu=self._bridge_mtu,
                peer=_POD_INTERFACE,
                peer_hardware=hardware_address(address),
                namespace=sandbox,
            )
            hairpin = rtnetlink.port_up(name, self._bridge_index)
            try:
                self._socket.do(pair, hairpin)
            except FileExistsError:
                if not self._is_inside(address, sandbox, home):
                    self._socket.do(rtnetlink.delete_link(name), pair, hairpin, ignore=_GONE)
            with namespaces.inside(sandbox, home), NetlinkSocket() as inner:
                _configure(inner, address, bridge)

    def detach(self, name: str) -> None:
        """Remove a pod's pair; nothing happens when it is gone."""
        self._socket.do(rtnetlink.delete_link(name), ignore=_GONE)

    def links(self) -> list[rtnetlink.Link]:
        """Return the interfaces of the host."""
        return rtnetlink.links(self._socket)

    def mtu_of_default_route(self) -> int:
        """Return the largest packet that leaves the host whole; 1500 when it has no way out."""
        by_index = {link.index: link.mtu for link in self.links()}
        for route in rtnetlink.routes(self._socket):
            if not route.destination.prefixlen and route.device in by_index:
                return by_index[route.device]
        return 1500

    def _check_ranges(self, bridge: Bridge, index: int) -> None:
        routes = rtnetlink.routes(self._socket)
        for ours in (bridge.pods, bridge.services):
            foreign = conflict(ours, routes, index)
            if foreign:
                name = next((link.name for link in self.links() if link.index == foreign.device), "another interface")
                raise RangeTakenError(
                    f"{ours} cannot be used: {foreign.destination} leads to {name} on this machine; "
                    "remove that interface or give the platform other ranges"
                )

    def _is_inside(self, address: IPv4Address, sandbox: int, home: int) -> bool:
        with namespaces.inside(sandbox, home), NetlinkSocket() as inner:
            link = rtnetlink.link_named(inner, _POD_INTERFACE)
            return link is not None and link.address == hardware_address(address)


def _configure(inner: NetlinkSocket, address: IPv4Address, bridge: Bridge) -> None:
    link = rtnetlink.link_named(inner, _POD_INTERFACE)
    if link is None:
        raise OSError(errno.ENODEV, f"the sandbox has no {_POD_INTERFACE}")
    inner.do(
        rtnetlink.link_up(rtnetlink.LOOPBACK_INDEX),
        rtnetlink.new_address(link.index, address, bridge.pods.prefixlen),
        rtnetlink.link_up(link.index),
        rtnetlink.replace_route(None, gateway=bridge.gateway, device=link.index),
    )
