"""How far a pod is: questions that both the plan and the status ask (pure)."""

from __future__ import annotations

import math

from bouvier.kinds.podspec.runoptions.native import options_of
from bouvier.meta.objects import Obj, is_deleting
from bouvier.node.pods.identity import Role
from bouvier.node.pods.records import Record, seconds
from bouvier.node.pods.seen import Seen
from bouvier.node.pods.spec import containers_of, init_containers_of, is_sidecar, restart_policy, uses_host_network

SUCCEEDED = "Succeeded"
FAILED = "Failed"


def current(seen: Seen, name: str) -> Record | None:
    """Return the newest container of that name in the present sandbox."""
    record, sandbox = seen.records.newest(name), seen.records.sandbox
    if record is None or sandbox is None or record.sandbox != sandbox.id:
        return None
    return record


def should_restart(pod: Obj, container: Obj, record: Record) -> bool:
    """Tell whether an ended container is to be started again; an ephemeral one never is."""
    if record.role is Role.EPHEMERAL:
        return False
    policy = "Always" if is_sidecar(container) else restart_policy(pod)
    if policy == "OnFailure" and record.exit_code != 0:
        return record.attempt < _most_restarts(pod, container)
    return policy == "Always"


def _most_restarts(pod: Obj, container: Obj) -> float:
    """Return N of docker's `on-failure:N`; Kubernetes itself has no such limit."""
    text = str(options_of(pod["metadata"].get("annotations"), container["name"]).get("restart", ""))
    limit = text.partition(":")[2]
    return int(limit) if limit.isdecimal() else math.inf


def is_started(container: Obj, record: Record | None, seen: Seen) -> bool:
    """Tell whether a container runs and has passed its startup probe."""
    if record is None or not record.is_running or container["name"] in seen.hooking:
        return False
    if not container.get("startupProbe"):
        return True
    view = seen.probes.get(record.id)
    return view is not None and view.started


def is_ready(container: Obj, record: Record | None, seen: Seen) -> bool:
    """Tell whether a running container may get traffic."""
    if seen.ending_since or record is None or not is_started(container, record, seen):
        return False
    if not container.get("readinessProbe"):
        return True
    view = seen.probes.get(record.id)
    return view is not None and view.ready


def is_init_done(container: Obj, seen: Seen) -> bool:
    """Tell whether an init container lets the next one start."""
    record = current(seen, container["name"])
    if is_sidecar(container):
        return is_started(container, record, seen)
    return record is not None and record.is_exited and record.exit_code == 0


def is_initialized(pod: Obj, seen: Seen) -> bool:
    """Tell whether regular containers may run: all init containers are done, or regular ones run already."""
    if any(current(seen, container["name"]) for container in containers_of(pod)):
        return True
    return all(is_init_done(container, seen) for container in init_containers_of(pod))


def failed_init(pod: Obj, seen: Seen) -> Record | None:
    """Return the init container whose failure is final."""
    for container in init_containers_of(pod):
        record = seen.records.newest(container["name"])
        if record and record.is_exited and record.exit_code != 0 and not should_restart(pod, container, record):
            return record
    return None


def outcome(pod: Obj, seen: Seen) -> str:
    """Return `Succeeded` or `Failed` when the pod has come to its end by itself, else an empty text."""
    if failed_init(pod, seen):
        return FAILED
    results = []
    for container in containers_of(pod):
        record = seen.records.newest(container["name"])
        if record is None or not record.is_exited or should_restart(pod, container, record):
            return ""
        results.append(record.exit_code)
    return FAILED if any(results) else SUCCEEDED


def overdue(pod: Obj, now: float) -> bool:
    """Tell whether `activeDeadlineSeconds` have passed since the pod's start on this host."""
    allowed = pod["spec"].get("activeDeadlineSeconds")
    started = (pod.get("status") or {}).get("startTime")
    return allowed is not None and started is not None and now >= seconds(started) + int(allowed)


def is_over(pod: Obj) -> bool:
    """Tell whether the API already calls the pod ended."""
    return (pod.get("status") or {}).get("phase") in {SUCCEEDED, FAILED}


def is_ending(pod: Obj, seen: Seen, now: float) -> bool:
    """Tell whether the pod's containers are to be stopped."""
    return is_deleting(pod) or is_over(pod) or overdue(pod, now) or bool(outcome(pod, seen))


def has_network(pod: Obj, seen: Seen) -> bool:
    """Tell whether containers may start as far as the network is concerned."""
    return seen.addresses is not None or uses_host_network(pod)
