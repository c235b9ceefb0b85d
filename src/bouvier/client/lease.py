"""Leader election by a Lease: of several processes with one task, one works.

Whoever writes its name into the Lease leads, and renews it. Two candidates cannot both succeed, because each write
names the resourceVersion it read. A candidate takes over when the record has not changed for the time that it promises,
measured by the candidate's own clock from when it saw the record: clocks of different hosts are never compared.
A leader that cannot renew stops its work before others may begin.

A process that comes back under the same identity leads again at once; identities must therefore differ between
processes that run at the same time and may be the same over restarts.
Source: https://kubernetes.io/docs/concepts/architecture/leases/
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

from bouvier.client.rest import Client
from bouvier.meta.errors import ApiError
from bouvier.meta.objects import Obj
from bouvier.meta.resources import LEASES
from bouvier.util.clock import now_micro_text

LEASE_SECONDS = 15
"""How long others wait after the last renewal."""
RENEW_SECONDS = 10
"""How long the leader tries to renew before it stops working; less than LEASE_SECONDS by the time stopping may take."""
RETRY_SECONDS = 2
"""Time between attempts of leader and candidates."""

_log = logging.getLogger(__name__)


class Elector:
    """One candidate for one Lease."""

    def __init__(
        self,
        client: Client,
        name: str,
        identity: str,
        *,
        namespace: str = "kube-system",
        lease_seconds: float = LEASE_SECONDS,
        renew_seconds: float = RENEW_SECONDS,
        retry_seconds: float = RETRY_SECONDS,
    ) -> None:
        self.is_leader = False
        self._client = client
        self._name = name
        self._identity = identity
        self._namespace = namespace
        self._lease_seconds = lease_seconds
        self._renew_seconds = renew_seconds
        self._retry_seconds = retry_seconds
        self._seen_version = ""
        self._seen_at = 0.0

    async def run(self, work: Callable[[], Awaitable[Any]]) -> None:
        """Run `work` whenever this candidate leads, until it returns or raises; cancel it when leadership is lost.

        The Lease is given up when `work` ends and on cancellation.
        """
        while True:
            await self._acquire()
            if await self._lead(work):
                return

    def is_led_by_other(self, lease: Obj) -> bool:
        """Tell whether a Lease names another holder than this candidate."""
        return ((lease.get("spec") or {}).get("holderIdentity") or "") not in {"", self._identity}

    async def _acquire(self) -> None:
        while not await self._try():  # noqa: ASYNC110 - polls another machine
            await asyncio.sleep(self._retry_seconds)
        self.is_leader = True
        _log.info("%s leads %s", self._identity, self._name)

    async def _lead(self, work: Callable[[], Awaitable[Any]]) -> bool:
        """Work and renew side by side; tell whether the work ended by itself."""
        working = asyncio.ensure_future(work())
        renewing = asyncio.create_task(self._renew(), name=f"renew lease {self._name}")
        try:
            await asyncio.wait({working, renewing}, return_when=asyncio.FIRST_COMPLETED)
            if working.done():
                working.result()
                return True
            _log.warning("%s lost %s", self._identity, self._name)
            return False
        finally:
            self.is_leader = False
            lost = renewing.done()
            await _stop(working, renewing)
            if not lost:
                await self._release()

    async def _renew(self) -> None:
        """Keep the Lease; return when it is lost."""
        loop = asyncio.get_running_loop()
        renewed = loop.time()
        while loop.time() - renewed < self._renew_seconds:
            await asyncio.sleep(self._retry_seconds)
            began = loop.time()
            with suppress(TimeoutError):
                async with asyncio.timeout(max(0.0, renewed + self._renew_seconds - began)):
                    if await self._try():
                        renewed = began

    async def _try(self) -> bool:
        """Take or renew the Lease if it is ours, free or expired; tell whether we hold it."""
        try:
            lease = await self._read()
            if lease is None:
                await self._client.create(LEASES, self._new(), namespace=self._namespace)
                return True
            if not self._may_take(lease):
                return False
            await self._client.update(LEASES, self._taken(lease))
            return True
        except ApiError as error:
            if error.reason not in {"Conflict", "AlreadyExists"}:
                _log.warning("lease %s: %s", self._name, error)
            return False
        except ConnectionError as error:
            _log.debug("lease %s: %s", self._name, error)
            return False

    async def _read(self) -> Obj | None:
        try:
            return await self._client.get(LEASES, self._name, self._namespace)
        except ApiError as error:
            if error.reason == "NotFound":
                return None
            raise

    def _may_take(self, lease: Obj) -> bool:
        spec = lease.get("spec") or {}
        now = asyncio.get_running_loop().time()
        version = lease["metadata"]["resourceVersion"]
        if version != self._seen_version:
            self._seen_version, self._seen_at = version, now
        holder = spec.get("holderIdentity") or ""
        if holder in {"", self._identity}:
            return True
        return now >= self._seen_at + (spec.get("leaseDurationSeconds") or self._lease_seconds)

    def _new(self) -> Obj:
        now = now_micro_text()
        spec = self._spec() | {"acquireTime": now, "renewTime": now, "leaseTransitions": 0}
        metadata = {"name": self._name, "namespace": self._namespace}
        return {"apiVersion": LEASES.api_version, "kind": LEASES.kind, "metadata": metadata, "spec": spec}

    def _taken(self, lease: Obj) -> Obj:
        old = lease.get("spec") or {}
        now = now_micro_text()
        spec = old | self._spec() | {"renewTime": now}
        if old.get("holderIdentity") != self._identity:
            spec |= {"acquireTime": now, "leaseTransitions": (old.get("leaseTransitions") or 0) + 1}
        return lease | {"spec": spec}

    def _spec(self) -> Obj:
        return {"holderIdentity": self._identity, "leaseDurationSeconds": max(1, round(self._lease_seconds))}

    async def _release(self) -> None:
        """Empty the Lease so that the next candidate need not wait; failing at it only costs them that wait."""
        with suppress(ApiError, ConnectionError, TimeoutError):
            async with asyncio.timeout(self._retry_seconds):
                lease = await self._read()
                if lease is None or (lease.get("spec") or {}).get("holderIdentity") != self._identity:
                    return
                spec = lease["spec"] | {"leaseDurationSeconds": 1, "renewTime": now_micro_text()}
                del spec["holderIdentity"]
                await self._client.update(LEASES, lease | {"spec": spec})


async def _stop(*tasks: asyncio.Future[Any]) -> None:
    """Cancel and wait; results were looked at before, or do not matter any more."""
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
