"""Cluster addresses and node ports of Services: drawn at creation, kept while the Service lives, given back after.

What is in use is what the stored Services say, followed through the cache; numbers drawn for writes that are
under way are held apart until the cache shows them or a minute has passed.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterable
from ipaddress import AddressValueError, IPv4Address, IPv4Network

from bouvier.apiserver import codec
from bouvier.apiserver.admission.chain import Operation, concerns
from bouvier.apiserver.cache.hub import CacheHub, StoreKey
from bouvier.meta.errors import ApiError, FieldError, invalid, invalid_object
from bouvier.meta.objects import Obj, name_of

HOLD_SECONDS = 60.0
RESERVED_ADDRESSES = 16
"""The first sixteen are never drawn, only given when asked for: `kubernetes` has .1, `kube-dns` .10."""
NODE_PORT_TYPES = ("NodePort", "LoadBalancer")


class ServiceAddresses:
    """The admission plug-in that gives Services their numbers."""

    def __init__(self, hub: CacheHub, network_of: Callable[[str], IPv4Network], node_ports: tuple[int, int]) -> None:
        """Draw from the range that `network_of` gives for a cluster."""
        self._network_of = network_of
        self._node_ports = node_ports
        self._used: dict[str, dict[StoreKey, set[str | int]]] = {}
        self._held: dict[tuple[str, str | int], float] = {}
        hub.listen("", "services", self._observe)

    def _observe(self, key: StoreKey, value: bytes | None) -> None:
        own = self._used.setdefault(key.cluster, {})
        if value is None:
            own.pop(key, None)
        else:
            own[key] = set(_numbers(codec.decode(value)))
            for number in own[key]:
                self._held.pop((key.cluster, number), None)

    @concerns(("", "services"))
    async def admit(self, operation: Operation) -> None:
        """Complete and check the numbers of a Service under admission."""
        service = operation.obj
        if operation.resource != ("", "services") or service is None or operation.subresource:
            return
        key = operation.call.key(name_of(service))
        taken = self._taken(operation.call.cluster, key)
        network = self._network_of(operation.call.cluster)
        errors: list[FieldError] = []
        before = (operation.old or {}).get("spec") or {}
        self._address(service, before, network, taken, errors)
        self._ports(service, before, taken, errors)
        if errors:
            raise invalid_object("", "Service", name_of(service), errors)
        if not operation.dry_run:
            until = time.monotonic() + HOLD_SECONDS
            self._held.update(((operation.call.cluster, n), until) for n in _numbers(service))

    def _taken(self, cluster: str, own: StoreKey) -> set[str | int]:
        now = time.monotonic()
        self._held = {number: until for number, until in self._held.items() if until > now}
        taken = {number for place, number in self._held if place == cluster}
        for key, numbers in self._used.get(cluster, {}).items():
            if key != own:
                taken |= numbers
        return taken - self._used.get(cluster, {}).get(own, set())

    def _address(
        self, service: Obj, before: Obj, network: IPv4Network, taken: set[str | int], errors: list[FieldError]
    ) -> None:
        spec = service["spec"]
        if spec.get("type") == "ExternalName":
            spec.pop("clusterIP", None)
            spec.pop("clusterIPs", None)
            return
        wanted = spec.get("clusterIP") or (spec.get("clusterIPs") or [""])[0]
        if not wanted and before.get("clusterIP") and before.get("type") != "ExternalName":
            wanted = before["clusterIP"]
        if wanted == "None":
            pass
        elif wanted:
            _check_address(wanted, network, taken, errors)
        else:
            wanted = _draw_address(network, taken)
        spec["clusterIP"], spec["clusterIPs"] = wanted, [wanted]
        spec.setdefault("ipFamilies", ["IPv4"])
        spec.setdefault("ipFamilyPolicy", "SingleStack")

    def _ports(self, service: Obj, before: Obj, taken: set[str | int], errors: list[FieldError]) -> None:
        spec = service["spec"]
        wants = spec.get("type") in NODE_PORT_TYPES and spec.get("allocateLoadBalancerNodePorts") is not False
        old = {(p.get("protocol"), p["port"]): p["nodePort"] for p in before.get("ports") or () if p.get("nodePort")}
        drawn: set[str | int] = set()
        for index, port in enumerate(spec.get("ports") or ()):
            if spec.get("type") not in NODE_PORT_TYPES:
                port.pop("nodePort", None)
                continue
            number = port.get("nodePort") or old.get((port.get("protocol"), port.get("port")))
            if number:
                self._check_port(index, number, taken, errors)
            elif wants:
                number = self._draw_port(taken | drawn)
            if number:
                port["nodePort"] = number
                drawn.add(number)

    def _check_port(self, index: int, number: int, taken: set[str | int], errors: list[FieldError]) -> None:
        first, last = self._node_ports
        path = f"spec.ports[{index}].nodePort"
        if not isinstance(number, int) or not first <= number <= last:
            errors.append(
                invalid(
                    path, number, f"provided port is not in the valid range. The range of valid ports is {first}-{last}"
                )
            )
        elif number in taken:
            errors.append(invalid(path, number, "provided port is already allocated"))

    def _draw_port(self, taken: set[str | int]) -> int:
        first, last = self._node_ports
        for _ in range(64):
            candidate = random.randint(first, last)  # noqa: S311
            if candidate not in taken:
                return candidate
        free = [port for port in range(first, last + 1) if port not in taken]
        if not free:
            raise ApiError(
                "InternalError", f"no node port is free in {first}-{last}: delete services or widen the range"
            )
        return free[0]


def _numbers(service: Obj) -> Iterable[str | int]:
    spec = service.get("spec") or {}
    address = spec.get("clusterIP")
    if address and address != "None":
        yield address
    for port in spec.get("ports") or ():
        if port.get("nodePort"):
            yield port["nodePort"]


def _check_address(wanted: str, network: IPv4Network, taken: set[str | int], errors: list[FieldError]) -> None:
    try:
        inside = IPv4Address(wanted) in network
    except AddressValueError:
        errors.append(invalid("spec.clusterIPs[0]", wanted, "must be a valid IPv4 address"))
        return
    if not inside:
        detail = f"failed to allocate IP {wanted}: the provided IP is not in the valid range {network}"
        errors.append(invalid("spec.clusterIPs", [wanted], detail))
    elif wanted in taken:
        detail = f"failed to allocate IP {wanted}: provided IP is already allocated"
        errors.append(invalid("spec.clusterIPs", [wanted], detail))


def _draw_address(network: IPv4Network, taken: set[str | int]) -> str:
    size = network.num_addresses
    for _ in range(64):
        candidate = str(network[random.randrange(RESERVED_ADDRESSES, size - 1)])  # noqa: S311
        if candidate not in taken:
            return candidate
    for offset in range(RESERVED_ADDRESSES, size - 1):
        if str(network[offset]) not in taken:
            return str(network[offset])
    raise ApiError(
        "InternalError", f"the service address range {network} is full: delete services or use a wider range"
    )
