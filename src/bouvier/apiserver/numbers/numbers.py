"""Cluster addresses and node ports of Services: which are free, and claiming them around the write of a Service.

What is in use is what claims and stored Services say, followed through the cache; numbers of writes that are under way in
this process are held apart until the cache shows them or a minute has passed.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from typing import NamedTuple

from bouvier.apiserver import codec
from bouvier.apiserver.cache.hub import CacheHub, StoreKey
from bouvier.apiserver.numbers.claims import Claim, ClaimedError, Claims, Number
from bouvier.apiserver.numbers.drawing import draw_address, draw_port
from bouvier.apiserver.numbers.ranges import ServiceRanges
from bouvier.meta.errors import ApiError, FieldError, invalid, invalid_object
from bouvier.meta.objects import Obj

HOLD_SECONDS = 60.0


class _Hold(NamedTuple):
    until: float
    service: StoreKey
    is_drawn: bool
    """Drawn here, not asked for: another one will do as well."""


class ServiceNumbers:
    """Gives Services their numbers. One for the API server's process."""

    def __init__(self, hub: CacheHub, ranges: ServiceRanges, node_ports: tuple[int, int]) -> None:
        self.ranges = ranges
        self.node_ports = node_ports
        self._claims = Claims(hub)
        self._owners: dict[tuple[str, Number], StoreKey] = {}
        self._used: dict[StoreKey, set[Number]] = {}
        self._held: dict[tuple[str, Number], _Hold] = {}
        hub.listen("", "services", self._observe)

    def _observe(self, key: StoreKey, value: bytes | None) -> None:
        before, now = self._used.pop(key, set()), set(numbers_of(codec.decode(value))) if value else set()
        for number in before - now:
            if self._owners.get((key.cluster, number)) == key:
                del self._owners[key.cluster, number]
        for number in now:
            self._owners[key.cluster, number] = key
            hold = self._held.get((key.cluster, number))
            if hold is not None and hold.service == key:  # another's, whose write is under way, will learn that it lost
                del self._held[key.cluster, number]
        if now:
            self._used[key] = now

    def has(self, service: StoreKey, number: Number) -> bool:
        """Tell whether a stored Service has the number already."""
        return number in self._used.get(service, ())

    def is_taken(self, service: StoreKey, number: Number) -> bool:
        """Tell whether a number belongs to another Service, or to something else, or is being given to it."""
        owner = self._owners.get((service.cluster, number))
        if owner is not None:
            return owner != service
        hold = self._held.get((service.cluster, number))
        if hold is not None and hold.service != service and hold.until > time.monotonic():
            return True
        return self._claims.is_claimed(service, number)

    def is_free(self, cluster: str, number: Number) -> bool:
        """Tell whether nothing has, claims or is being given a number."""
        hold = self._held.get((cluster, number))
        is_held = hold is not None and hold.until > time.monotonic()
        return not is_held and (cluster, number) not in self._owners and not self._claims.exists(cluster, number)

    def hold(self, service: StoreKey, numbers: Iterable[Number], drawn: set[Number]) -> None:
        """Keep numbers of a write that is under way apart."""
        now = time.monotonic()
        self._held = {key: hold for key, hold in self._held.items() if hold.until > now}
        for number in numbers:
            if not self.has(service, number):
                self._held[service.cluster, number] = _Hold(now + HOLD_SECONDS, service, number in drawn)

    @asynccontextmanager
    async def claimed(self, service: StoreKey, obj: Obj) -> AsyncIterator[None]:
        """Claim what a Service needs beyond what it has, before it is written in the body; give back what is left over.

        Drawn numbers that another server was faster with are replaced in `obj`.

        Raises:
            ApiError: Invalid for a number that was asked for and is somebody else's.
        """
        before = set(self._used.get(service, ()))
        taken = await self._take_all(service, obj, before)
        gone = self._known(service, before - set(numbers_of(obj)))
        try:
            yield
        except ApiError:
            await self._drop_all([claim for claim in taken if claim.is_new])
            raise
        finally:
            for claim in taken:
                self._held.pop((service.cluster, _number(claim)), None)
        await self._drop_all(gone)

    @asynccontextmanager
    async def released(self, service: StoreKey) -> AsyncIterator[None]:
        """Give back all that a Service has, after it is removed in the body."""
        gone = self._known(service, self._used.get(service, ()))
        yield
        await self._drop_all(gone)

    def _known(self, service: StoreKey, numbers: Iterable[Number]) -> list[Claim]:
        return [claim for number in numbers if (claim := self._claims.known(service, number))]

    async def _take_all(self, service: StoreKey, obj: Obj, before: set[Number]) -> list[Claim]:
        taken: list[Claim] = []
        while wanted := [n for n in dict.fromkeys(numbers_of(obj)) if n not in before and n not in map(_number, taken)]:
            answers = await asyncio.gather(*(self._claims.take(service, n) for n in wanted), return_exceptions=True)
            taken += [answer for answer in answers if isinstance(answer, Claim)]
            for number, answer in zip(wanted, answers, strict=True):
                if isinstance(answer, BaseException):
                    await self._lost(service, obj, number, answer, taken)
        return taken

    async def _lost(
        self, service: StoreKey, obj: Obj, number: Number, error: BaseException, taken: list[Claim]
    ) -> None:
        """Replace a drawn number that was lost; give everything back when there is no way on."""
        hold = self._held.pop((service.cluster, number), None)
        try:
            if not isinstance(error, ClaimedError):
                raise error
            if hold is None or not hold.is_drawn:
                raise invalid_object("", "Service", service.name, [taken_error(obj, number)])
            another = self.draw(service, number)
            replace_number(obj, number, another)
            self.hold(service, [another], {another})
        except ApiError:
            await self._drop_all([claim for claim in taken if claim.is_new])
            raise

    def draw(self, service: StoreKey, like: Number) -> Number:
        """Return a free number of the same sort.

        Raises:
            ApiError: none is free.
        """
        if isinstance(like, str):
            return draw_address(self.ranges.of(service.cluster), lambda n: self.is_free(service.cluster, n))
        return draw_port(self.node_ports, lambda n: self.is_free(service.cluster, n))

    async def _drop_all(self, claims: list[Claim]) -> None:
        if claims:
            await asyncio.gather(*map(self._claims.drop, claims))


