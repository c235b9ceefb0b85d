"""What to do next for a pod that comes to its end (pure).

Regular containers are stopped together; sidecars after them, the last one first, so that each sidecar outlives what may
need it. A pod that is deleted is then removed from host and API; one that ended by itself keeps its dead containers,
for their logs, until it is deleted.
Source: https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#pod-termination
"""

from __future__ import annotations

from bouvier.meta.objects import Obj, is_deleting
from bouvier.node.pods.actions import (
    POD,
    SANDBOX,
    Action,
    FinishPod,
    RemoveContainer,
    RemoveSandbox,
    StopContainer,
    container_key,
)
from bouvier.node.pods.records import Record
from bouvier.node.pods.seen import Seen
from bouvier.node.pods.spec import grace_seconds, init_containers_of, is_sidecar

_HASTE_SECONDS = 1.0
"""A kill time that moved forward by less is not worth beginning anew."""


def plan_end(pod: Obj, seen: Seen, now: float) -> list[Action]:
    """Return the next steps of a pod whose containers are to be stopped."""
    deadline = (seen.ending_since or now) + grace_seconds(pod)
    living = [r for records in seen.records.containers.values() for r in records if r.is_running]
    if living:
        return _stops(pod, living, deadline, seen)
    if any(key.startswith("container:") for key in seen.busy) or seen.busy & {SANDBOX, POD}:
        return []
    if is_deleting(pod):
        failure = seen.failures.get(POD)
        return [] if failure and failure.retry_at > now else [FinishPod()]
    return _release(seen)


def plan_removal(seen: Seen, deadline: float) -> list[Action]:
    """Return the next steps for containers whose pod the API no longer knows."""
    living = [r for records in seen.records.containers.values() for r in records if r.is_running]
    if living:
        return [action for record in living for action in _stop(record, deadline, seen, run_hook=False)]
    return [] if seen.busy else [FinishPod()]


def _stops(pod: Obj, living: list[Record], deadline: float, seen: Seen) -> list[Action]:
    sidecars = [container["name"] for container in init_containers_of(pod) if is_sidecar(container)]
    first = [record for record in living if record.name not in sidecars]
    if not first:
        last = max(living, key=lambda record: sidecars.index(record.name))
        first = [last]
    return [action for record in first for action in _stop(record, deadline, seen)]


def _stop(record: Record, deadline: float, seen: Seen, *, run_hook: bool = True) -> list[Action]:
    why = f"Stopping container {record.name}"
    if container_key(record.name) not in seen.busy:
        return [StopContainer(record.name, record.id, deadline, why, run_hook)]
    if seen.stopping.get(record.name, 0.0) > deadline + _HASTE_SECONDS:
        return [StopContainer(record.name, record.id, deadline, why, run_hook=False)]
    return []


def _release(seen: Seen) -> list[Action]:
    """Give back network and memory of a pod that has ended; its dead containers stay."""
    waiting = [r for records in seen.records.containers.values() for r in records if r.is_created]
    actions: list[Action] = [RemoveContainer(record.name, record.id) for record in waiting]
    return actions + [RemoveSandbox(record.id) for record in seen.records.sandboxes[:1]]
