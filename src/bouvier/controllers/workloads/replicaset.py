"""Keeps as many pods as a ReplicaSet (or ReplicationController) asks for.

Source: https://kubernetes.io/docs/concepts/workloads/controllers/replicaset/
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial

from bouvier.client.events import Recorder
from bouvier.client.informer import Informer, InformerSet
from bouvier.client.rest import Client
from bouvier.client.workqueue import WorkQueue
from bouvier.controllers.runtime.caches import candidates, owned, pods
from bouvier.controllers.runtime.controller import Again
from bouvier.controllers.runtime.errors import Temporary
from bouvier.controllers.runtime.names import generated
from bouvier.controllers.workloads.adopting import claimed
from bouvier.controllers.workloads.pods import from_template, seconds_until_available
from bouvier.controllers.workloads.podwrites import PodWriter
from bouvier.controllers.workloads.replicaset_plan import plan
from bouvier.controllers.workloads.replicaset_status import Failure, status
from bouvier.meta.gvk import Resource
from bouvier.meta.objects import Obj, controller_of, key_of, labels_of, name_of, namespace_of, owner_reference
from bouvier.meta.resources import PODS, REPLICASETS, REPLICATIONCONTROLLERS
from bouvier.meta.selectors import LabelSelector, from_object


class ReplicaSetController:
    """Creates and deletes the pods of ReplicaSets; with `resource` of ReplicationControllers."""

    workers = 4

    def __init__(self, client: Client, recorder: Recorder, resource: Resource = REPLICASETS) -> None:
        self.name = resource.kind.lower()
        self.reads = (resource, PODS)
        self.writes = (resource, PODS)
        self._client = client
        self._resource = resource
        self._writer = PodWriter(client, recorder)

    def register(self, informers: InformerSet, queue: WorkQueue) -> None:
        """Watch the sets and all pods."""
        self._queue = queue
        self._sets: Informer = owned(informers, self._resource)
        self._pods: Informer = pods(informers)
        self._sets.add_handler(lambda _type, _old, new: queue.add(key_of(new)))
        self._pods.add_handler(self._pod_changed)

    async def reconcile(self, key: str) -> Again | None:
        """Create or delete pods until there are `spec.replicas`, and report."""
        replica_set = self._sets.get(key)
        if replica_set is None:
            self._writer.expectations.forget(key)
            return None
        selector = selector_of(replica_set)
        mine = await claimed(
            self._client,
            (self._resource, replica_set),
            selector,
            (PODS, candidates(self._pods, replica_set)),
        )
        waiting = await self._writer.waiting(key)
        failure = None if waiting else await self._manage(key, replica_set, mine)
        now = datetime.now(UTC)
        await self._report(replica_set, status(replica_set, mine, failure, now))
        if failure:
            raise Temporary(failure.message)
        seconds = seconds_until_available(mine, replica_set["spec"].get("minReadySeconds") or 0, now)
        delays = [delay for delay in (waiting, seconds) if delay is not None]
        return Again(min(delays)) if delays else None

    async def _manage(self, key: str, replica_set: Obj, mine: Sequence[Obj]) -> Failure | None:
        wanted = plan(replica_set, mine, partial(self._related, replica_set), datetime.now(UTC))
        if wanted.create:
            return await self._writer.create(key, replica_set, _pods(replica_set, wanted.create))
        if wanted.delete:
            return await self._writer.delete(key, replica_set, wanted.delete)
        return None

    def _related(self, replica_set: Obj) -> list[Obj]:
        """Return the pods of all sets with the same controller: crowding is judged over versions."""
        controller = controller_of(replica_set)
        sets = self._sets.indexed("owner", controller["uid"]) if controller else [replica_set]
        return [pod for each in sets for pod in self._pods.indexed("owner", each["metadata"]["uid"])]

    async def _report(self, replica_set: Obj, new: Obj) -> None:
        if new != (replica_set.get("status") or {}):
            await self._client.update(self._resource, {**replica_set, "status": new}, subresource="status")

    def _pod_changed(self, event_type: str, old: Obj | None, new: Obj) -> None:
        self._writer.observe(event_type, new)
        for pod in (old, new) if old else (new,):
            controller = controller_of(pod)
            if controller is None:
                continue
            if controller["kind"] == self._resource.kind and controller["apiVersion"] == self._resource.api_version:
                self._queue.add(f"{namespace_of(pod)}/{controller['name']}")
        if controller_of(new) is None and event_type != "DELETED" and _may_be_adopted(old, new):
            self._orphan_found(new)

    def _orphan_found(self, pod: Obj) -> None:
        for replica_set in self._sets.items(namespace_of(pod)):
            if selector_of(replica_set).matches(labels_of(pod)):
                self._queue.add(key_of(replica_set))


def selector_of(replica_set: Obj) -> LabelSelector:
    """Return the parsed selector; a ReplicationController's is a plain map of labels."""
    selector = replica_set["spec"].get("selector")
    if replica_set["kind"] == REPLICATIONCONTROLLERS.kind:
        selector = {"matchLabels": selector or {}}
    return from_object(selector)


def _pods(replica_set: Obj, count: int) -> list[Obj]:
    template, reference = replica_set["spec"]["template"], owner_reference(replica_set)
    base = name_of(replica_set) + "-"
    return [from_template(template, replica_set, reference, generated(base)) for _ in range(count)]


def _may_be_adopted(old: Obj | None, new: Obj) -> bool:
    return old is None or labels_of(old) != labels_of(new) or controller_of(old) is not None
