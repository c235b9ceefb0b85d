"""What to do next for a pod that is to run (pure).

`plan` is called again after every change, so it only ever names the next steps: work whose key is busy is left out,
work that failed comes back at its retry time. Volumes, sandbox and the first container are prepared side by side;
a container is created while its sandbox still starts.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from bouvier.meta.objects import Obj
from bouvier.node.pods import backoff
from bouvier.node.pods.actions import (
    SANDBOX,
    VOLUMES,
    Action,
    AttachNetwork,
    CreateContainer,
    CreateSandbox,
    PrepareVolumes,
    PullImage,
    RemoveContainer,
    RemoveSandbox,
    StartContainer,
    StartSandbox,
    StopContainer,
    container_key,
    image_key,
)
from bouvier.node.pods.ending import plan_end
from bouvier.node.pods.identity import Role, container_hash
from bouvier.node.pods.needs import needs_addresses, pull_policy
from bouvier.node.pods.progress import (
    current,
    has_network,
    is_ending,
    is_init_done,
    is_initialized,
    should_restart,
)
from bouvier.node.pods.records import Record, seconds
from bouvier.node.pods.seen import Seen
from bouvier.node.pods.spec import containers_of, grace_seconds, init_containers_of, is_sidecar


@dataclass(slots=True)
class Plan:
    """The next steps, and when to look again although nothing happens."""

    actions: list[Action] = field(default_factory=list)
    wake_at: float = 0.0
    """Seconds since the epoch; 0 for never."""

    def add(self, action: Action) -> None:
        """Add a step."""
        self.actions.append(action)

    def wake(self, at: float) -> None:
        """Look again at that moment or before."""
        self.wake_at = min(self.wake_at, at) if self.wake_at else at


def plan(pod: Obj, seen: Seen, now: float) -> Plan:
    """Return what to do for a pod now."""
    result = Plan()
    if is_ending(pod, seen, now):
        result.actions = plan_end(pod, seen, now)
        return result
    _wake_at_deadline(pod, result)
    if _replace_sandbox(seen, now, result):
        return result
    _volumes(seen, now, result)
    _sandbox(pod, seen, now, result)
    if seen.volumes_ready and seen.records.sandbox:
        _containers(pod, seen, now, result)
    return result


def _wake_at_deadline(pod: Obj, result: Plan) -> None:
    allowed = pod["spec"].get("activeDeadlineSeconds")
    started = (pod.get("status") or {}).get("startTime")
    if allowed is not None and started:
        result.wake(seconds(started) + int(allowed))


def _may_try(key: str, seen: Seen, now: float, result: Plan) -> bool:
    """Tell whether work may begin: not in progress, and not waiting after a failure."""
    if key in seen.busy:
        return False
    failure = seen.failures.get(key)
    if failure is None or failure.retry_at <= now:
        return True
    result.wake(failure.retry_at)
    return False


def _volumes(seen: Seen, now: float, result: Plan) -> None:
    if not seen.volumes_ready and _may_try(VOLUMES, seen, now, result):
        result.add(PrepareVolumes())


def _replace_sandbox(seen: Seen, now: float, result: Plan) -> bool:
    """End what belongs to a sandbox that died; tell whether there is something to end."""
    sandbox = seen.records.sandbox
    if sandbox is None:
        return False
    if SANDBOX in seen.busy:
        return sandbox.is_exited
    orphans = [r for r in _living(seen) if r.sandbox != sandbox.id or sandbox.is_exited]
    for record in orphans:
        _end_orphan(record, seen, now, result)
    old = [*seen.records.sandboxes[1:], *([sandbox] if sandbox.is_exited else [])]
    if old and not orphans:
        result.add(RemoveSandbox(old[0].id, "Pod sandbox changed, it will be killed and re-created."))
    return bool(orphans or old)


def _living(seen: Seen) -> list[Record]:
    return [r for records in seen.records.containers.values() for r in records if not r.is_exited]


def _end_orphan(record: Record, seen: Seen, now: float, result: Plan) -> None:
    if record.is_running and container_key(record.name) not in seen.busy:
        why = f"Stopping container {record.name}: its sandbox has gone"
        result.add(StopContainer(record.name, record.id, now, why, run_hook=False))
    elif record.is_created:
        _remove(record, seen, result)


def _remove(record: Record, seen: Seen, result: Plan) -> None:
    if container_key(record.name) not in seen.busy:
        result.add(RemoveContainer(record.name, record.id))


def _sandbox(pod: Obj, seen: Seen, now: float, result: Plan) -> None:
    sandbox = seen.records.sandbox
    if not _may_try(SANDBOX, seen, now, result):
        return
    if sandbox is None:
        earlier = {r.sandbox for records in seen.records.containers.values() for r in records}
        result.add(CreateSandbox(len(earlier)))
    elif sandbox.is_created:
        result.add(StartSandbox(sandbox.id))
    elif sandbox.is_running and not has_network(pod, seen):
        result.add(AttachNetwork(sandbox.id, sandbox.state.pid))


def _containers(pod: Obj, seen: Seen, now: float, result: Plan) -> None:
    initialized = is_initialized(pod, seen)
    for container in init_containers_of(pod):
        done = is_init_done(container, seen)
        if is_sidecar(container) or not (done or initialized):
            _advance(pod, container, Role.INIT, seen, now, result)
        if not (done or initialized):
            return
    for container in containers_of(pod):
        _advance(pod, container, Role.CONTAINER, seen, now, result)


def _advance(pod: Obj, container: Obj, role: Role, seen: Seen, now: float, result: Plan) -> None:
    """Take one container a step further."""
    if not _may_try(container_key(container["name"]), seen, now, result):
        return
    record = current(seen, container["name"])
    if record is None:
        _create_anew(pod, container, role, seen, now, result)
    elif record.is_created:
        _start(pod, container, record, seen, result)
    elif record.is_running:
        _watch_over(pod, container, record, seen, now, result)
    elif should_restart(pod, container, record):
        _restart(pod, container, role, record, seen, now, result)


def _create_anew(pod: Obj, container: Obj, role: Role, seen: Seen, now: float, result: Plan) -> None:
    """Make the first container of this sandbox; one that ended for good in an earlier sandbox stays as it is."""
    before = seen.records.newest(container["name"])
    if before and before.is_exited and role is Role.CONTAINER and not should_restart(pod, container, before):
        return
    attempt = before.attempt + 1 if before else _attempt_from_status(pod, container["name"])
    _create(pod, container, CreateContainer(container["name"], role, attempt, 0, _sandbox_id(seen)), seen, now, result)


def _attempt_from_status(pod: Obj, name: str) -> int:
    """Go on counting where the API's status left off, when the engine has lost its containers."""
    status = pod.get("status") or {}
    for entry in [*(status.get("initContainerStatuses") or ()), *(status.get("containerStatuses") or ())]:
        if entry["name"] == name and entry.get("containerID"):
            return int(entry.get("restartCount") or 0) + 1
    return 0


