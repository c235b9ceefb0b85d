"""Keeps the pods of a StatefulSet: each under its own name, with its own claims, in their order."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from bouvier.client.events import Recorder
from bouvier.client.informer import Informer, InformerSet
from bouvier.client.rest import Client
from bouvier.client.workqueue import WorkQueue
from bouvier.controllers.runtime.caches import candidates, owned, pods
from bouvier.controllers.runtime.controller import Again
from bouvier.controllers.runtime.errors import Temporary
from bouvier.controllers.statefulsets.claim_writes import ClaimWriter
from bouvier.controllers.statefulsets.identity import NO_ORDINAL, identity_labels, ordinal_of, ordinals_of, revision_of
from bouvier.controllers.statefulsets.plan import Observed, StatefulSetPlan, plan
from bouvier.controllers.statefulsets.status import status
from bouvier.controllers.workloads.adopting import claimed
from bouvier.controllers.workloads.pods import seconds_until_available
from bouvier.controllers.workloads.podwrites import PodWriter
from bouvier.controllers.workloads.revision_writes import RevisionWriter
from bouvier.controllers.workloads.revisions import expired, present
from bouvier.controllers.workloads.watching import OwnerWatch
from bouvier.meta.errors import ApiError
from bouvier.meta.objects import Obj, is_deleting, key_of, labels_of, name_of, namespace_of, uid_of
from bouvier.meta.resources import CONTROLLERREVISIONS, PERSISTENTVOLUMECLAIMS, PODS, STATEFULSETS
from bouvier.meta.selectors import from_object


class StatefulSetController:
    """Creates and deletes the pods of StatefulSets with their claims, and keeps their revisions."""

    name = "statefulset"
    workers = 4
    reads = (STATEFULSETS, PODS, CONTROLLERREVISIONS, PERSISTENTVOLUMECLAIMS)
    writes = (STATEFULSETS, PODS, CONTROLLERREVISIONS, PERSISTENTVOLUMECLAIMS)

    def __init__(self, client: Client, recorder: Recorder) -> None:
        self._client = client
        self._recorder = recorder
        self._writer = PodWriter(client, recorder)
        self._claims = ClaimWriter(client, recorder)
        self._revisions = RevisionWriter(client, STATEFULSETS)

    def register(self, informers: InformerSet, queue: WorkQueue) -> None:
        """Watch StatefulSets, their pods and revisions. Claims are asked for when a pod needs them."""
        self._sets: Informer = informers.informer(STATEFULSETS)
        self._pods: Informer = pods(informers)
        self._history: Informer = owned(informers, CONTROLLERREVISIONS)
        self._sets.add_handler(lambda _type, _old, new: queue.add(key_of(new)))
        watch = OwnerWatch(STATEFULSETS, self._sets, queue.add)
        self._history.add_handler(watch.changed)
        self._pods.add_handler(self._pod_changed)
        self._pods.add_handler(watch.changed)

    async def reconcile(self, key: str) -> Again | None:
        """Make the next allowed steps and report."""
        stateful_set = self._sets.get(key)
        if stateful_set is None:
            self._writer.expectations.forget(key)
            return None
        selector = from_object(stateful_set["spec"]["selector"])
        owner = (STATEFULSETS, stateful_set)
        history = await claimed(
            self._client, owner, selector, (CONTROLLERREVISIONS, candidates(self._history, stateful_set))
        )
        named = [p for p in candidates(self._pods, stateful_set) if ordinal_of(stateful_set, p) != NO_ORDINAL]
        mine = await claimed(self._client, owner, selector, (PODS, named))
        wanted = present(stateful_set, history)
        if not is_deleting(stateful_set) and await self._revisions.ensure(stateful_set, wanted) is None:
            return None
        update = wanted.revision
        before = (stateful_set.get("status") or {}).get("currentRevision")
        current = next((each for each in history if name_of(each) == before), update)
        return await self._bring_about(
            key, Observed(stateful_set, mine, current, update, datetime.now(UTC)), [*history, update]
        )

    async def _bring_about(self, key: str, observed: Observed, history: Sequence[Obj]) -> Again | None:
        stateful_set, failure = observed.stateful_set, None
        waiting = await self._writer.waiting(key)
        if waiting is None and not is_deleting(stateful_set):
            await self._keep_identity(observed)
            failure = await self._perform(key, stateful_set, plan(observed))
        await self._report(stateful_set, status(observed))
        await self._clean_up(observed, history)
        if failure:
            raise Temporary(failure)
        wait = stateful_set["spec"].get("minReadySeconds") or 0
        seconds = seconds_until_available(observed.pods, wait, observed.now)
        delays = [delay for delay in (waiting, seconds) if delay is not None]
        return Again(min(delays)) if delays else None

    async def _perform(self, key: str, stateful_set: Obj, steps: StatefulSetPlan) -> str:
        """Create and delete; return why something failed."""
        try:
            for pod in steps.create:
                await self._claims.ensure(stateful_set, pod)
        except (ApiError, Temporary) as error:
            return str(error)
        failures = []
        if steps.create:
            failures.append(await self._writer.create(key, stateful_set, steps.create))
        if steps.delete:
            failures.append(await self._writer.delete(key, stateful_set, steps.delete))
        return "; ".join(failure.message for failure in failures if failure)

    async def _keep_identity(self, observed: Observed) -> None:
        """Put back labels that somebody took away, and let claims go with whom they should."""
        stateful_set = observed.stateful_set
        wanted = ordinals_of(stateful_set)
        for pod in observed.pods:
            if is_deleting(pod):
                continue
            ordinal = ordinal_of(stateful_set, pod)
            labels = identity_labels(stateful_set, ordinal)
            if not labels.items() <= labels_of(pod).items():
                body = {"metadata": {"uid": uid_of(pod), "labels": labels}}
                await self._client.patch(PODS, name_of(pod), body, namespace=namespace_of(pod))
            await self._claims.retain(stateful_set, pod, is_condemned=ordinal not in wanted)

    async def _report(self, stateful_set: Obj, new: Obj) -> None:
        if new != (stateful_set.get("status") or {}):
            await self._client.update(STATEFULSETS, {**stateful_set, "status": new}, subresource="status")

    async def _clean_up(self, observed: Observed, history: Sequence[Obj]) -> None:
        """Forget old revisions that neither a pod nor the status names."""
        if is_deleting(observed.stateful_set):
            return
        in_use = {revision_of(pod) for pod in observed.pods} | {name_of(observed.current), name_of(observed.update)}
        unique = {name_of(each): each for each in history}
        await self._revisions.remove(expired(observed.stateful_set, unique.values(), in_use))

    def _pod_changed(self, event_type: str, _old: Obj | None, new: Obj) -> None:
        self._writer.observe(event_type, new)
        if event_type == "DELETED":
            self._claims.forget(new)
