"""What to do next for a pod (pure).

`plan` is called again after every change, so it only ever names the next steps: work whose key is busy is left out,
work that failed comes back at its retry time. Volumes, sandbox and the first container are prepared side by side;
a container is created while its sandbox still starts.
"""

from __future__ import annotations

from bouvier.meta.objects import Obj
from bouvier.node.pods import backoff
from bouvier.node.pods.actions import (
    SANDBOX,
    AttachNetwork,
    CreateContainer,
    CreateSandbox,
    PrepareVolumes,
    PullImage,
    RemoveContainer,
    RemoveSandbox,
    ResizeContainer,
    StartContainer,
    StartSandbox,
    StopContainer,
    container_key,
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
from bouvier.node.pods.resizing import changes, needs_restart
from bouvier.node.pods.seen import Seen
from bouvier.node.pods.spec import (
    containers_of,
    ephemeral_containers_of,
    grace_seconds,
    init_containers_of,
    is_sidecar,
    statuses_of,
)
from bouvier.node.pods.steps import Plan

_KEPT_CONTAINERS = 2
"""The present one and the one before: its log is what `--previous` shows."""


def plan(pod: Obj, seen: Seen, now: float) -> Plan:
    """Return what to do for a pod now."""
    result = Plan(seen, now)
    if is_ending(pod, seen, now):
        plan_end(pod, result)
        return result
    _wake_at_deadline(pod, result)
    if _replace_sandbox(result):
        return result
    if not seen.volumes_ready:
        result.add(PrepareVolumes())
    _sandbox(pod, result)
    if seen.volumes_ready and seen.records.sandbox:
        _ephemeral_containers(pod, result)
        _containers(pod, result)
    return result


def _wake_at_deadline(pod: Obj, result: Plan) -> None:
    allowed = pod["spec"].get("activeDeadlineSeconds")
    started = (pod.get("status") or {}).get("startTime")
    if allowed is not None and started:
        result.wake(seconds(started) + int(allowed))


def _replace_sandbox(result: Plan) -> bool:
    """End what belongs to a sandbox that died; tell whether there is something to end."""
    sandbox = result.seen.records.sandbox
    if sandbox is None:
        return False
    if SANDBOX in result.seen.busy:
        return sandbox.is_exited
    living = [r for records in result.seen.records.containers.values() for r in records if not r.is_exited]
    orphans = [record for record in living if record.sandbox != sandbox.id or sandbox.is_exited]
    for record in orphans:
        _end_orphan(record, result)
    old = [*result.seen.records.sandboxes[1:], *([sandbox] if sandbox.is_exited else [])]
    if old and not orphans:
        result.add(RemoveSandbox(old[0].id, "Pod sandbox changed, it will be killed and re-created."))
    return bool(orphans or old)


def _end_orphan(record: Record, result: Plan) -> None:
    if record.is_running:
        why = f"Stopping container {record.name}: its sandbox has gone"
        result.add(StopContainer(record.name, record.id, result.now, why, run_hook=False))
    else:
        result.add(RemoveContainer(record.id))


def _sandbox(pod: Obj, result: Plan) -> None:
    sandbox = result.seen.records.sandbox
    if sandbox is None:
        earlier = {r.sandbox for records in result.seen.records.containers.values() for r in records}
        result.add(CreateSandbox(len(earlier)))
    elif sandbox.is_created:
        result.add(StartSandbox(sandbox.id))
    elif sandbox.is_running and not has_network(pod, result.seen):
        result.add(AttachNetwork(sandbox.id, sandbox.state.pid))


def _ephemeral_containers(pod: Obj, result: Plan) -> None:
    """Start each ephemeral container once; it waits for no other one, and nothing waits for it."""
    for container in ephemeral_containers_of(pod):
        name = container["name"]
        record = result.seen.records.newest(name)
        if not result.may_try(container_key(name)):
            continue
        if record is not None and record.is_created:
            _start(pod, container, record, result)
        elif record is None and not _attempt_from_status(pod, name):
            _create(pod, container, CreateContainer(name, Role.EPHEMERAL, 0, 0, _sandbox_id(result)), result)


def _containers(pod: Obj, result: Plan) -> None:
    initialized = is_initialized(pod, result.seen)
    for container in init_containers_of(pod):
        done = is_init_done(container, result.seen)
        if is_sidecar(container) or not (done or initialized):
            _advance(pod, container, Role.INIT, result)
        if not (done or initialized):
            return
    for container in containers_of(pod):
        _advance(pod, container, Role.CONTAINER, result)


def _advance(pod: Obj, container: Obj, role: Role, result: Plan) -> None:
    """Take one container a step further."""
    for old in result.seen.records.containers.get(container["name"], ())[_KEPT_CONTAINERS:]:
        if old.is_exited:
            result.add(RemoveContainer(old.id))
    if not result.may_try(container_key(container["name"])):
        return
    record = current(result.seen, container["name"])
    if record is None:
        _create_anew(pod, container, role, result)
    elif record.is_created:
        _start(pod, container, record, result)
    elif record.is_running:
        _watch_over(pod, container, record, result)
    elif should_restart(pod, container, record):
        _restart(pod, container, role, record, result)


def _create_anew(pod: Obj, container: Obj, role: Role, result: Plan) -> None:
    """Make the first container of this sandbox; one that ended for good in an earlier sandbox stays as it is."""
    before = result.seen.records.newest(container["name"])
    if before and before.is_created:
        result.add(RemoveContainer(before.id))  # it never ran, so the next one is no restart
        return
    if before and before.is_exited and role is Role.CONTAINER and not should_restart(pod, container, before):
        return
    attempt = before.attempt + 1 if before else _attempt_from_status(pod, container["name"])
    _create(pod, container, CreateContainer(container["name"], role, attempt, 0, _sandbox_id(result)), result)


def _attempt_from_status(pod: Obj, name: str) -> int:
    """Go on counting where the API's status left off, when the engine has lost its containers."""
    status = pod.get("status") or {}
    for entry in statuses_of(status):
        if entry["name"] == name and entry.get("containerID"):
            never_ran = "waiting" in (entry.get("state") or {}) and not entry.get("lastState")
            return int(entry.get("restartCount") or 0) + (0 if never_ran else 1)
    return 0


def _sandbox_id(result: Plan) -> str:
    assert result.seen.records.sandbox is not None
    return result.seen.records.sandbox.id


def _create(pod: Obj, container: Obj, action: CreateContainer, result: Plan) -> None:
    if not _image_is_there(container, action.attempt, result):
        return
    if needs_addresses(container) and not has_network(pod, result.seen):
        return
    result.add(action)


def _image_is_there(container: Obj, attempt: int, result: Plan) -> bool:
    policy, image = pull_policy(container), container.get("image", "")
    if policy == "Always" and (container["name"], attempt) in result.seen.pulled:
        return True
    if policy != "Always" and image in result.seen.images:
        return True
    result.add(PullImage(container["name"], image, attempt))
    return False


def _start(pod: Obj, container: Obj, record: Record, result: Plan) -> None:
    sandbox = result.seen.records.sandbox
    if record.hash != container_hash(container):
        result.add(RemoveContainer(record.id))
    elif sandbox and sandbox.is_running and has_network(pod, result.seen) and SANDBOX not in result.seen.busy:
        result.add(StartContainer(container["name"], record.id))


def _watch_over(pod: Obj, container: Obj, record: Record, result: Plan) -> None:
    name = container["name"]
    view = result.seen.probes.get(record.id)
    if record.hash != container_hash(container):
        why = f"Container {name} definition changed, will be restarted"
        result.add(StopContainer(name, record.id, result.now + grace_seconds(pod), why))
    elif view and view.unhealthy:
        grace = grace_seconds(pod) if view.grace_seconds is None else view.grace_seconds
        result.add(StopContainer(name, record.id, result.now + grace, view.unhealthy))
    else:
        _resize(pod, container, record, result)


def _resize(pod: Obj, container: Obj, record: Record, result: Plan) -> None:
    """Bring a running container to the resources that it was granted, by a restart where it asks for one."""
    granted = container.get("resources") or {}
    changed = changes(result.seen.resources.get(record.id, granted), granted)
    if changed and needs_restart(container, changed):
        why = f"Container {container['name']} resize requires restart"
        result.add(StopContainer(container["name"], record.id, result.now + grace_seconds(pod), why))
    elif changed:
        result.add(ResizeContainer(container["name"], record.id))


def _restart(pod: Obj, container: Obj, role: Role, record: Record, result: Plan) -> None:
    ready_at = backoff.restart_at(record)
    if ready_at > result.now:
        result.wake(ready_at)
        return
    level = backoff.next_level(record)
    action = CreateContainer(container["name"], role, record.attempt + 1, level, _sandbox_id(result))
    _create(pod, container, action, result)
