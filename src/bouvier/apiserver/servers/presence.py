"""The Lease of this server, and the endpoints of `kubernetes` in every cluster, kept true by each living server.

All servers write the same, from the same Leases; a server that sees another one die writes it out. While the store does
not answer nothing is written: who cannot write is no server.
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import socket

import structlog

from bouvier.apiserver.cache.hub import StoreKey
from bouvier.apiserver.clusters.directory import LOCAL
from bouvier.apiserver.context import Call, Context
from bouvier.apiserver.internal import SELF, internal_request
from bouvier.apiserver.request import Target
from bouvier.apiserver.servers import endpoints, leases
from bouvier.apiserver.servers.leases import Address
from bouvier.apiserver.verbs.creating import create_object
from bouvier.apiserver.verbs.storing import store_removed
from bouvier.apiserver.verbs.updating import change_object
from bouvier.meta.errors import ApiError
from bouvier.meta.gvk import Resource
from bouvier.meta.objects import Obj, name_of
from bouvier.meta.resources import ENDPOINTS, ENDPOINTSLICES, LEASES
from bouvier.store.interface import StoreUnavailableError

log = structlog.get_logger(__name__)


class Presence:
    """Says that this server lives, and where all living ones are."""

    def __init__(self, context: Context, host: str, port: int, renew_seconds: float = leases.RENEW_SECONDS) -> None:
        self.address = Address(host, port)
        self._context = context
        self._renew_seconds = renew_seconds
        self._holder = f"{leases.lease_name(self.address)}_{secrets.token_hex(8)}"
        self._sightings = leases.Sightings()
        self._changed = asyncio.Event()
        self._known: set[str] = set()
        context.hub.listen(LEASES.group, LEASES.plural, self._observe)

    def _observe(self, key: StoreKey, value: bytes | None) -> None:
        """Look again when a server comes or goes; renewals are looked at with our own."""
        if key.cluster != LOCAL or key.namespace != leases.NAMESPACE or not key.name.startswith("apiserver-"):
            return
        if (value is not None) != (key.name in self._known):
            self._known ^= {key.name}
            self._changed.set()

    async def run(self) -> None:
        """Renew the Lease and follow the others until cancelled."""
        loop = asyncio.get_running_loop()
        renew_at = loop.time()
        while True:
            self._changed.clear()
            try:
                if loop.time() >= renew_at:
                    renew_at = loop.time() + self._renew_seconds
                    await self.renew()
                await self.follow()
            except (ApiError, StoreUnavailableError) as error:
                log.warning("the servers' addresses could not be written", why=str(error))
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(max(0.0, renew_at - loop.time())):
                    await self._changed.wait()

    async def renew(self) -> None:
        """Write this server's Lease."""
        wanted = leases.lease_object(self.address, self._holder, socket.gethostname())
        cache = self._context.hub.resource(LOCAL, LEASES.group, LEASES.plural)
        if f"{leases.NAMESPACE}/{name_of(wanted)}" not in cache.entries:
            await create_object(self._call(LEASES, leases.NAMESPACE), wanted, record=False)
            return
        call = self._call(LEASES, leases.NAMESPACE, name_of(wanted))
        await change_object(call, lambda live: self._renewed(live, wanted), record=False)

    def _renewed(self, live: Obj, wanted: Obj) -> Obj:
        metadata = live["metadata"] | {field: wanted["metadata"][field] for field in ("labels", "annotations")}
        return live | {"metadata": metadata, "spec": wanted["spec"]}

    async def leave(self) -> None:
        """Remove this server's Lease and endpoint: it stops."""
        with contextlib.suppress(ApiError, StoreUnavailableError, TimeoutError):
            async with asyncio.timeout(self._renew_seconds):
                await self._remove(LOCAL, LEASES, leases.NAMESPACE, leases.lease_name(self.address))
                others = [one for one in self.living() if one != self.address]
                if others:
                    await self._write_all(others)

    def living(self) -> list[Address]:
        """Return where the living servers are; this one always is among them."""
        ages = self._sightings.ages(known := self._leases(), asyncio.get_running_loop().time())
        found = {self.address}
        for lease in known:
            duration = (lease.get("spec") or {}).get("leaseDurationSeconds") or leases.LEASE_SECONDS
            address = leases.address_of(lease)
            if address is not None and ages[name_of(lease)] < duration:
                found.add(address)
        return sorted(found)

    async def follow(self) -> None:
        """Write the endpoints of every cluster as the Leases say, and remove Leases of servers long gone."""
        await self._write_all(self.living())
        for name, age in self._sightings.ages(self._leases(), asyncio.get_running_loop().time()).items():
            if age > leases.FORGOTTEN_SECONDS:
                await self._remove(LOCAL, LEASES, leases.NAMESPACE, name)

    def _leases(self) -> list[Obj]:
        entries = self._context.hub.resource(LOCAL, LEASES.group, LEASES.plural).in_namespace(leases.NAMESPACE)
        found = [entry.decode() for entry in entries if entry.name.startswith("apiserver-")]
        return [lease for lease in found if leases.is_server(lease)]

    async def _write_all(self, addresses: list[Address]) -> None:
        for cluster in [LOCAL, *(name for name in self._context.clusters.names() if name != LOCAL)]:
            if f"{endpoints.NAMESPACE}/{endpoints.NAME}" in self._context.hub.resource(cluster, "", "services").entries:
                await self._write(cluster, addresses)

    async def _write(self, cluster: str, addresses: list[Address]) -> None:
        wanted = endpoints.slices(addresses)
        for obj in wanted.values():
            await self._ensure(cluster, ENDPOINTSLICES, obj)
        await self._ensure(cluster, ENDPOINTS, endpoints.endpoints(addresses))
        cache = self._context.hub.resource(cluster, ENDPOINTSLICES.group, ENDPOINTSLICES.plural)
        for entry in list(cache.in_namespace(endpoints.NAMESPACE)):
            is_ours = entry.labels.get(endpoints.SERVICE_LABEL) == endpoints.NAME
            if is_ours and entry.name not in wanted:
                await self._remove(cluster, ENDPOINTSLICES, endpoints.NAMESPACE, entry.name)

    async def _ensure(self, cluster: str, resource: Resource, wanted: Obj) -> None:
        key = f"{endpoints.NAMESPACE}/{name_of(wanted)}"
        if key in self._context.hub.resource(cluster, resource.group, resource.plural).entries:
            call = self._call(resource, endpoints.NAMESPACE, name_of(wanted), cluster)
            await change_object(call, lambda live: endpoints.with_content(live, wanted))
            return
        try:
            await create_object(self._call(resource, endpoints.NAMESPACE, cluster=cluster), wanted)
        except ApiError as error:
            if error.reason != "AlreadyExists":  # else another server was faster, with the same content
                raise

    async def _remove(self, cluster: str, resource: Resource, namespace: str, name: str) -> None:
        entry = self._context.hub.resource(cluster, resource.group, resource.plural).entries.get(f"{namespace}/{name}")
        if entry is None:
            return
        call = self._call(resource, namespace, name, cluster)
        with contextlib.suppress(ApiError):  # somebody was faster: the next look sees what is there
            await store_removed(call, call.key(name), entry)

    def _call(self, resource: Resource, namespace: str, name: str = "", cluster: str = LOCAL) -> Call:
        kind = self._context.kinds.by_kind(cluster, resource.group, resource.version, resource.kind)
        assert kind is not None
        target = Target(resource.group, resource.version, resource.plural, namespace, name, "", "")
        return Call(self._context, internal_request(cluster, SELF), kind, target)
