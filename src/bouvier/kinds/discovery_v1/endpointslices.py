"""EndpointSlice: some of the addresses behind a Service."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping, Sequence
from typing import Any

from bouvier.kinds import fields, names
from bouvier.kinds.addresses import but_own_api, reachable
from bouvier.kinds.columns import AGE, NAME, cell, text
from bouvier.kinds.core_v1.endpoints import shortened
from bouvier.kinds.fields import Errors
from bouvier.kinds.findings import show
from bouvier.kinds.kind import Kind
from bouvier.meta.errors import FieldError, required
from bouvier.meta.objects import Obj
from bouvier.meta.resources import ENDPOINTSLICES

_TYPES = ("FQDN", "IPv4", "IPv6")
_PROTOCOLS = ("SCTP", "TCP", "UDP")
_MAX_ENDPOINTS = 1000
_MAX_PORTS = 20000
_MAX_ADDRESSES = 100


def default(obj: Obj) -> None:
    """Fill name and protocol of ports."""
    for port in obj.get("ports") or ():
        port.setdefault("name", "")
        port.setdefault("protocol", "TCP")


def validate(obj: Obj) -> list[FieldError]:
    """Check type, addresses and ports."""
    return but_own_api(obj, _errors(obj))


def _errors(obj: Obj) -> Errors:
    kind = obj.get("addressType") or ""
    if not kind:
        yield required("addressType")
    elif kind not in _TYPES:
        yield fields.unsupported("addressType", kind, _TYPES)
    endpoints = obj.get("endpoints") or []
    if len(endpoints) > _MAX_ENDPOINTS:
        yield _too_many("endpoints", len(endpoints), _MAX_ENDPOINTS)
        return
    for index, endpoint in enumerate(endpoints):
        yield from _endpoint(f"endpoints[{index}]", endpoint, kind)
    yield from _ports(obj.get("ports") or [])


def _too_many(path: str, count: int, limit: int) -> FieldError:
    return FieldError("FieldValueTooMany", path, f"Too many: {count}: must have at most {limit} items")


def _endpoint(path: str, endpoint: Mapping[str, Any], kind: str) -> Errors:
    addresses = endpoint.get("addresses") or []
    if not addresses:
        yield required(f"{path}.addresses", "must contain at least 1 address")
    elif len(addresses) > _MAX_ADDRESSES:
        yield _too_many(f"{path}.addresses", len(addresses), _MAX_ADDRESSES)
    for index, address in enumerate(addresses):
        if kind == "FQDN":
            yield from fields.each(f"{path}.addresses[{index}]", address, names.subdomain)
        elif kind in _TYPES and not _is_of_family(address, kind):
            detail = f"must be an {kind} address"
            yield fields.invalid(f"{path}.addresses[{index}]", address, detail)
        elif kind in _TYPES:
            yield from reachable(f"{path}.addresses[{index}]", address)
    if endpoint.get("nodeName"):
        yield from fields.each(f"{path}.nodeName", endpoint["nodeName"], names.subdomain)
    if endpoint.get("hostname") is not None:
        yield from fields.each(f"{path}.hostname", endpoint["hostname"], names.label)


def _is_of_family(address: str, kind: str) -> bool:
    try:
        return ipaddress.ip_address(address).version == int(kind[-1])
    except ValueError:
        return False


def _ports(ports: Sequence[Mapping[str, Any]]) -> Errors:
    if len(ports) > _MAX_PORTS:
        yield _too_many("ports", len(ports), _MAX_PORTS)
        return
    seen: set[str] = set()
    for index, port in enumerate(ports):
        path, name = f"ports[{index}]", port.get("name") or ""
        if name:
            yield from fields.each(f"{path}.name", name, names.label)
        if name in seen:
            yield FieldError("FieldValueDuplicate", f"{path}.name", f"Duplicate value: {show(name)}")
        seen.add(name)
        yield from fields.one_of(f"{path}.protocol", port.get("protocol"), _PROTOCOLS)
        if port.get("port") is not None:
            yield from fields.port(f"{path}.port", port["port"])


def validate_update(new: Obj, old: Obj) -> list[FieldError]:
    """Refuse to change the kind of addresses."""
    return list(fields.immutable("addressType", new.get("addressType"), old.get("addressType")))


def _port_text(port: Mapping[str, Any]) -> str:
    return str(port.get("name") or "*") if port.get("port") is None else str(port["port"])


def _ports_cell(obj: Obj) -> str:
    ports = [_port_text(port) for port in obj.get("ports") or ()]
    return shortened(ports, "<unset>")


def _endpoints_cell(obj: Obj) -> str:
    found = [str(one) for endpoint in obj.get("endpoints") or () for one in endpoint.get("addresses") or ()]
    return shortened(found, "<unset>")


KIND = Kind(
    resource=ENDPOINTSLICES,
    singular="endpointslice",
    definition="io.k8s.api.discovery.v1.EndpointSlice",
    columns=(
        NAME,
        text("AddressType", "addressType"),
        cell("Ports", _ports_cell),
        cell("Endpoints", _endpoints_cell),
        AGE,
    ),
    default=default,
    validate=validate,
    validate_update=validate_update,
    has_generation=True,
)
