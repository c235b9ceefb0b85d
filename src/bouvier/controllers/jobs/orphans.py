"""Frees pods that wait to be counted by a Job that is gone.

Without this a pod whose Job was deleted, or that was orphaned, could never be deleted: only its Job takes the tracking
finalizer off. The server is asked whether the Job is really gone, since a cache may lag.
"""

from __future__ import annotations

from bouvier.client.informer import Informer, InformerSet
from bouvier.client.rest import Client
from bouvier.client.workqueue import WorkQueue
from bouvier.controllers.jobs.finalizers import release
from bouvier.controllers.jobs.pods import is_tracked
from bouvier.controllers.runtime.caches import pods
from bouvier.controllers.runtime.controller import Again
from bouvier.meta.errors import ApiError
from bouvier.meta.objects import Obj, controller_of, key_of, namespace_of, uid_of
from bouvier.meta.resources import JOBS, PODS


class JobOrphanController:
    """Takes finalizers off orphans; keys are pods."""

    name = "job-orphan"
    workers = 4
    reads = (JOBS, PODS)
    writes = (PODS,)

    def __init__(self, client: Client) -> None:
        self._client = client

    def register(self, informers: InformerSet, queue: WorkQueue) -> None:
        """Watch tracked pods, and Jobs that go."""
        self._queue = queue
        self._jobs: Informer = informers.informer(JOBS)
        self._pods: Informer = pods(informers)
        self._jobs.add_handler(self._job_changed)
        self._pods.add_handler(self._pod_changed)

    async def reconcile(self, key: str) -> Again | None:
        """Free the pod if nobody will count it."""
        pod = self._pods.get(key)
        if pod is None or not is_tracked(pod) or self._has_job(pod):
            return None
        controller = controller_of(pod)
        if controller is None or await self._is_gone(namespace_of(pod), controller):
            await release(self._client, [pod])
        return None

    def _has_job(self, pod: Obj) -> bool:
        controller = controller_of(pod)
        if controller is None:
            return False
        if controller["kind"] != JOBS.kind:
            return True
        job = self._jobs.get(f"{namespace_of(pod)}/{controller['name']}")
        return job is not None and uid_of(job) == str(controller["uid"])

    async def _is_gone(self, namespace: str, controller: Obj) -> bool:
        try:
            job = await self._client.get(JOBS, controller["name"], namespace)
        except ApiError as error:
            if error.reason == "NotFound":
                return True
            raise
        return uid_of(job) != str(controller["uid"])

    def _job_changed(self, event_type: str, _old: Obj | None, new: Obj) -> None:
        if event_type == "DELETED":
            for pod in self._pods.indexed("owner", uid_of(new)):
                self._queue.add(key_of(pod))

    def _pod_changed(self, event_type: str, _old: Obj | None, new: Obj) -> None:
        if event_type != "DELETED" and is_tracked(new) and not self._has_job(new):
            self._queue.add(key_of(new))
