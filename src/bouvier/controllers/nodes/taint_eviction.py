"""Deletes pods that do not tolerate (any longer) the NoExecute taints of their host."""

from __future__ import annotations

from datetime import UTC, datetime

from bouvier.client.events import Recorder
from bouvier.client.informer import Informer, InformerSet
from bouvier.client.rest import Client
from bouvier.client.workqueue import WorkQueue
from bouvier.controllers.nodes.removal import disrupt
from bouvier.controllers.nodes.taint_eviction_plan import eviction_time, no_execute
from bouvier.controllers.runtime.caches import pods
from bouvier.controllers.runtime.controller import Again
from bouvier.meta.objects import Obj, is_deleting, key_of, name_of
from bouvier.meta.resources import NODES, PODS


class TaintEvictionController:
    """Evicts pods; keys are pods."""

    name = "taint-eviction"
    workers = 8
    reads = (NODES, PODS)
    writes = (PODS,)

    def __init__(self, client: Client, recorder: Recorder) -> None:
        self._client = client
        self._recorder = recorder

    def register(self, informers: InformerSet, queue: WorkQueue) -> None:
        """Watch taints, and pods that come to tainted hosts."""
        self._queue = queue
        self._nodes: Informer = informers.informer(NODES)
        self._pods: Informer = pods(informers)
        self._nodes.add_handler(self._node_changed)
        self._pods.add_handler(self._pod_changed)

    async def reconcile(self, key: str) -> Again | None:
        """Evict the pod when its time has come."""
        pod = self._pods.get(key)
        node = self._nodes.get(pod["spec"].get("nodeName") or "") if pod else None
        if pod is None or node is None or is_deleting(pod):
            return None
        now = datetime.now(UTC)
        moment = eviction_time(pod, no_execute(node), now)
        if moment is None:
            return None
        if moment > now:
            return Again((moment - now).total_seconds())
        message = "Taint manager: deleting due to NoExecute taint"
        await disrupt(self._client, pod, reason="DeletionByTaintManager", message=message)
        self._recorder.event(pod, "Normal", "TaintManagerEviction", f"Marking for deletion Pod {key}")
        return None

    def _node_changed(self, _type: str, old: Obj | None, new: Obj) -> None:
        if no_execute(new) and (old is None or no_execute(old) != no_execute(new)):
            for pod in self._pods.indexed("host", name_of(new)):
                self._queue.add(key_of(pod))

    def _pod_changed(self, event_type: str, old: Obj | None, new: Obj) -> None:
        host = new["spec"].get("nodeName")
        if event_type == "DELETED" or not host or (old is not None and _place(old) == _place(new)):
            return
        node = self._nodes.get(host)
        if node is not None and no_execute(node):
            self._queue.add(key_of(new))


def _place(pod: Obj) -> tuple[object, ...]:
    return pod["spec"].get("nodeName"), pod["spec"].get("tolerations")
