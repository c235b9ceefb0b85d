"""What crosses the border between the network and whoever runs pods, by form and not by name.

The node agent has classes of the same form; the two rooms do not import each other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


class Port(Protocol):
    """A container port that the host exposes."""

    @property
    def container_port(self) -> int: ...  # noqa: D102
    @property
    def host_port(self) -> int: ...  # noqa: D102
    @property
    def protocol(self) -> str: ...  # noqa: D102
    @property
    def host_ip(self) -> str: ...  # noqa: D102


class Pod(Protocol):
    """A pod as the network knows it."""

    @property
    def namespace(self) -> str: ...  # noqa: D102
    @property
    def name(self) -> str: ...  # noqa: D102
    @property
    def uid(self) -> str: ...  # noqa: D102
    @property
    def stack(self) -> str: ...  # noqa: D102
    @property
    def service(self) -> str: ...  # noqa: D102
    @property
    def ports(self) -> Sequence[Port]: ...  # noqa: D102


@dataclass(frozen=True, slots=True)
class PodPort:
    """A container port that the host exposes."""

    container_port: int
    host_port: int
    protocol: str = "TCP"
    host_ip: str = ""
    """Address of the host to listen on; empty for all."""


@dataclass(frozen=True, slots=True)
class PodRef:
    """A pod as the network knows it."""

    namespace: str
    name: str
    uid: str
    ports: tuple[PodPort, ...] = ()
    stack: str = ""
    """The stack that it is part of, if it is."""
    service: str = ""
    """Its service in the stack."""


@dataclass(frozen=True, slots=True)
class PodAddresses:
    """The addresses of an attached pod, the primary one first."""

    ips: tuple[str, ...]

    @property
    def primary(self) -> str:
        """Return the address that `status.podIP` names."""
        return self.ips[0] if self.ips else ""


@dataclass(frozen=True, slots=True)
class ResolverSettings:
    """The contents of a resolv.conf file."""

    servers: tuple[str, ...] = ()
    searches: tuple[str, ...] = ()
    options: tuple[str, ...] = ()
