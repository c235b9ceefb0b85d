"""Runs a Job's pods until enough of them have succeeded or too many failed."""

from __future__ import annotations

from datetime import UTC, datetime

from bouvier.client.events import Recorder
from bouvier.client.informer import Informer, InformerSet
from bouvier.client.rest import Client
from bouvier.client.workqueue import WorkQueue
from bouvier.controllers.jobs import finalizers
from bouvier.controllers.jobs.plan import JobPlan, Observed, plan
from bouvier.controllers.jobs.status import status
from bouvier.controllers.jobs.verdicts import is_over
from bouvier.controllers.runtime.caches import candidates, pods
from bouvier.controllers.runtime.controller import Again
from bouvier.controllers.runtime.errors import Temporary
from bouvier.controllers.workloads.adopting import claimed
from bouvier.controllers.workloads.podwrites import PodWriter
from bouvier.controllers.workloads.watching import OwnerWatch
from bouvier.meta.objects import Obj, key_of
from bouvier.meta.resources import JOBS, PODS
from bouvier.meta.selectors import from_object

OURS = "kubernetes.io/job-controller"
"""`spec.managedBy` of jobs that are run here; others are left to whoever they name."""


class JobController:
    """Creates, withdraws and counts the pods of Jobs."""

    name = "job"
    workers = 4
    reads = (JOBS, PODS)
    writes = (JOBS, PODS)

    def __init__(self, client: Client, recorder: Recorder) -> None:
        self._client = client
        self._recorder = recorder
        self._writer = PodWriter(client, recorder)

    def register(self, informers: InformerSet, queue: WorkQueue) -> None:
        """Watch Jobs and pods."""
        self._jobs: Informer = informers.informer(JOBS)
        self._pods: Informer = pods(informers)
        self._jobs.add_handler(lambda _type, _old, new: queue.add(key_of(new)))
        self._pods.add_handler(lambda event_type, _old, new: self._writer.observe(event_type, new))
        self._pods.add_handler(OwnerWatch(JOBS, self._jobs, queue.add).changed)

    async def reconcile(self, key: str) -> Again | None:
        """Make and end pods, count those that have ended, and report."""
        job = self._jobs.get(key)
        if job is None:
            self._writer.expectations.forget(key)
            return None
        if is_over(job) or job["spec"].get("managedBy", OURS) != OURS:
            return None
        selector = from_object(job["spec"]["selector"])
        mine = await claimed(self._client, (JOBS, job), selector, (PODS, candidates(self._pods, job)))
        waiting = await self._writer.waiting(key)
        observed = Observed(job, mine, datetime.now(UTC))
        wanted = plan(observed)
        failure, created, removed = "", 0, 0
        if waiting is None:
            failure, created, removed = await self._perform(key, job, wanted)
        await self._report(observed, wanted, created, removed)
        await finalizers.release(self._client, wanted.tally.release)
        if failure:
            raise Temporary(failure)
        delays = [delay for delay in (waiting, wanted.again_seconds) if delay is not None]
        return Again(min(delays)) if delays else None

    async def _perform(self, key: str, job: Obj, wanted: JobPlan) -> tuple[str, int, int]:
        """Create and end pods; return why something failed, and how many pods came and went."""
        await finalizers.track(self._client, wanted.track)
        await finalizers.release(self._client, wanted.withdraw)
        gone, failures = [*wanted.withdraw, *wanted.delete], []
        if gone:
            failures.append(await self._writer.delete(key, job, gone))
        if wanted.create:
            failures.append(await self._writer.create(key, job, wanted.create))
        messages = [failure.message for failure in failures if failure]
        if messages:
            return "; ".join(messages), 0, 0
        return "", len(wanted.create), len(gone)

    async def _report(self, observed: Observed, wanted: JobPlan, created: int, removed: int) -> None:
        """Store the count before finalizers go: what is stored is what a successor of this process starts from."""
        job = observed.job
        new, news = status(observed, wanted, created=created, removed=removed)
        if new == (job.get("status") or {}):
            return
        await self._client.update(JOBS, {**job, "status": new}, subresource="status")
        for each in news:
            self._recorder.event(job, each.type, each.reason, each.message)  # type: ignore[arg-type]
