"""The status of a stack: every service with a sentence, conditions, what was ignored. Pure."""

from __future__ import annotations

from datetime import datetime

from bouvier.controllers.runtime.conditions import put
from bouvier.meta.objects import Obj
from bouvier.stacks.build import StackPlan
from bouvier.stacks.rollout import DONE, Step


def status_of(stack: Obj, plan: StackPlan, step: Step, revision: int, now: datetime) -> Obj:
    """Return the status after a step."""
    before = stack.get("status") or {}
    services = [
        {
            "name": name,
            "kind": plan.services[name].workload["kind"],
            "state": one.state,
            "message": one.message,
            "ready": one.ready,
            "desired": one.desired,
            "images": _images(plan.services[name].workload),
            "needs": sorted(plan.services[name].needs),
        }
        for name, one in step.services.items()
    ]
    reason, message = _summary(stack, step)
    conditions = _conditions(before, "True" if step.is_complete else "False", reason, message, now)
    status = {
        "observedGeneration": stack["metadata"].get("generation", 1),
        "revision": revision,
        "services": services,
        "ignored": [{"path": one.path, "reason": one.reason} for one in plan.ignored],
        "conditions": conditions,
    }
    good = revision if step.is_complete and not stack["spec"].get("pinned") else before.get("goodRevision", 0)
    return status | ({"goodRevision": good} if good else {})


def refused(stack: Obj, message: str, now: datetime) -> Obj:
    """Return the status of a stack whose texts are not understood; its services stay as they are."""
    before = stack.get("status") or {}
    conditions = _conditions(before, "False", "Refused", message, now)
    return {**before, "observedGeneration": stack["metadata"].get("generation", 1), "conditions": conditions}


def _conditions(before: Obj, status: str, reason: str, message: str, now: datetime) -> list[Obj]:
    ready = {"type": "Ready", "status": status, "reason": reason, "message": message}
    return put(list(before.get("conditions") or []), ready, now)


def _summary(stack: Obj, step: Step) -> tuple[str, str]:
    if step.is_complete:
        return "Complete", "all services are ready"
    failed = next(((name, one) for name, one in step.services.items() if one.state == "failed"), None)
    if failed:
        return "ServiceFailed", f"{failed[0]}: {failed[1].message}"
    if stack["spec"].get("paused"):
        return "Paused", "paused; continue by bouvier stack resume"
    active = [(name, one) for name, one in step.services.items() if one.state not in (*DONE, "waiting")]
    if active:
        name, one = active[0]
        return "Progressing", f"{name}: {one.message}"
    return "Progressing", "removing what is no longer asked for" if step.remove else "applying names and rules"


def _images(workload: Obj) -> list[str]:
    return [one["image"] for one in workload["spec"]["template"]["spec"]["containers"]]
