"""Deletes what nobody owns any more, and lets owners wait for or leave their dependents as their finalizers ask.

The graph of owner references lags behind the server, so it only ever suggests: before an object is deleted, each owner
that the graph does not show is asked for at the server by name and uid, and the object itself is read again; the
deletion names the uid and version that were read.
Source: https://kubernetes.io/docs/concepts/architecture/garbage-collection/
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict

import structlog

from bouvier.client.events import Recorder
from bouvier.client.informer import InformerSet
from bouvier.client.rest import Client
from bouvier.client.workqueue import WorkQueue
from bouvier.controllers.garbage.actions import Actions
from bouvier.controllers.garbage.collector_plan import LookAt, OwnerState, plan
from bouvier.controllers.garbage.discovery import Discovery
from bouvier.controllers.garbage.graph import Graph, Owner, Vertex, vertex
from bouvier.controllers.garbage.monitors import Monitors
from bouvier.controllers.runtime.controller import Again
from bouvier.controllers.runtime.errors import Temporary
from bouvier.meta.errors import ApiError
from bouvier.meta.gvk import Resource
from bouvier.meta.objects import Obj, uid_of
from bouvier.meta.resources import CUSTOMRESOURCEDEFINITIONS

DISCOVERY_SECONDS = 30.0
"""How often resources are looked up where no definition of a custom resource announces them."""
REMEMBERED_ABSENT = 500
"""Owners known to be gone: dependents of one owner usually come together."""
UNSYNCED_SECONDS = 0.2

log = structlog.get_logger(__name__)


class GarbageCollector:
    """Keys are uids."""

    name = "garbage-collector"
    workers = 8
    reads: tuple[Resource, ...] = (CUSTOMRESOURCEDEFINITIONS,)
    writes: tuple[Resource, ...] = ()
    """Everything: deletions, and removal of owner references and of the finalizers `foregroundDeletion`, `orphan`."""

    def __init__(self, client: Client, shared: tuple[Resource, ...] = ()) -> None:
        """Collect; resources in `shared` are read from this process's informers."""
        self._client = client
        self._shared = shared
        self._discovery = Discovery(client)
        self._graph = Graph()
        self._absent: OrderedDict[tuple[str, str], None] = OrderedDict()
        """Owners that a namespace does not have, by uid and namespace: they may well exist in another one."""
        self._recorder = Recorder(client, self.name)
        self._changed = asyncio.Event()
        self._started = False

    def register(self, informers: InformerSet, queue: WorkQueue) -> None:
        """Take the shared caches; definitions of custom resources announce new resources."""
        self._queue = queue
        self._monitors = Monitors(self._client, self._graph, queue.add)
        self._monitors.share({resource: informers.informer(resource) for resource in self._shared})
        definitions = informers.informer(CUSTOMRESOURCEDEFINITIONS)
        definitions.add_handler(lambda _type, _old, _new: self._changed.set())

    async def run(self) -> None:
        """Keep the watches in step with what the API serves."""
        try:
            while True:
                self._changed.clear()
                await self._discover()
                try:
                    async with asyncio.timeout(DISCOVERY_SECONDS if self._started else 1.0):
                        await self._changed.wait()
                except TimeoutError:
                    continue
        finally:
            await self._monitors.stop()

    async def _discover(self) -> None:
        try:
            self._monitors.follow(await self._discovery.refresh())
            self._started = True
        except (ApiError, ConnectionError) as error:
            log.warning("cannot discover resources", error=str(error))

    async def reconcile(self, key: str) -> Again | None:
        """Decide about one object."""
        if not self._started or self._monitors.waiting_for():
            return Again(UNSYNCED_SECONDS)
        item = self._graph.get(key)
        if item is None:
            return None
        if item.virtual:
            await self._verify(item)
            return None
        if item.deleting and not (item.awaits_dependents or item.orphans_dependents):
            return None
        if not item.owners and not item.deleting:
            return None
        await self._decide(item)
        return None

    async def _verify(self, item: Vertex) -> None:
        """Find out whether an owner that was never seen exists."""
        owner = Owner(item.api_version, item.kind, item.name, item.uid, blocks=False)
        if await self._owner_state(owner, item.namespace) is OwnerState.ABSENT:
            for uid in self._graph.remove(item.uid):
                self._queue.add(uid)

    async def _decide(self, item: Vertex) -> None:
        assert item.resource is not None
        live = await self._read(item.resource, item.name, item.namespace)
        if live is None or uid_of(live) != item.uid:
            for uid in self._graph.remove(item.uid):
                self._queue.add(uid)
            return
        latest = vertex(item.resource, live)
        owners = {}
        for owner in self._graph.owners_elsewhere(latest):
            identity = f"[{owner.api_version}/{owner.kind}, namespace: {latest.namespace}, name: {owner.name}"
            message = f'ownerRef {identity}, uid: {owner.uid}] does not exist in namespace "{latest.namespace}"'
            self._recorder.event(live, "Warning", "OwnerRefInvalidNamespace", message)
        if not latest.deleting:
            owners = {owner.uid: await self._owner_state(owner, item.namespace) for owner in latest.owners}
        action = plan(latest, owners, self._graph.dependents(item.uid))
        if isinstance(action, LookAt):
            for uid in action.uids:
                self._queue.add(uid)
            return
        await Actions(self._client).perform(action, latest, live)

    async def _owner_state(self, owner: Owner, namespace: str) -> OwnerState:
        """Say what became of an owner; only the server's word makes it absent."""
        if (owner.uid, namespace) in self._absent:
            return OwnerState.ABSENT
        known = self._graph.get(owner.uid)
        if known is not None and not known.virtual and known.namespace in ("", namespace):
            return OwnerState.WAITING if known.awaits_dependents else OwnerState.ALIVE
        resource = self._discovery.find(owner.api_version, owner.kind)
        if resource is None:
            self._changed.set()
            raise Temporary(f"owner {owner.kind} {owner.name}: the API serves no {owner.api_version} {owner.kind}")
        if resource.namespaced and not namespace:
            return OwnerState.ALIVE  # a cluster-scoped object cannot have it as owner: nothing can be concluded
        live = await self._read(resource, owner.name, namespace)
        if live is not None and uid_of(live) == owner.uid:
            return OwnerState.WAITING if vertex(resource, live).awaits_dependents else OwnerState.ALIVE
        self._absent[owner.uid, namespace] = None
        if len(self._absent) > REMEMBERED_ABSENT:
            self._absent.popitem(last=False)
        return OwnerState.ABSENT

    async def _read(self, resource: Resource, name: str, namespace: str) -> Obj | None:
        try:
            return await self._client.get(resource, name, namespace)
        except ApiError as error:
            if error.reason == "NotFound":
                return None
            raise
