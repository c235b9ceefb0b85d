"""Eviction: deleting a pod only if its disruption budget allows it now.

A disruption is taken from the budget by a conditional write of its status, so that two evictions never share one; the
pod is noted there until the budget's controller has seen it go. The pod itself is told why it goes, before it is
deleted: a Job's failure policy can ask for that.
Source: https://kubernetes.io/docs/concepts/scheduling-eviction/api-eviction/
"""

from __future__ import annotations

from bouvier.apiserver.cache.entry import Entry
from bouvier.apiserver.context import Call
from bouvier.apiserver.request import Response
from bouvier.apiserver.verbs import deleting, reading
from bouvier.apiserver.verbs.answers import render_object
from bouvier.apiserver.verbs.binding import SUCCESS
from bouvier.apiserver.verbs.connecting import judge_part
from bouvier.apiserver.verbs.updating import change_object
from bouvier.apiserver.wire import bodies
from bouvier.kinds.kind import Kind
from bouvier.meta.errors import ApiError
from bouvier.meta.objects import Obj, is_condition_true, is_deleting, labels_of, name_of
from bouvier.meta.selectors import from_object
from bouvier.util.clock import now_text

RETRY_SECONDS = 10
MOST_DISRUPTED = 2000
"""Evicted pods that a budget's status names at most: more mean that its controller does not keep up."""
TARGET = {
    "type": "DisruptionTarget",
    "status": "True",
    "reason": "EvictionByEvictionAPI",
    "message": "Eviction API: evicting",
}
"""Kubernetes' condition and words."""
REFUSED = "Cannot evict pod as it would violate the pod's disruption budget."
SEVERAL = "This pod has more than one PodDisruptionBudget, which the eviction subresource does not support."


async def evict(call: Call) -> Response:
    """Delete a pod if no disruption budget forbids it now.

    Raises:
        ApiError: TooManyRequests while a budget has no disruption left.

    """
    content_type = call.request.headers.get("Content-Type", "application/json")
    eviction = bodies.decode_object(content_type, await call.request.read(), ("policy/v1", "Eviction")).obj
    entry = reading.find(call)
    pod = entry.decode()
    options = _options(call, eviction.get("deleteOptions") or {})
    await judge_part(call, "create", eviction, dry_run=options.dry_run)
    parent = Call(call.context, call.request, call.kind, call.target._replace(subresource=""))
    if not _is_free(pod):
        await _spend_budget(call, pod, dry_run=options.dry_run)
    if not options.dry_run:
        entry = await _tell(call, options)
        options = options._replace(resource_version=options.resource_version and str(entry.revision))
    await deleting.delete_entry(parent, entry, options)
    return render_object(call, SUCCESS, 201)


async def _tell(call: Call, options: deleting.Options) -> Entry:
    """Set the condition that says that the pod is disrupted, if it is the pod that was meant."""
    part = Call(call.context, call.request, call.kind, call.target._replace(subresource="status"))

    def told(pod: Obj) -> Obj:
        deleting.check_preconditions(call, pod, options)
        status = pod.setdefault("status", {})
        present = [one for one in status.get("conditions") or () if one.get("type") != TARGET["type"]]
        status["conditions"] = [*present, TARGET | {"lastTransitionTime": now_text()}]
        return pod

    return await change_object(part, told)


def _options(call: Call, given: Obj) -> deleting.Options:
    conditions = given.get("preconditions") or {}
    return deleting.Options(
        given.get("gracePeriodSeconds"),
        given.get("propagationPolicy") or "",
        conditions.get("uid") or "",
        str(conditions.get("resourceVersion") or ""),
        call.is_dry_run or given.get("dryRun") == ["All"],
    )


def _is_free(pod: Obj) -> bool:
    """Tell whether the pod serves nobody: it has not begun, has ended, or is going anyway."""
    return is_deleting(pod) or (pod.get("status") or {}).get("phase") in ("Succeeded", "Failed", "Pending")


async def _spend_budget(call: Call, pod: Obj, *, dry_run: bool) -> None:
    """Take one disruption from the budget that covers the pod, if it costs one."""
    kind = call.context.kinds.find(call.cluster, "policy", "v1", "poddisruptionbudgets")
    budget = _budget_of(call, pod) if kind else None
    if kind is None or budget is None or _is_no_loss(budget, pod):
        return

    def spent(current: Obj) -> Obj:
        _check(current)
        status = current["status"]
        status["disruptionsAllowed"] -= 1
        status.setdefault("disruptedPods", {})[name_of(pod)] = now_text()
        return current

    if dry_run:
        spent(budget)
        return
    await change_object(_status_call(call, kind, name_of(budget)), spent)


def _budget_of(call: Call, pod: Obj) -> Obj | None:
    cache = call.context.hub.resource(call.cluster, "policy", "poddisruptionbudgets")
    budgets = [entry.decode() for entry in cache.in_namespace(call.target.namespace)]
    covering = [b for b in budgets if from_object(b["spec"].get("selector")).matches(labels_of(pod))]
    if len(covering) > 1:
        raise ApiError("InternalError", SEVERAL)
    return covering[0] if covering else None


def _is_no_loss(budget: Obj, pod: Obj) -> bool:
    """Tell whether evicting a pod that is not ready takes nothing from those that are."""
    if is_condition_true(pod, "Ready"):
        return False
    if budget["spec"].get("unhealthyPodEvictionPolicy") == "AlwaysAllow":
        return True
    status = budget.get("status") or {}
    wanted = status.get("desiredHealthy", 0)
    return bool(wanted > 0 and status.get("currentHealthy", 0) >= wanted)


def _check(budget: Obj) -> None:
    """Refuse unless the budget has a disruption left."""
    name, status = name_of(budget), budget.get("status") or {}
    if status.get("observedGeneration", 0) < budget["metadata"].get("generation", 0):
        raise _not_now(f"The disruption budget {name} is still being processed by the server.")
    if len(status.get("disruptedPods") or ()) > MOST_DISRUPTED:
        raise ApiError(
            "Forbidden",
            f'poddisruptionbudgets.policy "{name}" is forbidden: DisruptedPods map too big - too many evictions not confirmed',
        )
    if status.get("disruptionsAllowed", 0) <= 0:
        wanted, present = status.get("desiredHealthy", 0), status.get("currentHealthy", 0)
        raise _not_now(f"The disruption budget {name} needs {wanted} healthy pods and has {present} currently")


def _not_now(why: str) -> ApiError:
    cause = {"reason": "DisruptionBudget", "message": why}
    return ApiError("TooManyRequests", REFUSED, details={"causes": [cause]}, retry_after_seconds=RETRY_SECONDS)


def _status_call(call: Call, kind: Kind, name: str) -> Call:
    target = call.target._replace(group="policy", plural="poddisruptionbudgets", name=name, subresource="status")
    return Call(call.context, call.request, kind, target)
