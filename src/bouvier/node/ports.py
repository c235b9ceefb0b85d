"""What the node agent asks of the network; the network room fulfils it and the daemon wires both.

`attach` and `detach` are idempotent, so that a restarted agent may repeat them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


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
    """The pod as the network knows it."""

    namespace: str
    name: str
    uid: str
    ports: tuple[PodPort, ...] = ()
    stack: str = ""
    """The stack that it is part of, if it is: its names are found without their last part."""
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


class PodNetwork(Protocol):
    """Gives pods their interface, address and name servers."""

    async def attach(self, pod: PodRef, sandbox_pid: int) -> PodAddresses:
        """Put an interface with an address into the network namespace of that process."""

    async def detach(self, pod: PodRef) -> None:
        """Free the pod's interface and address; nothing happens when there are none."""

    def resolver(self, pod: PodRef) -> ResolverSettings:
        """Return the settings of a pod whose `dnsPolicy` is `ClusterFirst`."""

    async def observe(self) -> dict[str, PodAddresses]:
        """Return the addresses of all attached pods by pod uid."""


class ImageMaker(Protocol):
    """Makes images on the host itself, so that they need no registry."""

    def knows(self, image: str) -> bool:
        """Tell whether an image is one that is made here."""

    async def make(self, image: str) -> None:
        """Bring the image into the host's engine.

        Raises:
            EngineError: it cannot be made here; the text says why.
        """
