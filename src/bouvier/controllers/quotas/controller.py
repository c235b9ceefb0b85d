"""Keeps the status of ResourceQuotas at what their namespaces really use."""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic

from bouvier.client.informer import Informer, InformerSet
from bouvier.client.rest import Client
from bouvier.client.workqueue import WorkQueue
from bouvier.controllers.quotas.counting import Census
from bouvier.controllers.quotas.plan import QUIET_SECONDS, plan, raised
from bouvier.controllers.runtime.caches import owned, pods
from bouvier.controllers.runtime.controller import Again
from bouvier.kinds.usage.objects import counts
from bouvier.meta.gvk import Resource
from bouvier.meta.objects import Obj, is_deleting, key_of, namespace_of
from bouvier.meta.resources import (
    DEPLOYMENTS,
    JOBS,
    PODS,
    REPLICASETS,
    REPLICATIONCONTROLLERS,
    RESOURCEQUOTAS,
    SERVICES,
)

CACHED = (DEPLOYMENTS, JOBS, REPLICASETS, REPLICATIONCONTROLLERS, SERVICES)
"""Resources beside pods that this process caches anyway."""
POLL_SECONDS = 5.0
"""How often a quota is measured that counts objects which no cache follows: what is deleted is free again after this."""


class QuotaController:
    """Measures quotas and lowers what was charged too much."""

    name = "resource-quota"
    workers = 2
    reads = (RESOURCEQUOTAS, PODS, *CACHED)
    writes = (RESOURCEQUOTAS,)

    def __init__(self, client: Client, clock: Callable[[], float] = monotonic) -> None:
        self._client = client
        self._clock = clock
        self._census = Census(client)
        self._raised_at: dict[str, float] = {}

    def register(self, informers: InformerSet, queue: WorkQueue) -> None:
        """Watch quotas and what they count."""
        self._queue = queue
        self._quotas: Informer = informers.informer(RESOURCEQUOTAS)
        caches: dict[Resource, Informer] = {PODS: pods(informers)}
        caches |= {resource: owned(informers, resource) for resource in CACHED}
        self._census.caches = caches
        self._quotas.add_handler(self._quota_changed)
        caches[PODS].add_handler(self._pod_changed)
        for resource in CACHED:
            caches[resource].add_handler(self._object_changed)

    async def reconcile(self, key: str) -> Again | None:
        """Measure and report."""
        quota = self._quotas.get(key)
        if quota is None:
            self._raised_at.pop(key, None)
            return None
        if is_deleting(quota):
            return None
        found = await self._census.measure(quota)
        quiet = self._clock() - self._raised_at.get(key, -QUIET_SECONDS)
        made = plan(quota, found, quiet)
        if made.status != (quota.get("status") or {}):
            await self._client.update(RESOURCEQUOTAS, {**quota, "status": made.status}, subresource="status")
        waits = [made.again_seconds] if made.again_seconds is not None else []
        waits += [] if self._census.is_followed(quota) else [POLL_SECONDS]
        return Again(min(waits)) if waits else None

    def _quota_changed(self, event_type: str, old: Obj | None, new: Obj) -> None:
        """Note when something was charged; one that is seen for the first time may have been charged just now."""
        if event_type != "DELETED" and (old is None or raised(old, new)):
            self._raised_at[key_of(new)] = self._clock()
        self._queue.add(key_of(new))

    def _pod_changed(self, event_type: str, old: Obj | None, new: Obj) -> None:
        is_same = old is not None and counts(old) == counts(new) and old["spec"] == new["spec"]
        if event_type != "MODIFIED" or not is_same:
            self._object_changed(event_type, None, new)

    def _object_changed(self, event_type: str, old: Obj | None, new: Obj) -> None:
        if event_type == "MODIFIED" and old is not None and old.get("spec") == new.get("spec"):
            return
        for quota in self._quotas.items(namespace_of(new)):
            self._queue.add(key_of(quota))
