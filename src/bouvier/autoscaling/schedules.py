"""The ScalingSchedule controller: sets the size that a rule names when the rule's time comes, once.

Where a HorizontalPodAutoscaler looks after the same workload, its bounds are set and it decides within them; else the
workload's replicas are. A time that passed while nobody looked is made up for; of several only the last one counts.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import NamedTuple

from bouvier.autoscaling.controller import AUTOSCALERS, SCALABLE
from bouvier.autoscaling.schedule_plan import Holding, Sizes, bounds, holding, sentence, size
from bouvier.client.events import Recorder
from bouvier.client.informer import InformerSet
from bouvier.client.rest import MERGE, Client
from bouvier.client.workqueue import WorkQueue
from bouvier.controllers.cronjobs.schedule import ScheduleError
from bouvier.controllers.runtime.conditions import put, time_text
from bouvier.controllers.runtime.controller import Again
from bouvier.kinds.autoscaling_v1 import scalingschedules
from bouvier.meta.errors import ApiError
from bouvier.meta.gvk import Resource, split_api_version
from bouvier.meta.objects import Obj, is_deleting, key_of, name_of, namespace_of, uid_of

RETRY_SECONDS = 15.0
"""After a target was not there, or refused the size."""
LONGEST_SLEEP_SECONDS = 3600.0
"""Clocks may be put right meanwhile."""


class _Target(NamedTuple):
    """What decides about the size now."""

    kind: str
    path: str
    live: Obj
    is_autoscaler: bool


class ScheduleController:
    """Moves sizes as time goes by."""

    name = "scaling-schedule"
    workers = 1
    reads: tuple[Resource, ...] = (scalingschedules.RESOURCE, AUTOSCALERS)
    writes: tuple[Resource, ...] = (scalingschedules.RESOURCE, AUTOSCALERS)

    def __init__(self, client: Client, recorder: Recorder) -> None:
        self._client = client
        self._recorder = recorder

    def register(self, informers: InformerSet, queue: WorkQueue) -> None:
        """Watch schedules, and autoscalers that come and go."""
        self._schedules = informers.informer(scalingschedules.RESOURCE)
        self._autoscalers = informers.informer(AUTOSCALERS)
        self._schedules.add_handler(lambda _type, _old, new: queue.add(key_of(new)))

        def changed(event_type: str, _old: Obj | None, new: Obj) -> None:
            if event_type != "MODIFIED":
                for schedule in self._schedules.items(namespace_of(new)):
                    queue.add(key_of(schedule))

        self._autoscalers.add_handler(changed)

    async def reconcile(self, key: str) -> Again | None:
        """See which rule holds, and set its size if that was not done yet."""
        schedule = self._schedules.get(key)
        if schedule is None or is_deleting(schedule):
            return None
        now, spec = datetime.now(UTC), schedule["spec"]
        try:
            found = holding(spec, now)
        except ScheduleError as error:
            await self._report(schedule, Holding(None, None, None, None), "False", "BadSchedule", str(error))
            return None
        if spec.get("suspend"):
            await self._report(schedule, found, "False", "Suspended", "sizes are left alone (spec.suspend)")
        elif other := self._older(schedule):
            text = f"ScalingSchedule {other}, which is older, decides about the same workload: remove one of them"
            await self._report(schedule, found, "False", "Conflict", text)
        elif found.rule is None:
            text = f"no rule's time has come yet{_ahead(found)}"
            await self._report(schedule, found, "True", "Waiting", text)
        elif not await self._hold(schedule, found):
            return Again(RETRY_SECONDS)
        seconds = (found.next_time - now).total_seconds() if found.next_time else LONGEST_SLEEP_SECONDS
        return Again(min(max(seconds, 0.0) + 0.01, LONGEST_SLEEP_SECONDS))

    def _older(self, schedule: Obj) -> str:
        """Return the name of an older schedule for the same workload."""
        mine, target = _age(schedule), _target_key(schedule)
        rivals = [
            other
            for other in self._schedules.items(namespace_of(schedule))
            if _target_key(other) == target and _age(other) < mine and not is_deleting(other)
        ]
        return name_of(min(rivals, key=_age)) if rivals else ""

    async def _hold(self, schedule: Obj, found: Holding) -> bool:
        """Make the rule's size stand, once; return whether it does."""
        try:
            target = await self._target(schedule)
            applied = (schedule.get("status") or {}).get("applied") or {}
            mark = _mark(schedule, found, target)
            if all(applied.get(field) == value for field, value in mark.items()):
                change = applied.get("change", "")
            else:
                change = await self._set(schedule, found, target)
        except ApiError as error:
            if error.reason not in ("NotFound", "Invalid", "Forbidden"):
                raise
            reason = "TargetNotFound" if error.reason == "NotFound" else "Refused"
            await self._report(schedule, found, "False", reason, error.message)
            return False
        assert found.rule is not None
        assert found.since is not None
        text = f"{sentence(found.rule, schedule['spec'])} holds since {time_text(found.since)}: {change}{_ahead(found)}"
        await self._report(schedule, found, "True", "RuleHolds", text, applied=mark | {"change": change})
        return True

    async def _target(self, schedule: Obj) -> _Target:
        """Return the autoscaler of the workload, else the workload's scale."""
        namespace, reference = namespace_of(schedule), schedule["spec"]["scaleTargetRef"]
        for autoscaler in self._autoscalers.items(namespace):
            if _reference_key(autoscaler["spec"]["scaleTargetRef"]) == _reference_key(reference):
                path = AUTOSCALERS.path(namespace, name_of(autoscaler))
                return _Target(AUTOSCALERS.kind, path, await self._client.request("GET", path), is_autoscaler=True)
        resource = SCALABLE[_reference_key(reference)[:2]]
        path = resource.path(namespace, reference["name"], "scale")
        return _Target(reference["kind"], path, await self._client.request("GET", path), is_autoscaler=False)

    async def _set(self, schedule: Obj, found: Holding, target: _Target) -> str:
        """Write the rule's size; return what changed."""
        assert found.rule is not None
        spec, name = target.live["spec"], f"{target.kind}/{name_of(target.live)}"
        if target.is_autoscaler:
            before = Sizes(spec.get("minReplicas", 1), spec["maxReplicas"])
            after = bounds(found.rule, before)
            body: Obj = {"minReplicas": after.least, "maxReplicas": after.most}
        else:
            present = spec.get("replicas", 0)
            wanted = size(found.rule, present)
            before, after, body = Sizes(present, present), Sizes(wanted, wanted), {"replicas": wanted}
        if before == after:
            return f"{name} has {after.text}"
        version = {"resourceVersion": target.live["metadata"]["resourceVersion"]}
        await self._client.request("PATCH", target.path, body={"metadata": version, "spec": body}, content_type=MERGE)
        change = f"{name} {before.text} -> {after.text}"
        self._recorder.event(schedule, "Normal", "Rescaled", f"{sentence(found.rule, schedule['spec'])}: {change}")
        return change

    async def _report(
        self, schedule: Obj, found: Holding, status: str, reason: str, message: str, *, applied: Obj | None = None
    ) -> None:
        before = schedule.get("status") or {}
        condition = {"type": "Active", "status": status, "reason": reason, "message": message}
        new: Obj = {
            "observedGeneration": schedule["metadata"].get("generation", 1),
            "rule": found.rule["name"] if found.rule else None,
            "since": time_text(found.since) if found.since else None,
            "nextRule": found.next_rule["name"] if found.next_rule else None,
            "nextTime": time_text(found.next_time) if found.next_time else None,
            "conditions": put(before.get("conditions") or [], condition, datetime.now(UTC)),
        } | ({"applied": applied} if applied else {})
        if all(before.get(field) == value for field, value in new.items()):
            return
        body = {"metadata": {"uid": uid_of(schedule)}, "status": new}
        await self._client.patch(
            scalingschedules.RESOURCE, name_of(schedule), body, namespace=namespace_of(schedule), subresource="status"
        )


def _mark(schedule: Obj, found: Holding, target: _Target) -> Obj:
    """Return what tells that a size was set: rule, time, the rules' text, and what it was set on."""
    assert found.rule is not None
    assert found.since is not None
    return {
        "rule": found.rule["name"],
        "since": time_text(found.since),
        "kind": target.kind,
        "name": name_of(target.live),
        "uid": uid_of(target.live),
        "generation": schedule["metadata"].get("generation", 1),
    }


def _ahead(found: Holding) -> str:
    if found.next_rule is None or found.next_time is None:
        return ""
    return f"; next: {found.next_rule['name']} at {time_text(found.next_time)}"


def _reference_key(reference: Obj) -> tuple[str, str, str]:
    group = split_api_version(reference.get("apiVersion") or "apps/v1")[0]
    return group, reference.get("kind", ""), reference.get("name", "")


def _target_key(schedule: Obj) -> tuple[str, str, str]:
    return _reference_key(schedule["spec"]["scaleTargetRef"])


def _age(schedule: Obj) -> tuple[str, str]:
    return schedule["metadata"]["creationTimestamp"], name_of(schedule)
