"""What to do next for a pod that comes to its end (pure).

Regular containers are stopped together; sidecars after them, the last one first, so that each sidecar outlives what may
need it. A pod that is deleted is then removed from host and API; one that ended by itself keeps its dead containers,
for their logs, until it is deleted.
Source: https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#pod-termination
"""

from __future__ import annotations

from bouvier.meta.objects import Obj, is_deleting
from bouvier.node.pods.actions import POD, SANDBOX, FinishPod, RemoveContainer, RemoveSandbox, StopContainer
from bouvier.node.pods.records import Record
from bouvier.node.pods.seen import Seen
from bouvier.node.pods.spec import grace_seconds, init_containers_of, is_sidecar
from bouvier.node.pods.steps import Plan

_HASTE_SECONDS = 1.0
"""A kill time that moved forward by less is not worth beginning anew."""


def plan_end(pod: Obj, result: Plan) -> None:
    """Add the next steps of a pod whose containers are to be stopped."""
    deadline = (result.seen.ending_since or result.now) + grace_seconds(pod)
    running = _running(result.seen)
    if running:
        for record in _first_to_stop(pod, running):
            _stop(record, deadline, result, run_hook=True)
    elif _is_quiet(result.seen):
        if is_deleting(pod):
            result.add(FinishPod())
        else:
            _release(result)


def plan_removal(seen: Seen, now: float, deadline: float) -> Plan:
    """Return the next steps for containers whose pod the API no longer knows."""
    result = Plan(seen, now)
    running = _running(seen)
    for record in running:
        _stop(record, deadline, result, run_hook=False)
    if not running and not seen.busy:
        result.add(FinishPod())
    return result


def _running(seen: Seen) -> list[Record]:
    return [r for records in seen.records.containers.values() for r in records if r.is_running]


def _is_quiet(seen: Seen) -> bool:
    """Tell whether no work is going on that could still start something."""
    return not any(key in {SANDBOX, POD} or key.startswith("container:") for key in seen.busy)


def _first_to_stop(pod: Obj, running: list[Record]) -> list[Record]:
    sidecars = [container["name"] for container in init_containers_of(pod) if is_sidecar(container)]
    others = [record for record in running if record.name not in sidecars]
    return others or [max(running, key=lambda record: sidecars.index(record.name))]


def _stop(record: Record, deadline: float, result: Plan, *, run_hook: bool) -> None:
    why = f"Stopping container {record.name}"
    if result.seen.stopping.get(record.name, 0.0) > deadline + _HASTE_SECONDS:
        result.actions.append(StopContainer(record.name, record.id, deadline, why, run_hook=False))
    else:
        result.add(StopContainer(record.name, record.id, deadline, why, run_hook))


def _release(result: Plan) -> None:
    """Give back network and memory of a pod that has ended; its dead containers stay."""
    for records in result.seen.records.containers.values():
        for record in records:
            if record.is_created:
                result.add(RemoveContainer(record.id))
    for sandbox in result.seen.records.sandboxes[:1]:
        result.add(RemoveSandbox(sandbox.id))
