"""Choosing address ranges that nothing else on the machine uses."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv4Network
from typing import NamedTuple

from bouvier.network import rtnetlink
from bouvier.network.netlink import NetlinkSocket


class Ranges(NamedTuple):
    """The ranges of one platform."""

    platform: IPv4Network
    """All pods; each node gets a part of it."""
    services: IPv4Network


CANDIDATES = tuple(
    Ranges(IPv4Network(f"10.{first}.0.0/16"), IPv4Network(f"10.{first + 1}.0.0/16")) for first in range(42, 200, 2)
)
"""10.42 and 10.43, as everybody has them, then the next pairs: several platforms may share a machine."""


class RangeTakenError(Exception):
    """A range of ours leads to another interface of this machine."""


def choose(in_use: Iterable[IPv4Network]) -> Ranges:
    """Return the first ranges that overlap with nothing in use.

    Raises:
        RangeTakenError: there are none.
    """
    taken = [network for network in in_use if network.prefixlen]
    for ranges in CANDIDATES:
        if not any(network.overlaps(ours) for network in taken for ours in ranges):
            return ranges
    raise RangeTakenError("every range from 10.42.0.0/16 to 10.199.0.0/16 is in use on this machine: name two others")


def in_use() -> list[IPv4Network]:
    """Return the ranges that this machine has routes to."""
    with NetlinkSocket() as kernel:
        return [route.destination for route in rtnetlink.routes(kernel)]


def conflict(ours: IPv4Network, routes: Iterable[rtnetlink.Route], device: int) -> rtnetlink.Route | None:
    """Return a route into a range of ours that leads to another interface; wider routes (a VPN's) do not count."""
    for route in routes:
        if route.device != device and route.destination.prefixlen and route.destination.subnet_of(ours):
            return route
    return None
