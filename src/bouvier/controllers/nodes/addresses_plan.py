"""Decides which part of the platform's pod range each host gets."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from ipaddress import IPv4Network, IPv6Network, ip_network

from bouvier.meta.objects import Obj

Network = IPv4Network | IPv6Network


class RangeExhausted(Exception):  # noqa: N818
    """Every part of the range belongs to a host."""


def ranges_of(node: Obj) -> list[str]:
    """Return the ranges that the Node has."""
    spec = node.get("spec") or {}
    return list(spec.get("podCIDRs") or ([spec["podCIDR"]] if spec.get("podCIDR") else []))


def free_range(whole: Network, prefix: int, taken: Iterable[str]) -> str:
    """Return the first part of `whole` with that prefix length that overlaps nothing taken.

    Raises:
        RangeExhausted: there is none.
    """
    size = 1 << (whole.max_prefixlen - prefix)
    used: set[int] = set()
    for text in taken:
        part = ip_network(text, strict=False)
        if part.version == whole.version and part.overlaps(whole):
            first = max(int(part.network_address), int(whole.network_address)) - int(whole.network_address)
            last = min(int(part.broadcast_address), int(whole.broadcast_address)) - int(whole.network_address)
            used.update(range(first // size, last // size + 1))
    count = 1 << (prefix - whole.prefixlen)
    index = next((number for number in range(count) if number not in used), None)
    if index is None:
        raise RangeExhausted(f"the pod range {whole} has no free /{prefix} left for another host ({count} are in use)")
    return f"{whole.network_address + index * size}/{prefix}"


def parse_ranges(texts: Sequence[str]) -> list[Network]:
    """Return the ranges that the texts name.

    Raises:
        ValueError: a text is not a range.
    """
    return [ip_network(text) for text in texts]
