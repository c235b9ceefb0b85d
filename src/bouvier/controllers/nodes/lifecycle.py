"""Watches over hosts: marks and taints the Nodes of those that fall silent or complain.

When all hosts were silent and one is heard again, the silence was ours (the API was away): everyone gets the whole
grace time once more, so that a restart of the API server never empties hosts that are merely a little later.
"""

from __future__ import annotations

from datetime import UTC, datetime

from bouvier.client.events import Recorder
from bouvier.client.informer import Informer, InformerSet
from bouvier.client.rest import Client
from bouvier.client.workqueue import WorkQueue
from bouvier.controllers.nodes.heartbeats import Heartbeats
from bouvier.controllers.nodes.lifecycle_plan import Census, NodePlan, is_healthy, not_ready, plan
from bouvier.controllers.runtime.caches import pods
from bouvier.controllers.runtime.controller import Again
from bouvier.controllers.runtime.taints import taints_of
from bouvier.meta.errors import ApiError
from bouvier.meta.objects import Obj, condition_of, name_of, namespace_of, uid_of
from bouvier.meta.resources import LEASES, NODES, PODS

LEASE_NAMESPACE = "kube-node-lease"
GRACE_SECONDS = 40.0
"""Kubernetes' old default: four renewals of a Lease may be lost. A fast profile takes 10 (with renewals every 2 s)."""
RECHECK_SECONDS = 5.0
"""How often a silent host's pods are looked over, for statuses that were under way when it fell silent."""


class NodeLifecycleController:
    """Writes conditions and taints of Nodes."""

    name = "node-lifecycle"
    workers = 2
    reads = (NODES, LEASES, PODS)
    writes = (NODES, PODS)

    def __init__(self, client: Client, recorder: Recorder, grace_seconds: float = GRACE_SECONDS) -> None:
        self._client = client
        self._recorder = recorder
        self._heartbeats = Heartbeats(grace_seconds)
        self._unhealthy: set[str] = set()
        self._silent: set[str] = set()
        self._disrupted = False

    def register(self, informers: InformerSet, queue: WorkQueue) -> None:
        """Watch Nodes, their Leases and their pods."""
        self._queue = queue
        self._nodes: Informer = informers.informer(NODES)
        self._pods: Informer = pods(informers)
        leases = informers.informer(LEASES, namespace=LEASE_NAMESPACE)
        self._nodes.add_handler(self._node_changed)
        leases.add_handler(self._lease_changed)

    async def reconcile(self, key: str) -> Again | None:
        """Judge one host."""
        node = self._nodes.get(key)
        if node is None:
            self._forget(key)
            return None
        remaining = self._heartbeats.remaining_seconds(key)
        census = self._count(node, silent=remaining <= 0)
        wanted = plan(node, silent=remaining <= 0, census=census, now=datetime.now(UTC))
        await self._write(node, wanted)
        if wanted.distrust_pods:
            await self._distrust(key)
            return Again(RECHECK_SECONDS)
        return Again(remaining)

    def _count(self, node: Obj, *, silent: bool) -> Census:
        """Keep count of unhealthy hosts; look at all hosts again when the whole gets or ceases to be disrupted."""
        name = name_of(node)
        (self._silent.add if silent else self._silent.discard)(name)
        (self._unhealthy.add if silent or not is_healthy(node) else self._unhealthy.discard)(name)
        census = Census(len(self._nodes.items()), len(self._unhealthy))
        if census.is_disrupted != self._disrupted:
            self._disrupted = census.is_disrupted
            if not self._disrupted:
                self._heartbeats.restart()
            for each in self._nodes.items():
                self._queue.add(name_of(each))
        return census

    async def _write(self, node: Obj, wanted: NodePlan) -> None:
        """Write conditions and taints, each only onto the version that was judged."""
        version = node["metadata"]["resourceVersion"]
        if wanted.conditions is not None:
            body = {"metadata": {"resourceVersion": version}, "status": {"conditions": wanted.conditions}}
            written = await self._client.patch(NODES, name_of(node), body, subresource="status")
            version = written["metadata"]["resourceVersion"]
            message = f"Node {name_of(node)} status is now: NodeNotReady"
            self._recorder.event(node, "Normal", "NodeNotReady", message)
        if wanted.taints is not None:
            body = {"metadata": {"resourceVersion": version}, "spec": {"taints": wanted.taints or None}}
            await self._client.patch(NODES, name_of(node), body)

    async def _distrust(self, host: str) -> None:
        """Take pods of a silent host out of service: nobody vouches for their readiness."""
        now = datetime.now(UTC)
        for pod in self._pods.indexed("host", host):
            conditions = not_ready(pod, now)
            if conditions is None:
                continue
            body = {"metadata": {"uid": uid_of(pod)}, "status": {"conditions": conditions}}
            try:
                await self._client.patch(PODS, name_of(pod), body, namespace=namespace_of(pod), subresource="status")
            except ApiError as error:
                if error.reason not in ("NotFound", "Conflict"):
                    raise
            self._recorder.event(pod, "Warning", "NodeNotReady", "Node is not ready")

    def _forget(self, name: str) -> None:
        self._heartbeats.forget(name)
        self._silent.discard(name)
        self._unhealthy.discard(name)

    def _node_changed(self, event_type: str, old: Obj | None, new: Obj) -> None:
        heartbeat = (condition_of(new, "Ready") or {}).get("lastHeartbeatTime")
        if event_type != "DELETED":
            self._heartbeats.note(name_of(new), "status", heartbeat)
        if event_type != "MODIFIED" or old is None or _judged(old) != _judged(new) or name_of(new) in self._silent:
            self._queue.add(name_of(new))

    def _lease_changed(self, event_type: str, _old: Obj | None, new: Obj) -> None:
        if event_type == "DELETED":
            return
        self._heartbeats.note(name_of(new), "lease", (new.get("spec") or {}).get("renewTime"))
        if name_of(new) in self._silent:
            self._queue.add(name_of(new))


def _judged(node: Obj) -> tuple[object, ...]:
    """Return what the judgement of a Node depends on, heartbeats aside."""
    conditions = (node.get("status") or {}).get("conditions") or ()
    cordoned = bool((node.get("spec") or {}).get("unschedulable"))
    return [(each["type"], each.get("status")) for each in conditions], taints_of(node), cordoned
