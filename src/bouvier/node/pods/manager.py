"""One worker for each pod: those that the API binds to this host, and those that the engine still has.

Workers begin only when both sides are known, so that no container is taken for an orphan, nor a pod for a new one,
because a list has not arrived yet.
"""

from __future__ import annotations

import asyncio
import logging
import shutil

from bouvier.client.informer import Informer
from bouvier.meta.objects import Obj, uid_of
from bouvier.node.pods.groups import weigh_classes
from bouvier.node.pods.limits import pod_shares
from bouvier.node.pods.progress import is_over
from bouvier.node.pods.spec import quality_of_service
from bouvier.node.pods.worker import PodWorker
from bouvier.node.ports import PodRef
from bouvier.node.shared import Shared

_WEIGH_SECONDS = 1.0
"""Delay before class weights follow a change: the groups exist once the first pod of a class has started."""

_log = logging.getLogger(__name__)


class PodManager:
    """Starts, feeds and ends workers."""

    def __init__(self, shared: Shared, pods: Informer) -> None:
        self._shared = shared
        self._pods = pods
        self._workers: dict[str, PodWorker] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._done: set[str] = set()
        self._open = False
        self._weighing: asyncio.TimerHandle | None = None

    async def run(self) -> None:
        """Drive all pods until cancelled; containers go on running then."""
        view = self._shared.view
        await self._pods.synced.wait()
        await view.synced.wait()
        await self._shared.images.known.wait()
        await self._shared.services.synced.wait()
        self._shared.attached = dict(await self._shared.network.observe())
        await self._clear_leftovers()
        self._open = True
        view.on_pod = self._engine_changed
        self._shared.images.on_change = self._wake_all
        self._shared.references.on_change = self._contents_changed
        self._pods.add_handler(self._pod_changed)
        for uid in view.uids():
            self._engine_changed(uid)
        try:
            await asyncio.Event().wait()
        finally:
            self._open = False
            if self._weighing:
                self._weighing.cancel()
            for task in self._tasks.values():
                task.cancel()
            await asyncio.gather(*self._tasks.values(), return_exceptions=True)

    def find(self, namespace: str, name: str) -> Obj | None:
        """Return a pod of this host."""
        return self._pods.get(f"{namespace}/{name}")

    def pods(self) -> list[Obj]:
        """Return all pods of this host."""
        return self._pods.items()

    async def _clear_leftovers(self) -> None:
        """Remove addresses and files of pods that neither the API nor the engine knows."""
        known = {uid_of(pod) for pod in self._pods.items()} | self._shared.view.uids()
        for uid in [uid for uid in self._shared.attached if uid not in known]:
            await self._shared.network.detach(PodRef("", "", uid))
            del self._shared.attached[uid]
        folder = self._shared.settings.data_dir / "pods"
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        for path in folder.iterdir():
            if path.name not in known:
                shutil.rmtree(path, ignore_errors=True)

    def _pod_changed(self, event_type: str, _old: Obj | None, pod: Obj) -> None:
        uid = uid_of(pod)
        worker = self._workers.get(uid)
        if event_type == "DELETED":
            self._done.discard(uid)
            if worker:
                worker.update(None)
        elif worker:
            worker.update(pod)
        elif uid not in self._done:
            self._start(uid, pod)

    def _engine_changed(self, uid: str) -> None:
        worker = self._workers.get(uid)
        if worker:
            worker.wake()
        elif self._open and uid not in self._done:
            self._start(uid, None)

    def _contents_changed(self, uid: str) -> None:
        if worker := self._workers.get(uid):
            worker.contents_changed()

    def _wake_all(self) -> None:
        for worker in self._workers.values():
            worker.wake()

    def _start(self, uid: str, pod: Obj | None) -> None:
        if pod is None:
            _log.info("pod %s is in the engine but not in the API: removing it", uid)
        worker = self._workers[uid] = PodWorker(self._shared, uid, pod, self.pods)
        task = asyncio.get_running_loop().create_task(worker.run(), name=f"pod {uid}")
        self._tasks[uid] = task
        task.add_done_callback(lambda _: self._ended(uid, worker))

        self._weigh_soon()

    def _weigh_soon(self) -> None:
        """Adapt the weights of the QoS classes to the pods of this host; many changes together count once."""
        if self._weighing is None:
            self._weighing = asyncio.get_running_loop().call_later(_WEIGH_SECONDS, self._weigh)

    def _weigh(self) -> None:
        self._weighing = None
        burstable = [pod for pod in self._pods.items() if quality_of_service(pod) == "Burstable" and not is_over(pod)]
        weigh_classes(self._shared.settings.cgroup_parent, sum(pod_shares(pod) for pod in burstable))

    def _ended(self, uid: str, worker: PodWorker) -> None:
        del self._workers[uid], self._tasks[uid]
        if self._open:
            self._weigh_soon()
        if worker.pod is not None:
            self._done.add(uid)  # its object stays until others take their finalizers off
