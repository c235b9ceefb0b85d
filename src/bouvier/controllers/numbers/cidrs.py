"""Looks after ServiceCIDRs: protects them while addresses depend on them, and says whether they are ready."""

from __future__ import annotations

from datetime import UTC, datetime
from ipaddress import ip_address

from bouvier.client.informer import Informer, InformerSet
from bouvier.client.rest import Client
from bouvier.client.workqueue import WorkQueue
from bouvier.controllers.numbers import cidrs_plan as plan
from bouvier.controllers.runtime.controller import Again
from bouvier.kinds.networking_v1.servicecidrs import FINALIZER
from bouvier.meta.objects import Obj, name_of
from bouvier.meta.resources import IPADDRESSES, SERVICECIDRS
from bouvier.util.clock import now_text


class ServiceCidrController:
    """Finalizer, condition Ready and the end of ServiceCIDRs. Keys are their names."""

    name = "service-cidrs"
    workers = 1
    reads = (SERVICECIDRS, IPADDRESSES)
    writes = (SERVICECIDRS,)

    def __init__(self, client: Client) -> None:
        self._client = client

    def register(self, informers: InformerSet, queue: WorkQueue) -> None:
        """Watch ranges and addresses: both decide whether a range may go."""
        self._queue = queue
        self._cidrs: Informer = informers.informer(SERVICECIDRS)
        self._addresses: Informer = informers.informer(IPADDRESSES)
        self._cidrs.add_handler(lambda _type, _old, _new: self._all())
        self._addresses.add_handler(self._address_changed)

    def _all(self) -> None:
        for cidr in self._cidrs.items():
            self._queue.add(name_of(cidr))

    def _address_changed(self, event: str, _old: Obj | None, new: Obj) -> None:
        if event == "MODIFIED":
            return
        address = ip_address(name_of(new))
        for cidr in self._cidrs.items():
            if cidr["metadata"].get("deletionTimestamp") and any(address in one for one in plan.networks_of(cidr)):
                self._queue.add(name_of(cidr))

    async def reconcile(self, key: str) -> Again | None:
        """Protect a range, or let it go when nothing depends on it."""
        cidr = self._cidrs.get(key)
        if cidr is None:
            return None
        finalizers = cidr["metadata"].get("finalizers") or []
        if not cidr["metadata"].get("deletionTimestamp"):
            if FINALIZER not in finalizers:
                cidr = await self._set_finalizers(cidr, [*finalizers, FINALIZER])
            await self._say(cidr, is_blocked=False)
            return None
        if FINALIZER not in finalizers:
            return None
        others = [one for one in self._cidrs.items() if name_of(one) != key]
        if plan.is_used(cidr, others, self._addresses.items()):
            await self._say(cidr, is_blocked=True)
            return None
        left = plan.seconds_until_end(cidr, datetime.now(UTC))
        if left > 0:
            return Again(left)
        await self._set_finalizers(cidr, [one for one in finalizers if one != FINALIZER])
        return None

    async def _set_finalizers(self, cidr: Obj, finalizers: list[str]) -> Obj:
        metadata = {"finalizers": finalizers, "resourceVersion": cidr["metadata"]["resourceVersion"]}
        return await self._client.patch(SERVICECIDRS, name_of(cidr), {"metadata": metadata})

    async def _say(self, cidr: Obj, *, is_blocked: bool) -> None:
        wanted = plan.conditions(cidr, is_blocked=is_blocked, now=now_text())
        if wanted is None:
            return
        body = {"metadata": {"uid": cidr["metadata"]["uid"]}, "status": {"conditions": wanted}}
        await self._client.patch(SERVICECIDRS, name_of(cidr), body, subresource="status")
