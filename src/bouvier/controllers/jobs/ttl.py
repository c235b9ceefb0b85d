"""Deletes finished Jobs when their time to live is over.

Source: https://kubernetes.io/docs/concepts/workloads/controllers/ttlafterfinished/
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from bouvier.client.informer import Informer, InformerSet
from bouvier.client.rest import Client
from bouvier.client.workqueue import WorkQueue
from bouvier.controllers.jobs.status import finished_since
from bouvier.controllers.runtime.controller import Again
from bouvier.meta.errors import ApiError
from bouvier.meta.objects import Obj, is_deleting, key_of, name_of, namespace_of, uid_of
from bouvier.meta.resources import JOBS
from bouvier.util.clock import parse_time


def seconds_to_live(job: Obj, now: datetime) -> float | None:
    """Return how long the job is kept, at least 0; None if it is not to be deleted."""
    allowed, finished = job["spec"].get("ttlSecondsAfterFinished"), finished_since(job)
    if allowed is None or not finished or is_deleting(job):
        return None
    end = parse_time(finished) + timedelta(seconds=int(allowed))
    return max((end - now).total_seconds(), 0.0)


class JobTtlController:
    """Deletes Jobs with their pods."""

    name = "job-ttl"
    workers = 2
    reads = (JOBS,)
    writes = (JOBS,)

    def __init__(self, client: Client) -> None:
        self._client = client

    def register(self, informers: InformerSet, queue: WorkQueue) -> None:
        """Watch Jobs that have a time to live."""
        self._jobs: Informer = informers.informer(JOBS)

        def changed(event_type: str, _old: Obj | None, new: Obj) -> None:
            if event_type != "DELETED" and new["spec"].get("ttlSecondsAfterFinished") is not None:
                queue.add(key_of(new))

        self._jobs.add_handler(changed)

    async def reconcile(self, key: str) -> Again | None:
        """Delete the Job or wait; its pods go first, so that it shows until they are gone."""
        job = self._jobs.get(key)
        left = seconds_to_live(job, datetime.now(UTC)) if job else None
        if job is None or left is None:
            return None
        if left > 0:
            return Again(left)
        try:
            await self._client.delete(
                JOBS,
                name_of(job),
                namespace_of(job),
                propagation="Foreground",
                uid=uid_of(job),
                resource_version=job["metadata"]["resourceVersion"],
            )
        except ApiError as error:
            if error.reason != "NotFound":
                raise
        return None