def _sandbox_id(seen: Seen) -> str:
    assert seen.records.sandbox is not None
    return seen.records.sandbox.id


def _create(pod: Obj, container: Obj, action: CreateContainer, seen: Seen, now: float, result: Plan) -> None:
    if not _image_is_there(container, action.attempt, seen, now, result):
        return
    if needs_addresses(container) and not has_network(pod, seen):
        return
    result.add(action)


def _image_is_there(container: Obj, attempt: int, seen: Seen, now: float, result: Plan) -> bool:
    policy, image = pull_policy(container), container.get("image", "")
    if policy == "Always" and (container["name"], attempt) in seen.pulled:
        return True
    if policy != "Always" and image in seen.images:
        return True
    if _may_try(image_key(container["name"]), seen, now, result):
        result.add(PullImage(container["name"], image, attempt))
    return False


def _start(pod: Obj, container: Obj, record: Record, seen: Seen, result: Plan) -> None:
    sandbox = seen.records.sandbox
    if record.hash != container_hash(container):
        _remove(record, seen, result)
    elif sandbox and sandbox.is_running and has_network(pod, seen) and SANDBOX not in seen.busy:
        result.add(StartContainer(container["name"], record.id))


def _watch_over(pod: Obj, container: Obj, record: Record, seen: Seen, now: float, result: Plan) -> None:
    name = container["name"]
    view = seen.probes.get(record.id)
    if record.hash != container_hash(container):
        why = f"Container {name} definition changed, will be restarted"
        result.add(StopContainer(name, record.id, now + grace_seconds(pod), why))
    elif view and view.unhealthy:
        grace = grace_seconds(pod) if view.grace_seconds is None else view.grace_seconds
        result.add(StopContainer(name, record.id, now + grace, view.unhealthy))
    for dead in seen.records.containers[name][2:]:
        _remove(dead, seen, result)


def _restart(pod: Obj, container: Obj, role: Role, record: Record, seen: Seen, now: float, result: Plan) -> None:
    ready_at = backoff.restart_at(record)
    if ready_at > now:
        result.wake(ready_at)
        return
    name = container["name"]
    action = CreateContainer(name, role, record.attempt + 1, backoff.next_level(record), _sandbox_id(seen))
    _create(pod, container, action, seen, now, result)
