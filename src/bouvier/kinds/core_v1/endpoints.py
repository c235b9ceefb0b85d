"""Endpoints: the addresses behind a Service, in the older form that EndpointSlice replaced."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from bouvier.kinds import fields, names
from bouvier.kinds.addresses import but_own_api, reachable
from bouvier.kinds.columns import AGE, NAME, cell
from bouvier.kinds.fields import Errors
from bouvier.kinds.kind import Kind
from bouvier.meta.errors import FieldError, required
from bouvier.meta.objects import Obj
from bouvier.meta.resources import ENDPOINTS

SHOWN = 3
"""How many addresses a cell has room for."""
_PROTOCOLS = ("SCTP", "TCP", "UDP")


def default(obj: Obj) -> None:
    """Fill the protocol of ports."""
    for subset in obj.get("subsets") or ():
        for port in subset.get("ports") or ():
            if not port.get("protocol"):
                port["protocol"] = "TCP"


def validate(obj: Obj) -> list[FieldError]:
    """Check addresses and ports."""
    return but_own_api(obj, _errors(obj))


def _errors(obj: Obj) -> Errors:
    for index, subset in enumerate(obj.get("subsets") or ()):
        path = f"subsets[{index}]"
        if not subset.get("addresses") and not subset.get("notReadyAddresses"):
            yield required(path, "must specify `addresses` or `notReadyAddresses`")
        for field in ("addresses", "notReadyAddresses"):
            for number, address in enumerate(subset.get(field) or ()):
                yield from _address(f"{path}.{field}[{number}]", address)
        ports = subset.get("ports") or ()
        for number, port in enumerate(ports):
            yield from _port(f"{path}.ports[{number}]", port, needs_name=len(ports) > 1)


def _address(path: str, address: Mapping[str, Any]) -> Errors:
    yield from reachable(f"{path}.ip", address.get("ip") or "")
    if address.get("hostname"):
        yield from fields.each(f"{path}.hostname", address["hostname"], names.label)
    if address.get("nodeName"):
        yield from fields.each(f"{path}.nodeName", address["nodeName"], names.subdomain)


def _port(path: str, port: Mapping[str, Any], *, needs_name: bool) -> Errors:
    if port.get("name"):
        yield from fields.each(f"{path}.name", port["name"], names.label)
    elif needs_name:
        yield required(f"{path}.name")
    yield from fields.port(f"{path}.port", port.get("port", 0))
    yield from fields.one_of(f"{path}.protocol", port.get("protocol"), _PROTOCOLS)


def _pairs(obj: Obj) -> Iterator[str]:
    for subset in obj.get("subsets") or ():
        addresses = [str(one.get("ip")) for one in subset.get("addresses") or ()]
        if not subset.get("ports"):
            yield from addresses
        for port in subset.get("ports") or ():
            for address in addresses:
                host = f"[{address}]" if ":" in address else address
                yield f"{host}:{port.get('port')}"


def shortened(values: list[str], empty: str) -> str:
    """Return the first values of a list and how many more there are."""
    if not values:
        return empty
    text = ",".join(values[:SHOWN])
    return f"{text} + {len(values) - SHOWN} more..." if len(values) > SHOWN else text


KIND = Kind(
    resource=ENDPOINTS,
    singular="endpoints",
    definition="io.k8s.api.core.v1.Endpoints",
    short_names=("ep",),
    deprecation="v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice",
    columns=(NAME, cell("Endpoints", lambda obj: shortened(list(_pairs(obj)), "<none>")), AGE),
    default=default,
    validate=validate,
)
