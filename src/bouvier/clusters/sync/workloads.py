"""Bringing Deployments and DaemonSets out, native changes in, and reporting how it goes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import orjson

from bouvier.client.events import Recorder
from bouvier.clusters.driver import (
    ADOPTED,
    APPLIED,
    FOREIGN,
    LOSS_REPORT,
    Driver,
    Instance,
    Observed,
    Translation,
    Workload,
    template_key,
)
from bouvier.clusters.sync import revisions
from bouvier.clusters.sync.decide import Decision, decide
from bouvier.clusters.sync.foreign import RESOURCES
from bouvier.clusters.sync.levels import LEVEL, POD, gains, is_on_pods, is_undecided, of_pods
from bouvier.clusters.sync.podlevel import CAPABILITY
from bouvier.clusters.sync.view import View
from bouvier.clusters.sync.writes import Writer
from bouvier.controllers.workloads.deployment_revisions import REVISION, revision_of
from bouvier.engine.errors import Conflict, EngineError, NotFound
from bouvier.meta.objects import Obj, annotations_of, is_deleting, namespace_of, uid_of
from bouvier.meta.resources import DAEMONSETS, DEPLOYMENTS, REPLICASETS

Owned = tuple[Obj, Obj, Instance]
"""Owner, pod template, instance."""


class WorkloadSync:
    """One cluster's workloads."""

    def __init__(self, driver: Driver, view: View, writer: Writer, recorder: Recorder, *, strict: bool) -> None:
        self._driver = driver
        self._view = view
        self._writer = writer
        self._recorder = recorder
        self._strict = strict
        self._with_pods = CAPABILITY in driver.capabilities

    async def sync(self, observed: Observed) -> tuple[list[Owned], dict[str, Translation]]:
        """Decide and act for every workload; return what instances belong to, and what is wanted by uid."""
        objects = [obj for obj in self._view.workloads() if not is_deleting(obj)]
        by_uid = {w.uid: w for w in observed.workloads if w.uid and w.kind != "Pod"}
        by_id = {w.id: w for w in observed.workloads}
        owned: list[Owned] = []
        wanted: dict[str, Translation] = {}
        for obj in objects:
            marks = annotations_of(obj)
            live = by_uid.get(uid_of(obj)) or by_id.get(marks.get(FOREIGN) or marks.get(ADOPTED) or "")
            if live is None and await self._is_left_to_pods(obj):
                continue
            decision = await self._act_or_say(obj, live)
            wanted[uid_of(obj)] = decision.wanted
            own = [i for i in observed.instances if live is not None and i.workload == live.id]
            owned += await self._report(obj, decision, own)
        await self._remove_orphans(observed.workloads, {uid_of(obj) for obj in objects})
        return owned, wanted

    async def _is_left_to_pods(self, obj: Obj) -> bool:
        """Tell whether a Deployment is brought out pod by pod; choose so where more is had that way."""
        if not self._with_pods or FOREIGN in annotations_of(obj) or not (is_on_pods(obj) or is_undecided(obj)):
            return False
        related = self._view.related(namespace_of(obj))
        one_by_one = of_pods(obj, self._driver, related)
        if not is_on_pods(obj) and (self._strict or not gains(self._driver.translate(obj, related), one_by_one)):
            return False
        await self._writer.annotate(DEPLOYMENTS, obj, {LEVEL: POD, LOSS_REPORT: _loss_report(one_by_one)})
        return True

    async def _act_or_say(self, obj: Obj, live: Workload | None) -> Decision:
        """Act; what the orchestrator refuses is said on the object and keeps nobody else waiting."""
        try:
            return await self._act(obj, live)
        except (Conflict, NotFound):
            raise  # not any more as it was seen: the next round
        except EngineError as error:
            fields = live.fields if live else {}
            return Decision("refuse", Translation(fields, refusal=f"the orchestrator refuses it: {error}"), live)

    async def _act(self, obj: Obj, live: Workload | None) -> Decision:
        related = self._view.related(namespace_of(obj))
        translation = self._driver.translate(obj, related)
        if FOREIGN in annotations_of(obj):
            fields = live.fields if live else {}
            return Decision("keep", Translation(fields), live)
        decision = decide(obj, translation, live, self._driver, strict=self._strict)
        if decision.verb == "put":
            await self._driver.put(obj, decision.wanted.fields, related, live)
        elif decision.verb == "take" and live is not None:
            spec = self._driver.adopted_changes(obj, live.fields, decision.wanted.fields)
            if spec == obj["spec"]:  # what differs cannot be taken over: our wish counts
                await self._driver.put(obj, decision.wanted.fields, related, live)
            else:
                await self._take(obj, spec, live)
        return decision

    async def _take(self, obj: Obj, spec: Obj, live: Workload) -> None:
        changed = {**obj, "spec": spec}
        fields = self._driver.translate(changed, self._view.related(namespace_of(obj))).fields
        mark = decide(changed, Translation(fields), live, self._driver, strict=False).mark
        metadata = {**obj["metadata"], "annotations": {**annotations_of(obj), APPLIED: mark}}
        await self._writer.update(RESOURCES[obj["kind"]], {**changed, "metadata": metadata})
        text = f"changed natively ({live.name}): taken over"
        self._recorder.event(obj, "Normal", "NativeChange", text)

    async def _report(self, obj: Obj, decision: Decision, instances: Sequence[Instance]) -> list[Owned]:
        marks: dict[str, str | None] = {LOSS_REPORT: _loss_report(decision.wanted)}
        if decision.verb in ("keep", "put") and decision.mark:
            marks[APPLIED] = decision.mark
        if obj["kind"] == "DaemonSet":
            await self._writer.annotate(DAEMONSETS, obj, marks)
            await self._writer.status(DAEMONSETS, obj, _daemon_status(obj, decision, instances, self._key(decision)))
            return [(obj, obj["spec"]["template"], instance) for instance in instances]
        return await self._report_deployment(obj, decision, instances, marks)

    def _key(self, decision: Decision) -> str:
        return template_key(decision.wanted.fields, self._driver.template_fields)

    async def _report_deployment(
        self, obj: Obj, decision: Decision, instances: Sequence[Instance], marks: dict[str, str | None]
    ) -> list[Owned]:
        key = "" if decision.wanted.refusal else self._key(decision)
        found = revisions.history(obj, self._view.items(REPLICASETS, namespace_of(obj)))
        if found.current is None:
            made = await self._writer.create(REPLICASETS, revisions.first(obj, found, key))
            found = revisions.History(made, found.old)
        elif (changed := revisions.brought_up(obj, found, key)) is not None:
            await self._writer.update(REPLICASETS, changed)
        for former in found.old:
            if former["spec"].get("replicas"):
                await self._writer.update(REPLICASETS, {**former, "spec": {**former["spec"], "replicas": 0}})
        if found.current is not None:
            marks[REVISION] = str(max(revision_of(found.current), *(revision_of(rs) + 1 for rs in found.old), 1))
        await self._writer.annotate(DEPLOYMENTS, obj, marks)
        return await self._count(obj, decision, found, instances, key)

    async def _count(
        self, obj: Obj, decision: Decision, found: revisions.History, instances: Sequence[Instance], key: str
    ) -> list[Owned]:
        owned: list[Owned] = []
        shares: dict[str, list[Instance]] = {uid_of(rs): [] for rs in found.everything}
        for instance in instances:
            owner = revisions.owner_of(instance, found, key)
            if owner is not None:
                owner = {"apiVersion": "apps/v1", "kind": "ReplicaSet", **owner}
                shares[uid_of(owner)].append(instance)
                owned.append((owner, owner["spec"]["template"], instance))
        statuses: dict[str, Any] = {}
        for rs in found.everything:
            refusal = decision.wanted.refusal if rs is found.current else ""
            statuses[uid_of(rs)] = revisions.replica_set_status(rs, shares[uid_of(rs)], refusal)
            await self._writer.status(REPLICASETS, rs, statuses[uid_of(rs)])
        now = datetime.now(UTC)
        report = revisions.deployment_report(obj, found, statuses, live=decision.live, wanted=decision.wanted, now=now)
        await self._writer.status(DEPLOYMENTS, obj, report)
        return owned

    async def _remove_orphans(self, workloads: Sequence[Workload], uids: set[str]) -> None:
        for workload in workloads:
            if workload.uid and workload.uid not in uids and workload.kind != "Pod":
                await self._driver.remove(workload)


def _loss_report(wanted: Translation) -> str | None:
    if not wanted.losses:
        return None
    return orjson.dumps([loss._asdict() for loss in wanted.losses]).decode()


def _daemon_status(obj: Obj, decision: Decision, instances: Sequence[Instance], key: str) -> dict[str, Any]:
    present = [i for i in instances if i.wanted]
    ready = sum(i.ready for i in present)
    in_sync = decision.live is not None and decision.live.fields == decision.wanted.fields
    before = (obj.get("status") or {}).get("observedGeneration", 0)
    return {
        "desiredNumberScheduled": len(present),
        "currentNumberScheduled": len(present),
        "numberMisscheduled": 0,
        "numberReady": ready,
        "numberAvailable": ready,
        "numberUnavailable": len(present) - ready,
        "updatedNumberScheduled": sum(i.template == key for i in present),
        "observedGeneration": obj["metadata"].get("generation", 0) if in_sync else before,
    }
