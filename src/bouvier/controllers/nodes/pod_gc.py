"""Removes pods that have nobody left to remove them: see `pod_gc_plan`.

A Node that is gone must stay gone for a while and be missing at the server too before its pods are removed, because an
agent that starts again may register its host anew.
"""

from __future__ import annotations

from functools import partial
from time import monotonic

from bouvier.client.informer import Informer, InformerSet
from bouvier.client.rest import Client
from bouvier.client.workqueue import WorkQueue
from bouvier.controllers.nodes.pod_gc_plan import MOST_FINISHED, leftovers
from bouvier.controllers.nodes.removal import disrupt
from bouvier.controllers.runtime.caches import pods
from bouvier.controllers.runtime.controller import Again
from bouvier.meta.errors import ApiError
from bouvier.meta.objects import Obj, is_deleting
from bouvier.meta.resources import NODES, PODS

SWEEP = "sweep"
SWEEP_SECONDS = 20.0
QUARANTINE_SECONDS = 40.0
"""How long a Node must be gone before its pods are (Kubernetes' value)."""


class PodGarbageController:
    """Sweeps; there is one key."""

    name = "pod-garbage"
    workers = 1
    reads = (NODES, PODS)
    writes = (PODS,)

    def __init__(
        self, client: Client, *, quarantine_seconds: float = QUARANTINE_SECONDS, most_finished: int = MOST_FINISHED
    ) -> None:
        self._client = client
        self._quarantine_seconds = quarantine_seconds
        self._most_finished = most_finished
        self._missing_since: dict[str, float] = {}

    def register(self, informers: InformerSet, queue: WorkQueue) -> None:
        """Watch pods and Nodes."""
        self._queue = queue
        self._nodes: Informer = informers.informer(NODES)
        self._pods: Informer = pods(informers)
        self._nodes.add_handler(self._node_changed)
        self._pods.add_handler(self._pod_changed)
        queue.add(SWEEP)

    async def reconcile(self, key: str) -> Again:  # noqa: ARG002 - there is one key
        """Remove what is left over."""
        found = leftovers(self._pods.items(), self._nodes.get, self._most_finished)
        remove = partial(disrupt, self._client, reason="DeletionByPodGC", grace_seconds=0)
        for pod in found.unscheduled:
            await remove(pod, message="PodGC: unscheduled and terminating", failed=True)
        for pod in found.out_of_service:
            await remove(pod, message="PodGC: node has been tainted out-of-service", failed=True)
        for pod in found.finished:
            await remove(pod, message="PodGC: too many finished pods")
        wait = await self._remove_hostless(found.hostless)
        return Again(min(SWEEP_SECONDS, wait))

    async def _remove_hostless(self, orphans: list[Obj]) -> float:
        """Remove pods of Nodes that are gone for long enough; return when the next ones are due."""
        hosts = {pod["spec"]["nodeName"] for pod in orphans}
        now = monotonic()
        self._missing_since = {host: self._missing_since.get(host, now) for host in hosts}
        due = {host for host, since in self._missing_since.items() if since + self._quarantine_seconds <= now}
        gone = {host for host in due if await self._is_gone(host)}
        for pod in orphans:
            if pod["spec"]["nodeName"] in gone:
                await disrupt(
                    self._client,
                    pod,
                    reason="DeletionByPodGC",
                    message="PodGC: node no longer exists",
                    failed=True,
                    grace_seconds=0,
                )
        waits = [
            since + self._quarantine_seconds - now for host, since in self._missing_since.items() if host not in due
        ]
        return max(min(waits, default=SWEEP_SECONDS), 0.1)

    async def _is_gone(self, host: str) -> bool:
        try:
            await self._client.get(NODES, host)
        except ApiError as error:
            if error.reason == "NotFound":
                return True
            raise
        return False

    def _node_changed(self, event_type: str, _old: Obj | None, _new: Obj) -> None:
        if event_type == "DELETED":
            self._queue.add(SWEEP)

    def _pod_changed(self, event_type: str, _old: Obj | None, new: Obj) -> None:
        if event_type != "DELETED" and is_deleting(new) and not new["spec"].get("nodeName"):
            self._queue.add(SWEEP)
