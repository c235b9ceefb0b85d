"""The status of one container, as the kubelet words it (pure)."""

from __future__ import annotations

from typing import Any

from bouvier.meta.objects import Obj, is_deleting, name_of, namespace_of, uid_of
from bouvier.node.pods import backoff
from bouvier.node.pods.actions import SANDBOX, VOLUMES, container_key, image_key
from bouvier.node.pods.identity import Role
from bouvier.node.pods.progress import current, is_initialized, is_over, is_ready, is_started, should_restart
from bouvier.node.pods.records import Record
from bouvier.node.pods.seen import Failure, Seen
from bouvier.node.pods.spec import is_sidecar

_ERROR_SHOWN_SECONDS = 3.0
"""A failed pull is first shown as itself, then as waiting for the next try."""
_PULL_BACK_OFF = {"ErrImagePull": "ImagePullBackOff", "RegistryUnavailable": "ImagePullBackOff"}


def container_status(pod: Obj, role: Role, container: Obj, seen: Seen, now: float, engine: str) -> Obj:
    """Return one entry of `containerStatuses` or `initContainerStatuses`."""
    name = container["name"]
    record = seen.records.newest(name)
    old = _old_status(pod, role, name)
    if record is None:
        return _without_record(pod, role, container, seen, now, old)
    started = is_started(container, record, seen)
    status: Obj = {
        "name": name,
        "image": record.state.image,
        "imageID": record.state.image_id,
        "containerID": f"{engine}://{record.id}",
        "restartCount": record.attempt,
        "ready": _ready(role, container, record, seen),
        "started": started,
        "state": _state(pod, role, container, record, seen, now, engine),
        "lastState": {},
    }
    shown = status["state"].get("terminated", {}).get("containerID", "")
    last = next((r for r in seen.records.containers[name] if r.is_exited and not shown.endswith(r.id)), None)
    if last:
        status["lastState"] = {"terminated": terminated(pod, container, last, engine)}
    return status


def _ready(role: Role, container: Obj, record: Record, seen: Seen) -> bool:
    if role is Role.INIT and not is_sidecar(container):
        return record.is_exited and record.exit_code == 0
    return is_ready(container, record, seen)


def _old_status(pod: Obj, role: Role, name: str) -> Obj | None:
    key = "initContainerStatuses" if role is Role.INIT else "containerStatuses"
    entries = (pod.get("status") or {}).get(key) or ()
    return next((entry for entry in entries if entry["name"] == name), None)


def _without_record(pod: Obj, role: Role, container: Obj, seen: Seen, now: float, old: Obj | None) -> Obj:
    """Describe a container of which the engine has nothing (yet, or any more)."""
    status: Obj = {
        "name": container["name"],
        "image": container.get("image", ""),
        "imageID": "",
        "restartCount": int((old or {}).get("restartCount") or 0),
        "ready": False,
        "started": False,
        "state": {"waiting": _waiting(pod, role, container, seen, now)},
        "lastState": {},
    }
    if old and old.get("containerID") and (is_deleting(pod) or is_over(pod)):
        ended = (old.get("state") or {}).get("terminated") or _lost(old["containerID"])
        status |= {"imageID": old.get("imageID", ""), "containerID": old["containerID"], "state": {"terminated": ended}}
        status["ready"] = bool(old.get("ready")) and role is Role.INIT and ended.get("exitCode") == 0
    return status


def _lost(container_id: str) -> Obj:
    return {
        "exitCode": 137,
        "reason": "ContainerStatusUnknown",
        "message": "The container could not be located when the pod was terminated",
        "containerID": container_id,
    }


def _state(pod: Obj, role: Role, container: Obj, record: Record, seen: Seen, now: float, engine: str) -> Obj:
    if record.is_running and container["name"] not in seen.hooking:
        return {"running": {"startedAt": whole_seconds(record.state.started_at)}}
    if not record.is_exited:
        return {"waiting": _waiting(pod, role, container, seen, now)}
    if _will_run_again(pod, container, record, seen):
        waiting = _back_off(pod, container, record, seen, now)
        if waiting:
            return {"waiting": waiting}
    return {"terminated": terminated(pod, container, record, engine)}


def _will_run_again(pod: Obj, container: Obj, record: Record, seen: Seen) -> bool:
    return not seen.ending_since and should_restart(pod, container, record)


def _back_off(pod: Obj, container: Obj, record: Record, seen: Seen, now: float) -> Obj | None:
    """Return why an ended container does not run again yet; None when it is started at once."""
    failure = _failure(container, seen)
    if failure:
        return _from_failure(failure, container, now)
    if backoff.restart_at(record) > now:
        if record.state.error and not record.state.started_at:
            return {"reason": "RunContainerError", "message": record.state.error}
        delay = backoff.show(backoff.delay_seconds(backoff.effective_level(record)))
        where = f"{name_of(pod)}_{namespace_of(pod)}({uid_of(pod)})"
        message = f"back-off {delay} restarting failed container={container['name']} pod={where}"
        return {"reason": "CrashLoopBackOff", "message": message}
    return None


def _waiting(pod: Obj, role: Role, container: Obj, seen: Seen, now: float) -> Obj:
    failure = _failure(container, seen)
    if failure:
        return _from_failure(failure, container, now)
    if role is Role.CONTAINER and pod["spec"].get("initContainers") and not is_initialized(pod, seen):
        return {"reason": "PodInitializing"}
    if role is Role.INIT and seen.records.sandbox and current(seen, container["name"]) is None:
        return {"reason": "PodInitializing"}
    reason: Obj = {"reason": "ContainerCreating"}
    blocked = seen.failures.get(SANDBOX) or seen.failures.get(VOLUMES)
    if blocked:
        reason["message"] = blocked.message
    return reason


def _failure(container: Obj, seen: Seen) -> Failure | None:
    name = container["name"]
    return seen.failures.get(image_key(name)) or seen.failures.get(container_key(name))


def _from_failure(failure: Failure, container: Obj, now: float) -> Obj:
    waiting_reason = _PULL_BACK_OFF.get(failure.reason)
    if waiting_reason and now - failure.at > _ERROR_SHOWN_SECONDS:
        text = f'Back-off pulling image "{container.get("image", "")}": {failure.reason}: {failure.message}'
        return {"reason": waiting_reason, "message": text}
    return {"reason": failure.reason, "message": failure.message}


def shown_differently_at(failure: Failure) -> float:
    """Return the moment after which a failed pull is shown as back-off."""
    return failure.at + _ERROR_SHOWN_SECONDS if failure.reason in _PULL_BACK_OFF else 0.0


def terminated(pod: Obj, container: Obj, record: Record, engine: str) -> Obj:
    """Return a `terminated` state."""
    state: dict[str, Any] = {
        "exitCode": record.exit_code,
        "reason": _reason(record),
        "finishedAt": whole_seconds(record.state.finished_at or record.state.created_at),
        "containerID": f"{engine}://{record.id}",
    }
    if record.state.started_at:
        state["startedAt"] = whole_seconds(record.state.started_at)
    if message := record.message or record.state.error:
        state["message"] = message
    return state


def _reason(record: Record) -> str:
    if record.is_out_of_memory:
        return "OOMKilled"
    if record.state.error and not record.state.started_at:
        return "StartError"
    return "Error" if record.exit_code else "Completed"


def whole_seconds(text: str) -> str:
    """Return an engine's time in the form of `metav1.Time`."""
    return text.partition(".")[0].removesuffix("Z") + "Z" if text else ""
