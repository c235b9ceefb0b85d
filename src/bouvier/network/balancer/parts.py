"""What the balancer's plan is made of: servers, backends, routes to them. Pure."""

from __future__ import annotations

from typing import Any, NamedTuple

from bouvier.meta.objects import Obj
from bouvier.network.endpoints import endpoints_of, usable

ANY_HOST = "*"
"""Site of rules without a host."""


class Server(NamedTuple):
    """An endpoint of a backend."""

    address: str
    port: int
    weight: int = -1
    """Share of the requests among the servers of a backend, 0 to 256; negative: like all others."""

    @property
    def name(self) -> str:
        """Return the name under which the balancer knows it."""
        return f"{self.address}:{self.port}"


class BackendRef(NamedTuple):
    """A port of a Service."""

    namespace: str
    service: str
    port: int
    route: str = ""
    """Route that has a backend of its own, because its Services are weighted or its way in is restricted."""
    others: tuple[str, ...] = ()
    """Further Services of that Route."""

    @property
    def name(self) -> str:
        """Return the backend's name: `default.web.80`; no part can hold a dot but a Route's name, which comes last."""
        return f"{self.namespace}.{self.service}.{self.port}" + (f".{self.route}" if self.route else "")

    @property
    def service_keys(self) -> set[str]:
        """Return the keys of the Services."""
        return {f"{self.namespace}/{service}" for service in (self.service, *self.others)}


class Route(NamedTuple):
    """One path of one site."""

    site: str
    """`web.example`, `*.example` or `*`."""
    path: str
    """Without a slash at its end, so `/` is empty."""
    is_exact: bool
    backend: str


class Secured(NamedTuple):
    """A backend that is meant for requests with TLS."""

    backend: str
    redirects: bool
    """Send requests without TLS to the same address with it; else refuse them."""


def servers_of(slices: list[Obj], port: dict[str, Any]) -> tuple[Server, ...]:
    """Return the endpoints that may get requests for a port of a Service."""
    known = usable(endpoints_of(slices, port.get("name") or "", port.get("protocol") or "TCP"))
    return tuple(sorted({Server(endpoint.address, endpoint.port) for endpoint in known}))
