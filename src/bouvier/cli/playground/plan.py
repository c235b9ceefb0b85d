"""What a playground consists of: names, addresses and the lines that make its wire. Pure.

Each host is a network namespace with one leg on a bridge; the bridge has a namespace of its own, and one more leg of it
is in the machine's namespace, so that the hosts' addresses can be reached from there. All names carry the playground's
four digits, fewer than a platform's, so that neither is taken for the other at removal.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path

import msgspec

FABRICS = tuple(IPv4Network(f"10.98.{third}.0/24") for third in range(256))
OUTSIDE = 254
"""Last part of the machine's own address on the wire: the hosts' way out."""
MAX_HOSTS = 200


@dataclass(frozen=True, slots=True)
class Playground:
    """The content of `playground.json`, written before anything is made."""

    id: str
    hosts: int
    overlay: str
    port: int
    fabric: str
    clusters: dict[str, str] = field(default_factory=dict)
    """Native cluster of those hosts, by number, that did not join `local`."""

    def address(self, number: int) -> IPv4Address:
        """Return the address of a host on the wire."""
        return IPv4Network(self.fabric)[number]

    def namespace(self, number: int) -> str:
        """Return the network namespace of a host."""
        return f"bvp{self.id}-{number}"

    @property
    def wire(self) -> str:
        """Return the namespace of the bridge."""
        return f"bvp{self.id}-wire"

    @property
    def outside(self) -> str:
        """Return the interface in the machine's own namespace."""
        return f"bvp{self.id}"

    @property
    def numbers(self) -> range:
        """Return the hosts' numbers; the first one is the server."""
        return range(1, self.hosts + 1)


def host_name(number: int) -> str:
    """Return the name of a host."""
    return f"host{number}"


def free_fabric(taken: Iterable[IPv4Network]) -> IPv4Network:
    """Return the first range for the wire that this machine does not use.

    Raises:
        ValueError: there is none.
    """
    used = [network for network in taken if network.prefixlen]
    for fabric in FABRICS:
        if not any(fabric.overlaps(network) for network in used):
            return fabric
    raise ValueError("every range from 10.98.0.0/24 to 10.98.255.0/24 is in use on this machine")


def wire_lines(ground: Playground) -> list[list[str]]:
    """Return the `ip` commands for bridge and outside leg; those for what is there already fail harmlessly."""
    network = IPv4Network(ground.fabric)
    wire, outside = ground.wire, ground.outside
    return [
        ["netns", "add", wire],
        ["-n", wire, "link", "add", "wire", "type", "bridge"],
        ["-n", wire, "link", "set", "wire", "up"],
        ["link", "add", outside, "type", "veth", "peer", "name", "outside", "netns", wire],
        ["-n", wire, "link", "set", "outside", "master", "wire", "up"],
        ["addr", "replace", f"{network[OUTSIDE]}/{network.prefixlen}", "dev", outside],
        ["link", "set", outside, "up"],
    ]


def host_lines(ground: Playground, number: int) -> list[list[str]]:
    """Return the `ip` commands for one host's namespace and its leg on the wire."""
    network, name, wire = IPv4Network(ground.fabric), ground.namespace(number), ground.wire
    leg = f"host{number}"
    return [
        ["netns", "add", name],
        ["link", "add", "eth0", "netns", name, "type", "veth", "peer", "name", leg, "netns", wire],
        ["-n", wire, "link", "set", leg, "master", "wire", "up"],
        ["-n", name, "link", "set", "lo", "up"],
        ["-n", name, "addr", "replace", f"{ground.address(number)}/{network.prefixlen}", "dev", "eth0"],
        ["-n", name, "link", "set", "eth0", "up"],
        ["-n", name, "route", "replace", "default", "via", str(network[OUTSIDE])],
    ]


def inside(ground: Playground, number: int, command: list[str]) -> list[str]:
    """Return a command that runs in a host: its network, and a host name of its own.

    `nsenter` and not `ip netns exec`, which hides the control groups from engines.
    """
    setup = f'hostname {host_name(number)} && exec "$@"'
    enter = ["nsenter", f"--net=/run/netns/{ground.namespace(number)}", "unshare", "--uts", "sh", "-c", setup, "sh"]
    return [*enter, *command]


def read(folder: Path) -> Playground | None:
    """Return the playground of a data directory, None when there is none.

    Raises:
        ValueError: its file is damaged.
    """
    path = folder / "playground.json"
    try:
        return msgspec.json.decode(path.read_bytes(), type=Playground)
    except FileNotFoundError:
        return None
    except msgspec.MsgspecError as error:
        raise ValueError(f"{path}: {error}") from None


def write(folder: Path, ground: Playground) -> None:
    """Write `playground.json` in one step."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = folder / "playground.json.new"
    draft.write_bytes(msgspec.json.format(msgspec.json.encode(asdict(ground))) + b"\n")
    draft.replace(folder / "playground.json")
