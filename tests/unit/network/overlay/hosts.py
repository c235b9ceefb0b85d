"""Hosts for the tests of the overlay."""

from ipaddress import IPv4Address, IPv4Network

from bouvier.meta.objects import Obj
from bouvier.network.overlay.peers import Host

PLATFORM = IPv4Network("10.42.0.0/16")


def host(number: int) -> Host:
    """Return the host `h<number>` at 10.98.0.<number> with 10.42.<number>.0/24."""
    return Host(f"h{number}", IPv4Address(f"10.98.0.{number}"), IPv4Network(f"10.42.{number}.0/24"), f"uid-{number}")


def node(number: int, **spec: str) -> Obj:
    """Return the Node of that host."""
    return {
        "metadata": {"name": f"h{number}", "uid": f"uid-{number}", "creationTimestamp": f"2026-01-0{number}T00:00:00Z"},
        "spec": {"podCIDR": f"10.42.{number}.0/24"} | spec,
        "status": {"addresses": [{"type": "InternalIP", "address": f"10.98.0.{number}"}]},
    }
