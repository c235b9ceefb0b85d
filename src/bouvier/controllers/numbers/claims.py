"""Repairs the claims of cluster addresses and node ports.

A server that dies between a claim and its Service leaves the claim behind; stores of earlier versions have Services
without claims. Keys are `services/NAMESPACE/NAME`, `ipaddresses/ADDRESS` and `nodeportclaims/PORT`.
"""

from __future__ import annotations

import time
from functools import partial

from bouvier.client.events import Recorder
from bouvier.client.informer import Informer, InformerSet
from bouvier.client.rest import Client
from bouvier.client.workqueue import WorkQueue
from bouvier.controllers.numbers import claims_plan as plan
from bouvier.controllers.runtime.controller import Again
from bouvier.meta.errors import ApiError
from bouvier.meta.gvk import Resource
from bouvier.meta.objects import Obj, key_of, name_of
from bouvier.meta.resources import IPADDRESSES, NODEPORTCLAIMS, SERVICES


class ClaimRepair:
    """Makes missing claims, removes left over ones, reports Services that share a number."""

    name = "service-numbers"
    workers = 2
    reads = (SERVICES, IPADDRESSES, NODEPORTCLAIMS)
    writes = (IPADDRESSES, NODEPORTCLAIMS)

    def __init__(self, client: Client, recorder: Recorder, rest_seconds: float = plan.REST_SECONDS) -> None:
        self._client = client
        self._recorder = recorder
        self._rest_seconds = rest_seconds
        self._idle: dict[str, tuple[str, float]] = {}
        """Claims without a Service: resourceVersion and since when it was seen, by key."""

    def register(self, informers: InformerSet, queue: WorkQueue) -> None:
        """Watch Services and claims; a change on either side is a reason to look at both."""
        self._queue = queue
        self._services: Informer = informers.informer(SERVICES)
        self._claims = {kind.plural: informers.informer(kind) for kind in (IPADDRESSES, NODEPORTCLAIMS)}
        self._services.add_handler(self._service_changed)
        for kind in (IPADDRESSES, NODEPORTCLAIMS):
            self._claims[kind.plural].add_handler(partial(self._claim_changed, kind))

    def _service_changed(self, _type: str, old: Obj | None, new: Obj) -> None:
        if old is not None and _type == "MODIFIED" and plan.numbers_of(old) == plan.numbers_of(new):
            return
        self._queue.add(f"services/{key_of(new)}")
        for one in (old, new):
            for kind, number in plan.numbers_of(one) if one else ():
                self._queue.add(f"{kind.plural}/{number}")

    def _claim_changed(self, kind: Resource, _type: str, _old: Obj | None, claim: Obj) -> None:
        self._queue.add(f"{kind.plural}/{name_of(claim)}")
        if parent := plan.parent_of(claim):
            self._queue.add(f"services/{parent}")

    async def reconcile(self, key: str) -> Again | None:
        """Bring claims and Services into step."""
        plural, _, name = key.partition("/")
        if plural == SERVICES.plural:
            service = self._services.get(name)
            for kind, number in plan.numbers_of(service) if service else ():
                await self._ensure(kind, number, service)  # type: ignore[arg-type]
            return None
        return await self._judge(IPADDRESSES if plural == IPADDRESSES.plural else NODEPORTCLAIMS, name, key)

    async def _ensure(self, kind: Resource, number: str, service: Obj) -> None:
        claim = self._claims[kind.plural].get(number)
        if claim is None:
            claim = await self._create(kind, number, service)
        if claim is not None and plan.parent_of(claim) != key_of(service):
            reason, message = plan.sharing(kind, number, claim)
            self._recorder.event(service, "Warning", reason, message)

    async def _create(self, kind: Resource, number: str, service: Obj) -> Obj | None:
        """Make a claim that seems to be missing; return the one that turns out to be there, None when it was made.

        The Service must still be there: its claim may be missing because both have just gone.
        """
        try:
            live = await self._client.get(SERVICES, name_of(service), service["metadata"]["namespace"])
            if (kind, number) not in plan.numbers_of(live):
                return None
            await self._client.create(kind, plan.new_claim(kind, number, service))
        except ApiError as error:
            if error.reason == "NotFound":
                return None
            if error.reason != "AlreadyExists":
                raise
            return await self._client.get(kind, number)
        return None

    async def _judge(self, kind: Resource, name: str, key: str) -> Again | None:
        """Remove a claim that has stayed without its Service for a while, unless somebody writes it meanwhile."""
        claim = self._claims[kind.plural].get(name)
        parent = plan.parent_of(claim) if claim else ""
        if claim is None or not plan.is_managed(kind, claim) or not parent:
            self._idle.pop(key, None)
            return None
        if plan.is_needed(kind, claim, self._services.get(parent)):
            self._idle.pop(key, None)
            return None
        version, now = claim["metadata"]["resourceVersion"], time.monotonic()
        seen, since = self._idle.get(key, ("", now))
        if seen != version:
            self._idle[key], since = (version, now), now
        if now < since + self._rest_seconds:
            return Again(since + self._rest_seconds - now)
        await self._remove(kind, name, version)
        self._idle.pop(key, None)
        return None

    async def _remove(self, kind: Resource, name: str, version: str) -> None:
        try:
            await self._client.delete(kind, name, resource_version=version)
        except ApiError as error:
            if error.reason not in {"NotFound", "Conflict"}:
                raise
