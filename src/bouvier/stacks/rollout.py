"""Which step of a stack comes next. Pure: the wished objects and the present ones in, changes out.

Names, balancer rules and stored files are applied at once. A new workload starts when what it needs has started (or is
healthy, or has ended, where it says so). Workloads that exist are changed one after another: the next one only when all
that it needs is complete and no other is under way. What the stack no longer asks for is removed when everything else is
complete, so that old pods keep their names to the end.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from bouvier.meta.objects import Obj, annotations_of, condition_of, is_deleting, name_of, namespace_of, owner_reference
from bouvier.stacks.build import ServicePlan, StackPlan
from bouvier.stacks.compose.ordering import ordered
from bouvier.stacks.resource import HASH_ANNOTATION

DONE = ("ready", "ended")
Place = tuple[str, str]
"""Kind and name."""


class Progress(NamedTuple):
    """How far a service is, as a word and a sentence."""

    state: str
    """ready, ended, waiting, starting, upgrading, paused, failed or refused."""
    message: str
    ready: int = 0
    desired: int = 0


@dataclass(slots=True)
class Step:
    """What to do now, and how everything stands."""

    apply: list[Obj] = field(default_factory=list)
    remove: list[Obj] = field(default_factory=list)
    pause: list[Obj] = field(default_factory=list)
    resume: list[Obj] = field(default_factory=list)
    services: dict[str, Progress] = field(default_factory=dict)

    @property
    def is_complete(self) -> bool:
        """Tell whether every service is as wished and nothing is left to do."""
        return not self.apply and not self.remove and all(one.state in DONE for one in self.services.values())


def place_of(obj: Obj) -> Place:
    """Return kind and name."""
    return obj["kind"], name_of(obj)


def owned(stack: Obj, obj: Obj) -> Obj:
    """Return a wished object as it is applied: in the stack's namespace, owned, with its hash."""
    digest = hashlib.sha256(json.dumps(obj, sort_keys=True).encode()).hexdigest()[:16]
    metadata = obj["metadata"]
    return {
        **obj,
        "metadata": {
            **metadata,
            "namespace": namespace_of(stack),
            "annotations": {**metadata.get("annotations", {}), HASH_ANNOTATION: digest},
            "ownerReferences": [owner_reference(stack)],
        },
    }


def next_step(stack: Obj, plan: StackPlan, live: Sequence[Obj]) -> Step:
    """Return the next step of a stack; `live` are its children."""
    present = {place_of(obj): obj for obj in live}
    workloads = {name: owned(stack, service.workload) for name, service in plan.services.items()}
    others = [owned(stack, obj) for obj in plan.others]
    step, paused = Step(), bool(stack["spec"].get("paused"))
    order = ordered({name: service.needs for name, service in plan.services.items()})
    for name in order:
        step.services[name] = progress(workloads[name], present.get(place_of(workloads[name])))
    _hold(step, workloads.values(), present, paused=paused)
    if paused:
        _say_paused(step)
        return step
    step.apply = [obj for obj in others if not is_applied(obj, present.get(place_of(obj)))]
    for name in order:
        _advance(step, plan.services, name, workloads[name], present)
    wished = {place_of(obj) for obj in [*workloads.values(), *others]}
    if step.is_complete:
        step.remove = [obj for place, obj in present.items() if place not in wished and not is_deleting(obj)]
    return step


def is_applied(wished: Obj, present: Obj | None) -> bool:
    """Tell whether the present object is what was wished when it was last applied."""
    if present is None:
        return False
    return annotations_of(present).get(HASH_ANNOTATION) == annotations_of(wished)[HASH_ANNOTATION]


def _advance(
    step: Step, services: Mapping[str, ServicePlan], name: str, wished: Obj, present: Mapping[Place, Obj]
) -> None:
    """Apply the service's workload if its turn has come, else say what it waits for."""
    live = present.get(place_of(wished))
    if is_applied(wished, live):
        return
    service = services[name]
    if live is None:
        waits = [one for one in sorted(service.needs) if not _may_follow(step.services[one], service, one)]
    else:
        waits = [one for one in sorted(service.needs) if step.services[one].state not in DONE]
        waits = waits or [
            one for one, other in step.services.items() if other.state in ("upgrading", "failed") and one != name
        ]
    if waits:
        verb = "start" if live is None else "be upgraded"
        step.services[name] = step.services[name]._replace(
            state="waiting", message=f"waits to {verb}: {waits[0]} first"
        )
        return
    step.apply.append(wished)
    word = "starting" if live is None else "upgrading"
    step.services[name] = step.services[name]._replace(state=word, message=f"is {word}")


