"""Pod subresources that change something: binding and eviction."""

from __future__ import annotations

from bouvier.apiserver import codec
from bouvier.apiserver.context import Call
from bouvier.apiserver.request import Response
from bouvier.apiserver.verbs import deleting, reading
from bouvier.apiserver.verbs.answers import render_object
from bouvier.apiserver.verbs.updating import change_object
from bouvier.apiserver.wire import bodies
from bouvier.meta.errors import ApiError, bad_request, conflict
from bouvier.meta.objects import Obj, is_condition_true, labels_of
from bouvier.meta.selectors import from_object
from bouvier.util.clock import now_text

SUCCESS: Obj = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "code": 201}


async def bind(call: Call) -> Response:
    """Give a pod its host.

    Raises:
        ApiError: Conflict when it has one already or is being deleted.

    """
    content_type = call.request.headers.get("Content-Type", "application/json")
    binding = bodies.decode_object(content_type, await call.request.read(), ("v1", "Binding")).obj
    node = (binding.get("target") or {}).get("name", "")
    if not node:
        raise bad_request("binding: target.name: Required value")
    uid = (binding.get("metadata") or {}).get("uid", "")

    def bound(pod: Obj) -> Obj:
        _check_bindable(call, pod, uid)
        pod["spec"]["nodeName"] = node
        conditions = [c for c in pod["status"].get("conditions") or () if c["type"] != "PodScheduled"]
        done = {"type": "PodScheduled", "status": "True", "lastProbeTime": None, "lastTransitionTime": now_text()}
        pod["status"]["conditions"] = [*conditions, done]
        return pod

    await change_object(call, bound)
    return Response(201, codec.dumps(SUCCESS))


def _check_bindable(call: Call, pod: Obj, uid: str) -> None:
    if uid and uid != pod["metadata"]["uid"]:
        raise conflict(call.group_resource, call.target.name, "Precondition failed: the uid is another one")
    if pod["metadata"].get("deletionTimestamp"):
        raise conflict(
            call.group_resource,
            call.target.name,
            f"pod {call.target.name} is being deleted, cannot be assigned to a host",
        )
    if pod["spec"].get("nodeName"):
        present = pod["spec"]["nodeName"]
        raise conflict(
            call.group_resource, call.target.name, f'pod {call.target.name} is already assigned to node "{present}"'
        )
    if pod["spec"].get("schedulingGates"):
        raise conflict(
            call.group_resource, call.target.name, f"pod {call.target.name} has non-empty .spec.schedulingGates"
        )


async def evict(call: Call) -> Response:
    """Delete a pod if no disruption budget forbids it now.

    Raises:
        ApiError: TooManyRequests while a budget has no disruption left.

    """
    content_type = call.request.headers.get("Content-Type", "application/json")
    eviction = bodies.decode_object(content_type, await call.request.read(), ("policy/v1", "Eviction")).obj
    entry = reading.find(call)
    pod = entry.decode()
    given = eviction.get("deleteOptions") or {}
    conditions = given.get("preconditions") or {}
    options = deleting.Options(
        given.get("gracePeriodSeconds"),
        given.get("propagationPolicy") or "",
        conditions.get("uid") or "",
        str(conditions.get("resourceVersion") or ""),
        call.is_dry_run or given.get("dryRun") == ["All"],
    )
    parent = Call(call.context, call.request, call.kind, call.target._replace(subresource=""))
    if is_condition_true(pod, "Ready"):
        await _spend_budget(call, pod, dry_run=options.dry_run)
    await deleting.delete_entry(parent, entry, options)
    return render_object(call, SUCCESS, 201)


async def _spend_budget(call: Call, pod: Obj, *, dry_run: bool) -> None:
    """Take one disruption from the budget that covers the pod."""
    kind = call.context.kinds.find(call.cluster, "policy", "v1", "poddisruptionbudgets")
    if kind is None:
        return
    cache = call.context.hub.resource(call.cluster, "policy", "poddisruptionbudgets")
    budgets = [e.decode() for e in cache.entries.values() if e.namespace == call.target.namespace]
    covering = [b for b in budgets if from_object(b["spec"].get("selector")).matches(labels_of(pod))]
    if not covering:
        return
    if len(covering) > 1:
        raise ApiError(
            "InternalError",
            "This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.",
        )
    budget = covering[0]
    name = budget["metadata"]["name"]

    def spent(current: Obj) -> Obj:
        status = current.setdefault("status", {})
        if status.get("disruptionsAllowed", 0) <= 0:
            raise _no_disruption(name)
        status["disruptionsAllowed"] -= 1
        status.setdefault("disruptedPods", {})[pod["metadata"]["name"]] = now_text()
        return current

    if dry_run:
        spent(budget)
        return
    target = call.target._replace(group="policy", plural="poddisruptionbudgets", name=name, subresource="status")
    await change_object(Call(call.context, call.request, kind, target), spent)


def _no_disruption(name: str) -> ApiError:
    cause = {"reason": "DisruptionBudget", "message": f"The disruption budget {name} does not allow a disruption now"}
    return ApiError(
        "TooManyRequests",
        "Cannot evict pod as it would violate the pod's disruption budget.",
        details={"causes": [cause]},
        retry_after_seconds=10,
    )
