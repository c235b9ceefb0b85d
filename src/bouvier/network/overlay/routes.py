"""Routes to the pods of other hosts, as lines for `ip -batch`. Pure.

Every route of ours carries the protocol number 152, so that it is known again after a restart and at removal. The whole
range of the platform is made unreachable beneath them: a packet to a pod whose host is not known, or to which there is no
security association, goes nowhere instead of leaving in clear by the default route.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network
from typing import Any

from bouvier.network.overlay.peers import Host

PROTOCOL = 152
"""Of the numbers that iproute2 leaves to administrators; see rtnetlink(7)."""


@dataclass(frozen=True, slots=True, order=True)
class Route:
    """A route to a range of pods; without gateway and device it is unreachable."""

    destination: IPv4Network
    gateway: IPv4Address | None = None
    device: str = ""
    is_onlink: bool = False

    def line(self) -> str:
        """Return what follows `route replace`."""
        if self.gateway is None:
            return f"unreachable {self.destination} proto {PROTOCOL}"
        device = f" dev {self.device}" if self.device else ""
        return f"{self.destination} via {self.gateway}{device} proto {PROTOCOL}" + " onlink" * self.is_onlink


def wanted(driver: str, own: Host, peers: Iterable[Host], platform: IPv4Network, device: str = "") -> list[Route]:
    """Return the routes that a host should have with a driver; `device` is the tunnel's."""
    others = sorted(peers)
    if not others and driver != "ipsec":
        return []
    beneath = [Route(platform)] if platform != own.pods else []
    if driver == "ipsec":
        return beneath
    if driver == "vxlan":
        return beneath + [Route(host.pods, host.pods[0], device, is_onlink=True) for host in others]
    return beneath + [Route(host.pods, host.address) for host in others]


def parse(shown: Iterable[Mapping[str, Any]], platform: IPv4Network) -> list[Route]:
    """Return our routes within the platform's range out of `ip -json route show proto 152`."""
    found = []
    for entry in shown:
        destination = IPv4Network("0.0.0.0/0" if entry["dst"] == "default" else entry["dst"])
        if not destination.subnet_of(platform):
            continue
        gateway = entry.get("gateway")
        is_onlink = "onlink" in (entry.get("flags") or ())
        device = str(entry.get("dev") or "") if is_onlink else ""
        found.append(Route(destination, IPv4Address(gateway) if gateway else None, device, is_onlink))
    return found


def plan(present: Iterable[Route], desired: Iterable[Route]) -> list[str]:
    """Return the lines that lead from the present routes to the desired ones; unreachable ones come first."""
    old, new = set(present), sorted(desired, key=lambda route: (route.gateway is not None, route.destination))
    kept = {route.destination for route in new}
    lines = [f"route replace {route.line()}" for route in new if route not in old]
    lines += [f"route del {_found(route)}" for route in sorted(old, key=str) if route.destination not in kept]
    return lines


def _found(route: Route) -> str:
    kind = "unreachable " if route.gateway is None else ""
    return f"{kind}{route.destination} proto {PROTOCOL}"