def _may_follow(need: Progress, service: ServicePlan, name: str) -> bool:
    if name in service.waits_for_end:
        return need.state == "ended"
    if name in service.waits_for_health:
        return need.state in DONE
    return need.state not in ("waiting", "absent")


def _hold(step: Step, workloads: Any, present: Mapping[Place, Obj], *, paused: bool) -> None:
    """Stop or continue the Deployments themselves, in the middle of a batch."""
    for wished in workloads:
        live = present.get(place_of(wished))
        if live is None or live["kind"] != "Deployment":
            continue
        is_held = bool(live["spec"].get("paused"))
        if paused and not is_held:
            step.pause.append(live)
        elif is_held and not paused:
            step.resume.append(live)


def _say_paused(step: Step) -> None:
    for name, one in step.services.items():
        if one.state not in DONE:
            step.services[name] = one._replace(state="paused", message=f"paused: {one.message}")


def progress(wished: Obj, live: Obj | None) -> Progress:
    """Return how far the workload of a service is."""
    if live is None:
        return Progress("absent", "does not exist yet")
    if live["kind"] == "Job":
        return _job(live)
    status = live.get("status") or {}
    if live["kind"] == "DaemonSet":
        desired, ready = status.get("desiredNumberScheduled", 0), status.get("numberAvailable", 0)
        updated, total = status.get("updatedNumberScheduled", 0), desired
        seen_first = "desiredNumberScheduled" in status
    else:
        desired, ready = live["spec"].get("replicas", 1), status.get("availableReplicas", 0)
        updated, total, seen_first = status.get("updatedReplicas", 0), status.get("replicas", 0), True
    failing = condition_of(live, "Progressing") or {}
    is_new = live["metadata"].get("generation", 1) == 1
    word = "starting" if is_new else "upgrading"
    if not is_applied(wished, live):
        # It runs what was wished before; whether that is complete decides when its turn comes.
        return Progress("outdated", "is to be upgraded", min(ready, desired), desired)
    if status.get("observedGeneration", 0) < live["metadata"].get("generation", 1) or not seen_first:
        return Progress(word, "the change is being taken up", min(ready, desired), desired)
    if failing.get("reason") == "ProgressDeadlineExceeded":
        return Progress("failed", str(failing.get("message") or "made no progress"), min(ready, desired), desired)
    if updated < desired:
        return Progress(word, f"{updated} of {desired} new replicas exist", min(ready, desired), desired)
    if total > updated:
        return Progress(word, f"{total - updated} old replicas are still stopping", min(ready, desired), desired)
    if ready < desired:
        return Progress(word, f"{ready} of {desired} replicas are ready", ready, desired)
    return Progress("ready", f"{ready} of {desired} replicas are ready", ready, desired)


def _job(live: Obj) -> Progress:
    status = live.get("status") or {}
    desired = live["spec"].get("completions", 1) or 1
    done = status.get("succeeded", 0)
    conditions = {one["type"]: one for one in status.get("conditions") or () if one.get("status") == "True"}
    if "Complete" in conditions:
        return Progress("ended", "has ended well", desired, desired)
    if "Failed" in conditions:
        return Progress("failed", f"ended badly: {conditions['Failed'].get('message', '')}", done, desired)
    return Progress("starting", f"{done} of {desired} runs have ended", done, desired)


class Change(NamedTuple):
    """One line of a printed plan."""

    action: str
    kind: str
    name: str


def changes(stack: Obj, plan: StackPlan, live: Sequence[Obj]) -> list[Change]:
    """Return everything that would be done in the end, in order."""
    present = {place_of(obj): obj for obj in live}
    order = ordered({name: service.needs for name, service in plan.services.items()})
    wished = [owned(stack, obj) for obj in (*plan.others, *(plan.services[name].workload for name in order))]
    found = []
    for obj in wished:
        there = present.get(place_of(obj))
        action = "create" if there is None else "keep" if is_applied(obj, there) else "change"
        found.append(Change(action, *place_of(obj)))
    places = {place_of(obj) for obj in wished}
    return found + [Change("remove", *place) for place in present if place not in places]