def _number(claim: Claim) -> Number:
    return int(claim.key.name) if claim.key.plural == "nodeportclaims" else claim.key.name


def numbers_of(service: Obj) -> list[Number]:
    """Return the address and node ports of a Service."""
    spec = service.get("spec") or {}
    found: list[Number] = []
    if spec.get("clusterIP") and spec["clusterIP"] != "None" and spec.get("type") != "ExternalName":
        found.append(spec["clusterIP"])
    found += [port["nodePort"] for port in spec.get("ports") or () if port.get("nodePort")]
    return found


def replace_number(service: Obj, old: Number, new: Number) -> None:
    """Put another number in the place of one, in place."""
    spec = service["spec"]
    if isinstance(new, str):
        spec["clusterIP"], spec["clusterIPs"] = new, [new]
        return
    for port in spec.get("ports") or ():
        if port.get("nodePort") == old:
            port["nodePort"] = new


def taken_error(service: Obj, number: Number) -> FieldError:
    """Return the refusal of a number that somebody else has."""
    if isinstance(number, str):
        detail = f"failed to allocate IP {number}: provided IP is already allocated"
        return invalid("spec.clusterIPs", [number], detail)
    ports = (service.get("spec") or {}).get("ports") or ()
    index = next((i for i, port in enumerate(ports) if port.get("nodePort") == number), 0)
    return invalid(f"spec.ports[{index}].nodePort", number, "provided port is already allocated")
