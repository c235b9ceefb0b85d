"""Choice of address ranges for pods and services, so that a cluster fits beside what is there (pure).

A range is chosen once and then kept: pods, services and certificates carry it.
"""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv4Network
from typing import NamedTuple

RANGE_PAIRS = tuple((f"10.{second}.0.0/16", f"10.{second + 1}.0.0/16") for second in range(42, 126, 2))
"""Pods and services, in order of preference; 10.42 and 10.43 are what Rancher and k3s users know."""


class Ranges(NamedTuple):
    """The address ranges of a platform, in CIDR form."""

    pod_cidr: str
    service_cidr: str


def choose_ranges(taken: Iterable[IPv4Network], pod_cidr: str = "", service_cidr: str = "") -> Ranges:
    """Return ranges that overlap nothing in `taken`; a range that was asked for is kept as it is.

    Raises:
        ValueError: a range is malformed, the two overlap, or no pair is free.
    """
    used = [network for network in taken if network.prefixlen > 0]
    for pod, service in RANGE_PAIRS:
        ranges = Ranges(pod_cidr or pod, service_cidr or service)
        wanted = _parse(ranges)
        chosen_here = [wanted[0]] * (not pod_cidr) + [wanted[1]] * (not service_cidr)
        if any(ours.overlaps(theirs) for ours in chosen_here for theirs in used):
            continue
        if not wanted[0].overlaps(wanted[1]):
            return ranges
        if pod_cidr and service_cidr:
            raise ValueError(f"--pod-cidr {pod_cidr} and --service-cidr {service_cidr} overlap")
    raise ValueError(
        "no free pair of /16 ranges in 10.42.0.0 to 10.125.0.0: name them by --pod-cidr and --service-cidr"
    )


def _parse(ranges: Ranges) -> tuple[IPv4Network, IPv4Network]:
    return parse_cidr("--pod-cidr", ranges.pod_cidr), parse_cidr("--service-cidr", ranges.service_cidr)


def parse_cidr(option: str, text: str) -> IPv4Network:
    """Return the network that `text` names.

    Raises:
        ValueError: naming the option and the form expected.
    """
    try:
        network = IPv4Network(text)
    except ValueError as error:
        raise ValueError(f"{option} {text}: {error}; expected a form such as 10.42.0.0/16") from None
    if network.prefixlen > 24:
        raise ValueError(f"{option} {text}: too small, the range needs at least 256 addresses (/24)")
    return network
