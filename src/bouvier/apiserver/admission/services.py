"""Cluster addresses and node ports of Services at admission: asked for and checked, kept, or drawn.

They are claimed later, right before the Service is stored (`apiserver.numbers`).
"""

from __future__ import annotations

from ipaddress import AddressValueError, IPv4Address

from bouvier.apiserver.admission.chain import Operation, concerns
from bouvier.apiserver.cache.hub import CacheHub, StoreKey
from bouvier.apiserver.numbers.claims import Number
from bouvier.apiserver.numbers.drawing import draw_address, draw_port
from bouvier.apiserver.numbers.numbers import ServiceNumbers, numbers_of, taken_error
from bouvier.meta.errors import FieldError, invalid, invalid_object
from bouvier.meta.objects import Obj, name_of

NODE_PORT_TYPES = ("NodePort", "LoadBalancer")


class ServiceAddresses:
    """The admission plug-in that gives Services their numbers."""

    def __init__(self, hub: CacheHub, numbers: ServiceNumbers) -> None:
        self._hub = hub
        self._numbers = numbers

    @concerns(("", "services"))
    async def admit(self, operation: Operation) -> None:
        """Complete and check the numbers of a Service under admission.

        Raises:
            ApiError: Invalid for numbers that cannot be had, InternalError when none is left.
        """
        service = operation.obj
        if operation.resource != ("", "services") or service is None or operation.subresource:
            return
        key = operation.call.key(name_of(service))
        if operation.verb == "create" and numbers_of(service):
            await self._hub.fresh()  # what another server gave back just now may be asked for
        before = (operation.old or {}).get("spec") or {}
        errors: list[FieldError] = []
        drawn: set[Number] = set()
        self._address(key, service, before, drawn, errors)
        self._ports(key, service, before, drawn, errors)
        if errors:
            raise invalid_object("", "Service", name_of(service), errors)
        if not operation.dry_run:
            self._numbers.hold(key, numbers_of(service), drawn)

    def _address(self, key: StoreKey, service: Obj, before: Obj, drawn: set[Number], errors: list[FieldError]) -> None:
        spec = service["spec"]
        if spec.get("type") == "ExternalName":
            spec.pop("clusterIP", None)
            spec.pop("clusterIPs", None)
            return
        wanted = spec.get("clusterIP") or (spec.get("clusterIPs") or [""])[0]
        if not wanted and before.get("clusterIP") and before.get("type") != "ExternalName":
            wanted = before["clusterIP"]
        if not wanted:
            wanted = draw_address(self._numbers.ranges.of(key.cluster), lambda n: self._numbers.is_free(key.cluster, n))
            drawn.add(wanted)
        elif wanted != "None" and not self._numbers.has(key, wanted):
            self._check_address(key, service, wanted, errors)
        spec["clusterIP"], spec["clusterIPs"] = wanted, [wanted]
        spec.setdefault("ipFamilies", ["IPv4"])
        spec.setdefault("ipFamilyPolicy", "SingleStack")

    def _check_address(self, key: StoreKey, service: Obj, wanted: str, errors: list[FieldError]) -> None:
        ranges = self._numbers.ranges.of(key.cluster)
        try:
            address = IPv4Address(wanted)
        except AddressValueError:
            errors.append(invalid("spec.clusterIPs[0]", wanted, "must be a valid IPv4 address"))
            return
        if not any(address in network for network in ranges):
            named = ", ".join(map(str, ranges))
            detail = f"failed to allocate IP {wanted}: the provided IP is not in the valid range {named}"
            errors.append(invalid("spec.clusterIPs", [wanted], detail))
        elif self._numbers.is_taken(key, wanted):
            errors.append(taken_error(service, wanted))

    def _ports(self, key: StoreKey, service: Obj, before: Obj, drawn: set[Number], errors: list[FieldError]) -> None:
        spec = service["spec"]
        wants = _draws_ports(spec)
        old = {p.get("name"): p.get("nodePort") for p in before.get("ports") or ()} if _draws_ports(before) else {}
        asked = {port.get("nodePort") for port in spec.get("ports") or ()}
        kept = set(old.values()) & asked
        for index, port in enumerate(spec.get("ports") or ()):
            if spec.get("type") not in NODE_PORT_TYPES:
                port.pop("nodePort", None)
                continue
            number = port.get("nodePort")
            if not number and wants and old.get(port.get("name")) not in kept:
                number = old.get(port.get("name"))
                kept.add(number)
            if number:
                self._check_port(key, index, number, errors)
            elif wants:
                number = self._draw_port(key, asked | drawn)
                drawn.add(number)
            if number:
                port["nodePort"] = number

    def _check_port(self, key: StoreKey, index: int, number: int, errors: list[FieldError]) -> None:
        first, last = self._numbers.node_ports
        path = f"spec.ports[{index}].nodePort"
        if not isinstance(number, int) or not first <= number <= last:
            detail = f"provided port is not in the valid range. The range of valid ports is {first}-{last}"
            errors.append(invalid(path, number, detail))
        elif self._numbers.is_taken(key, number):
            errors.append(invalid(path, number, "provided port is already allocated"))

    def _draw_port(self, key: StoreKey, others: set[Number]) -> int:
        free = self._numbers.is_free
        return draw_port(self._numbers.node_ports, lambda n: n not in others and free(key.cluster, n))


def _draws_ports(spec: Obj) -> bool:
    """Tell whether the ports of a service are given node ports; an update keeps those of ports of the same name."""
    return spec.get("type") in NODE_PORT_TYPES and spec.get("allocateLoadBalancerNodePorts") is not False
