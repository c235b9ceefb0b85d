"""Drawing a free number at random. Pure but for the dice."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from ipaddress import IPv4Address, IPv4Network

from bouvier.meta.errors import ApiError

DNS_OFFSET = 10
"""Place of the name server in the first range: hosts answer there themselves, so it is never drawn."""
_BAND_LEAST, _BAND_MOST, _BAND_STEP = 16, 256, 16
"""Size of the lower band, which is left to addresses that are asked for. Source: KEP-3070."""
_TRIES = 64


def lower_band(network: IPv4Network) -> int:
    """Return how many addresses after the first are given only when the others are used up."""
    hosts = network.num_addresses - 2
    if hosts <= _BAND_LEAST:
        return 0
    return min(max(_BAND_LEAST, network.num_addresses // _BAND_STEP), _BAND_MOST)


def draw_address(networks: Sequence[IPv4Network], is_free: Callable[[str], bool]) -> str:
    """Return a free address, from the upper band of the first range that has one.

    Raises:
        ApiError: InternalError when every range is full.
    """
    for take_band in (_upper, _lower):
        for index, network in enumerate(networks):
            first, last = take_band(network)
            kept = network[DNS_OFFSET] if index == 0 and network.num_addresses > DNS_OFFSET else None
            for number in _candidates(first, last):
                address = IPv4Address(number)
                if address != kept and is_free(str(address)):
                    return str(address)
    named = ", ".join(map(str, networks)) or "none is ready"
    raise ApiError(
        "InternalError",
        f"failed to allocate a serviceIP: range is full ({named}): delete services or add a ServiceCIDR",
    )


def _upper(network: IPv4Network) -> tuple[int, int]:
    return int(network.network_address) + 1 + lower_band(network), int(network.broadcast_address) - 1


def _lower(network: IPv4Network) -> tuple[int, int]:
    first = int(network.network_address) + 1
    return first, first + lower_band(network) - 1


def _candidates(first: int, last: int) -> Iterator[int]:
    """Yield numbers at random, then all in order: a range that is nearly full is searched through."""
    if first > last:
        return
    for _ in range(_TRIES):
        yield random.randint(first, last)  # noqa: S311 (spread, not secrecy)
    yield from range(first, last + 1)


def draw_port(bounds: tuple[int, int], is_free: Callable[[int], bool]) -> int:
    """Return a free node port.

    Raises:
        ApiError: InternalError when every port is used.
    """
    for port in _candidates(*bounds):
        if is_free(port):
            return port
    first, last = bounds
    raise ApiError("InternalError", f"no node port is free in {first}-{last}: delete services or widen the range")
