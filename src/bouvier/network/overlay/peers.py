"""The hosts of the platform as the overlay sees them: reading Node objects. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import AddressValueError, IPv4Address, IPv4Network

from bouvier.meta.objects import Obj, name_of, uid_of


@dataclass(frozen=True, slots=True, order=True)
class Host:
    """A host with everything that the overlay needs of it."""

    name: str
    address: IPv4Address
    """Where the other hosts reach it."""
    pods: IPv4Network
    uid: str = ""

    @property
    def gateway(self) -> IPv4Address:
        """Return the address of its bridge, which answers probes."""
        return self.pods[1]


def hosts_of(nodes: Iterable[Obj]) -> list[Host]:
    """Return the hosts that have an address and a range, sorted by name; of two with one range the older Node counts."""
    found: dict[IPv4Network, Host] = {}
    by_age = sorted(nodes, key=lambda node: (node["metadata"].get("creationTimestamp") or "", name_of(node)))
    for node in by_age:
        host = _host(node)
        if host is not None:
            found.setdefault(host.pods, host)
    return sorted(found.values())


def _host(node: Obj) -> Host | None:
    text = (node.get("spec") or {}).get("podCIDR") or ""
    addresses = (node.get("status") or {}).get("addresses") or ()
    internal = next((entry["address"] for entry in addresses if entry.get("type") == "InternalIP"), "")
    try:
        return Host(name_of(node), IPv4Address(internal), IPv4Network(text), uid_of(node))
    except (AddressValueError, ValueError):
        return None
