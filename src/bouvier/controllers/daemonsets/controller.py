"""Keeps one pod of a DaemonSet on every host that wants it, and moves hosts from template to template."""

from __future__ import annotations

from datetime import UTC, datetime

from bouvier.client.events import Recorder
from bouvier.client.informer import Informer, InformerSet
from bouvier.client.rest import Client
from bouvier.client.workqueue import WorkQueue
from bouvier.controllers.daemonsets.failures import FailureDelays
from bouvier.controllers.daemonsets.plan import DaemonSetPlan, Observed, failure_reason, plan
from bouvier.controllers.daemonsets.pods import host_of, new_pod
from bouvier.controllers.daemonsets.status import status
from bouvier.controllers.runtime.caches import candidates, owned, pods
from bouvier.controllers.runtime.controller import Again
from bouvier.controllers.runtime.errors import Temporary
from bouvier.controllers.runtime.taints import taints_of
from bouvier.controllers.workloads.adopting import claimed
from bouvier.controllers.workloads.pods import seconds_until_available
from bouvier.controllers.workloads.podwrites import PodWriter
from bouvier.controllers.workloads.replicaset_status import Failure
from bouvier.controllers.workloads.revision_writes import RevisionWriter
from bouvier.controllers.workloads.revisions import REVISION_HASH, expired, hash_of, present
from bouvier.controllers.workloads.watching import OwnerWatch
from bouvier.meta.objects import Obj, is_deleting, key_of, labels_of, name_of, uid_of
from bouvier.meta.resources import CONTROLLERREVISIONS, DAEMONSETS, NODES, PODS
from bouvier.meta.selectors import from_object


class DaemonSetController:
    """Creates and deletes daemon pods and keeps their revisions."""

    name = "daemonset"
    workers = 2
    reads = (DAEMONSETS, PODS, NODES, CONTROLLERREVISIONS)
    writes = (DAEMONSETS, PODS, CONTROLLERREVISIONS)

    def __init__(self, client: Client, recorder: Recorder) -> None:
        self._client = client
        self._recorder = recorder
        self._writer = PodWriter(client, recorder)
        self._revisions = RevisionWriter(client, DAEMONSETS)
        self._delays = FailureDelays()

    def register(self, informers: InformerSet, queue: WorkQueue) -> None:
        """Watch DaemonSets, their pods and revisions, and what hosts offer."""
        self._queue = queue
        self._sets: Informer = informers.informer(DAEMONSETS)
        self._pods: Informer = pods(informers)
        self._history: Informer = owned(informers, CONTROLLERREVISIONS)
        self._nodes: Informer = informers.informer(NODES)
        self._sets.add_handler(lambda _type, _old, new: queue.add(key_of(new)))
        self._nodes.add_handler(self._node_changed)
        watch = OwnerWatch(DAEMONSETS, self._sets, queue.add)
        self._history.add_handler(watch.changed)
        self._pods.add_handler(lambda event_type, _old, new: self._writer.observe(event_type, new))
        self._pods.add_handler(watch.changed)

    async def reconcile(self, key: str) -> Again | None:
        """Give each host what it wants, and report."""
        daemon_set = self._sets.get(key)
        if daemon_set is None:
            self._writer.expectations.forget(key)
            return None
        selector = from_object(daemon_set["spec"]["selector"])
        if selector.empty:
            message = "This daemon set is selecting all pods. A non-empty selector is required."
            self._recorder.event(daemon_set, "Warning", "SelectingAll", message)
            return None
        owner = (DAEMONSETS, daemon_set)
        history = await claimed(
            self._client, owner, selector, (CONTROLLERREVISIONS, candidates(self._history, daemon_set))
        )
        mine = await claimed(self._client, owner, selector, (PODS, candidates(self._pods, daemon_set)))
        revision = present(daemon_set, history)
        if not is_deleting(daemon_set) and await self._revisions.ensure(daemon_set, revision) is None:
            return None
        return await self._bring_about(key, daemon_set, mine, history, hash_of(revision.revision))

    async def _bring_about(
        self, key: str, daemon_set: Obj, mine: list[Obj], history: list[Obj], revision_hash: str
    ) -> Again | None:
        now = datetime.now(UTC)
        nodes = {name_of(node): node for node in self._nodes.items()}
        wanted = plan(Observed(daemon_set, nodes, mine, revision_hash, now))
        delays = [await self._writer.waiting(key)]
        failure = None
        if delays[0] is None:
            delays.append(self._clear_failed(daemon_set, wanted))
            failure = await self._perform(key, daemon_set, wanted, revision_hash)
        await self._report(daemon_set, status(daemon_set, wanted, revision_hash, now))
        await self._clean_up(daemon_set, mine, history, revision_hash)
        if failure:
            raise Temporary(failure.message)
        delays.append(seconds_until_available(mine, daemon_set["spec"].get("minReadySeconds") or 0, now))
        known = [delay for delay in delays if delay is not None]
        return Again(min(known)) if known else None

    def _clear_failed(self, daemon_set: Obj, wanted: DaemonSetPlan) -> float | None:
        """Move failed pods whose delay is over to those that are deleted; return when the next one is due."""
        waits = []
        for pod in wanted.failed:
            left = self._delays.seconds_left(uid_of(daemon_set), host_of(pod))
            if left > 0:
                waits.append(left)
                continue
            wanted.delete.append(pod)
            reason, message = failure_reason(pod)
            event_type = "Warning" if reason == "FailedDaemonPod" else "Normal"
            self._recorder.event(daemon_set, event_type, reason, message)  # type: ignore[arg-type]
        return min(waits, default=None)

    async def _perform(self, key: str, daemon_set: Obj, wanted: DaemonSetPlan, revision_hash: str) -> Failure | None:
        failure = None
        if wanted.create:
            made = [new_pod(daemon_set, host, revision_hash) for host in wanted.create]
            failure = await self._writer.create(key, daemon_set, made)
        if wanted.delete:
            failure = await self._writer.delete(key, daemon_set, wanted.delete) or failure
        return failure

    async def _report(self, daemon_set: Obj, new: Obj) -> None:
        if new != (daemon_set.get("status") or {}):
            await self._client.update(DAEMONSETS, {**daemon_set, "status": new}, subresource="status")

    async def _clean_up(self, daemon_set: Obj, mine: list[Obj], history: list[Obj], revision_hash: str) -> None:
        """Forget old revisions that no pod has."""
        hashes = {labels_of(pod).get(REVISION_HASH, "") for pod in mine} | {revision_hash}
        in_use = {name_of(each) for each in history if hash_of(each) in hashes}
        if not is_deleting(daemon_set):
            await self._revisions.remove(expired(daemon_set, history, in_use))

    def _node_changed(self, event_type: str, old: Obj | None, new: Obj) -> None:
        """Wake every set if the host changed in a way that placement depends on."""
        is_same = old is not None and labels_of(old) == labels_of(new) and taints_of(old) == taints_of(new)
        if event_type == "MODIFIED" and is_same:
            return
        for daemon_set in self._sets.items():
            self._queue.add(key_of(daemon_set))
