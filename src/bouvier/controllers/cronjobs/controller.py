"""Starts Jobs at the times that a CronJob names, and removes old ones."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from bouvier.client.events import Recorder
from bouvier.client.informer import Informer, InformerSet
from bouvier.client.rest import Client
from bouvier.client.workqueue import WorkQueue
from bouvier.controllers.cronjobs.jobs import SCHEDULED, reference
from bouvier.controllers.cronjobs.plan import CronJobPlan, Observed, plan
from bouvier.controllers.runtime.caches import owned
from bouvier.controllers.runtime.conditions import time_text
from bouvier.controllers.runtime.controller import Again
from bouvier.controllers.runtime.errors import Temporary
from bouvier.meta.errors import ApiError
from bouvier.meta.objects import Obj, annotations_of, controller_of, key_of, name_of, namespace_of, uid_of
from bouvier.meta.resources import CRONJOBS, JOBS
from bouvier.util.clock import parse_time


class CronJobController:
    """Creates and deletes the Jobs of CronJobs."""

    name = "cronjob"
    workers = 2
    reads = (CRONJOBS, JOBS)
    writes = (CRONJOBS, JOBS)

    def __init__(self, client: Client, recorder: Recorder) -> None:
        self._client = client
        self._recorder = recorder

    def register(self, informers: InformerSet, queue: WorkQueue) -> None:
        """Watch CronJobs and their Jobs."""
        self._queue = queue
        self._cron_jobs: Informer = informers.informer(CRONJOBS)
        self._jobs: Informer = owned(informers, JOBS)
        self._cron_jobs.add_handler(lambda _type, _old, new: queue.add(key_of(new)))
        self._jobs.add_handler(self._job_changed)

    async def reconcile(self, key: str) -> Again | None:
        """Start what is due, forget what is over, and sleep until the next time."""
        cron_job = self._cron_jobs.get(key)
        if cron_job is None:
            return None
        jobs = await self._jobs_of(cron_job)
        wanted = plan(Observed(cron_job, jobs, datetime.now(UTC)))
        for each in wanted.news:
            self._recorder.event(cron_job, each.type, each.reason, each.message)  # type: ignore[arg-type]
        for job in wanted.delete:
            await self._delete(cron_job, job)
        if wanted.start is not None:
            self._note_start(wanted, await self._start(cron_job, wanted.start))
        if wanted.status != (cron_job.get("status") or {}):
            await self._client.update(CRONJOBS, {**cron_job, "status": wanted.status}, subresource="status")
        for job in wanted.clean_up:
            await self._delete(cron_job, job)
        return None if wanted.again_seconds is None else Again(wanted.again_seconds)

    async def _jobs_of(self, cron_job: Obj) -> list[Obj]:
        """Return the Jobs that the cache shows, and active ones that it does not show yet."""
        jobs = list(self._jobs.indexed("owner", uid_of(cron_job)))
        known = {uid_of(job) for job in jobs}
        for entry in (cron_job.get("status") or {}).get("active") or ():
            if entry["uid"] in known:
                continue
            live = await self._find(namespace_of(cron_job), entry["name"])
            if live is not None and uid_of(live) == entry["uid"]:
                jobs.append(live)
        return jobs

    async def _start(self, cron_job: Obj, job: Obj) -> Obj:
        """Create the Job; one that an earlier attempt made is taken as it is.

        Raises:
            Temporary: the name is taken by somebody else's Job.
        """
        try:
            made = await self._client.create(JOBS, job)
        except ApiError as error:
            if error.reason != "AlreadyExists":
                self._recorder.event(cron_job, "Warning", "FailedCreate", f"Error creating job: {error}")
                raise
            made = await self._client.get(JOBS, name_of(job), namespace_of(job))
            if (controller_of(made) or {}).get("uid") != uid_of(cron_job):
                raise Temporary(
                    f"job {name_of(job)} exists and belongs to somebody else: delete or rename it"
                ) from None
            return made
        self._recorder.event(cron_job, "Normal", "SuccessfulCreate", f"Created job {name_of(job)}")
        return made

    def _note_start(self, wanted: CronJobPlan, job: Obj) -> None:
        replaced = {uid_of(each) for each in wanted.delete}
        active: list[Any] = [each for each in wanted.status.get("active", ()) if each["uid"] not in replaced]
        wanted.status["active"] = sorted([*active, reference(job)], key=lambda each: str(each["name"]))
        wanted.status["lastScheduleTime"] = time_text(parse_time(annotations_of(job)[SCHEDULED]))

    async def _delete(self, cron_job: Obj, job: Obj) -> None:
        try:
            await self._client.delete(JOBS, name_of(job), namespace_of(job), uid=uid_of(job), propagation="Background")
        except ApiError as error:
            if error.reason not in ("NotFound", "Conflict"):
                raise
            return
        self._recorder.event(cron_job, "Normal", "SuccessfulDelete", f"Deleted job {name_of(job)}")

    async def _find(self, namespace: str, name: str) -> Obj | None:
        try:
            return await self._client.get(JOBS, name, namespace)
        except ApiError as error:
            if error.reason == "NotFound":
                return None
            raise

    def _job_changed(self, _type: str, _old: Obj | None, new: Obj) -> None:
        controller = controller_of(new)
        if controller is not None and controller["kind"] == CRONJOBS.kind:
            self._queue.add(f"{namespace_of(new)}/{controller['name']}")
