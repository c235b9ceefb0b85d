"""The status of containers, as the kubelet words it (pure)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from bouvier.meta.objects import Obj, is_deleting, name_of, namespace_of, uid_of
from bouvier.node.pods import backoff
from bouvier.node.pods.actions import SANDBOX, VOLUMES, container_key, image_key
from bouvier.node.pods.identity import Role
from bouvier.node.pods.progress import is_over, is_ready, is_started, should_restart
from bouvier.node.pods.records import Record
from bouvier.node.pods.seen import Failure, Seen
from bouvier.node.pods.spec import is_sidecar

_ERROR_SHOWN_SECONDS = 3.0
"""A failed pull is first shown as itself, then as waiting for the next try."""
_PULL_FAILED = "ErrImagePull"
_LOST_CODE = 137
_FIELDS = {
    Role.INIT: "initContainerStatuses",
    Role.CONTAINER: "containerStatuses",
    Role.EPHEMERAL: "ephemeralContainerStatuses",
}


@dataclass(frozen=True, slots=True)
class ContainerStatuses:
    """Words the status of each container of one pod."""

    pod: Obj
    seen: Seen
    now: float
    engine: str
    """Scheme of container ids."""

    def status(self, role: Role, container: Obj) -> Obj:
        """Return one entry of `containerStatuses` or `initContainerStatuses`."""
        name = container["name"]
        record = self.seen.records.newest(name)
        if record is None:
            return self._without_record(role, container)
        state = self._state(container, record)
        shown = (state.get("terminated") or {}).get("containerID", "")
        last = next((r for r in self.seen.records.containers[name] if r.is_exited and self._id(r) != shown), None)
        return self._details(role, container, record) | {
            "name": name,
            "image": record.state.image,
            "imageID": record.state.image_id,
            "containerID": self._id(record),
            "restartCount": record.attempt,
            "ready": self._ready(role, container, record),
            "started": is_started(container, record, self.seen),
            "state": state,
            "lastState": {"terminated": self._terminated(last)} if last else {},
        }

    def _details(self, role: Role, container: Obj, record: Record) -> Obj:
        """Return what else a status says of a container: resources, mounts, and whose its first process is."""
        details: Obj = {}
        resources = container.get("resources") or {}
        if role is not Role.EPHEMERAL and record.is_running:
            had = self.seen.resources.get(record.id, resources)
            details["resources"] = {block: dict(had[block]) for block in ("limits", "requests") if had.get(block)}
            if resources.get("requests"):
                details["allocatedResources"] = dict(resources["requests"])
        if mounts := container.get("volumeMounts"):
            details["volumeMounts"] = [_mount(mount) for mount in mounts]
        if user := self.seen.users.get(record.id):
            details["user"] = {"linux": user}
        return details

    def _id(self, record: Record) -> str:
        return f"{self.engine}://{record.id}"

    def _ready(self, role: Role, container: Obj, record: Record) -> bool:
        if role is Role.EPHEMERAL:
            return False
        if role is Role.INIT and not is_sidecar(container):
            return record.is_exited and record.exit_code == 0
        return is_ready(container, record, self.seen)

    def _without_record(self, role: Role, container: Obj) -> Obj:
        """Describe a container of which the engine has nothing (yet, or any more)."""
        old = self._old_status(role, container["name"]) or {}
        status: Obj = {
            "name": container["name"],
            "image": container.get("image", ""),
            "imageID": "",
            "restartCount": int(old.get("restartCount") or 0),
            "ready": False,
            "started": False,
            "state": {"waiting": self._waiting(container)},
            "lastState": {},
        }
        if old.get("containerID") and (is_deleting(self.pod) or is_over(self.pod)):
            ended = (old.get("state") or {}).get("terminated") or _lost(old["containerID"])
            status |= {"imageID": old.get("imageID", ""), "containerID": old["containerID"]}
            status["state"] = {"terminated": ended}
            status["ready"] = bool(old.get("ready")) and role is Role.INIT and ended.get("exitCode") == 0
        return status

    def _old_status(self, role: Role, name: str) -> Obj | None:
        entries = (self.pod.get("status") or {}).get(_FIELDS[role]) or ()
        return next((entry for entry in entries if entry["name"] == name), None)

    # States

    def _state(self, container: Obj, record: Record) -> Obj:
        if record.is_running and container["name"] not in self.seen.hooking:
            return {"running": {"startedAt": whole_seconds(record.state.started_at)}}
        if not record.is_exited:
            return {"waiting": self._waiting(container)}
        if not self.seen.ending_since and should_restart(self.pod, container, record):
            waiting = self._back_off(container, record)
            if waiting:
                return {"waiting": waiting}
        return {"terminated": self._terminated(record)}

    def _back_off(self, container: Obj, record: Record) -> Obj | None:
        """Return why an ended container does not run again yet; None when it is started at once."""
        failure = self._failure(container)
        if failure:
            return self._from_failure(failure, container)
        if backoff.restart_at(record) <= self.now:
            return None
        if record.state.error and not record.state.started_at:
            return {"reason": "RunContainerError", "message": record.state.error}
        delay = backoff.show(backoff.delay_seconds(backoff.effective_level(record)))
        where = f"{name_of(self.pod)}_{namespace_of(self.pod)}({uid_of(self.pod)})"
        message = f"back-off {delay} restarting failed container={container['name']} pod={where}"
        return {"reason": "CrashLoopBackOff", "message": message}

    def _waiting(self, container: Obj) -> Obj:
        failure = self._failure(container)
        if failure:
            return self._from_failure(failure, container)
        blocked = self.seen.failures.get(SANDBOX) or self.seen.failures.get(VOLUMES)
        reason = "PodInitializing" if self.pod["spec"].get("initContainers") else "ContainerCreating"
        return {"reason": reason} | ({"message": blocked.message} if blocked else {})

    def _failure(self, container: Obj) -> Failure | None:
        name = container["name"]
        return self.seen.failures.get(image_key(name)) or self.seen.failures.get(container_key(name))

    def _from_failure(self, failure: Failure, container: Obj) -> Obj:
        if failure.reason == _PULL_FAILED and self.now - failure.at > _ERROR_SHOWN_SECONDS:
            text = f'Back-off pulling image "{container.get("image", "")}": {failure.reason}: {failure.message}'
            return {"reason": "ImagePullBackOff", "message": text}
        return {"reason": failure.reason, "message": failure.message}

    def _terminated(self, record: Record) -> Obj:
        state: dict[str, Any] = {
            "exitCode": record.exit_code,
            "reason": _reason(record),
            "finishedAt": whole_seconds(record.state.finished_at or record.state.created_at),
            "containerID": self._id(record),
        }
        if record.state.started_at:
            state["startedAt"] = whole_seconds(record.state.started_at)
        if message := record.message or record.state.error:
            state["message"] = message
        return state


def _mount(mount: Obj) -> Obj:
    shown = {"name": mount["name"], "mountPath": mount["mountPath"]}
    if mount.get("readOnly"):
        shown |= {"readOnly": True, "recursiveReadOnly": mount.get("recursiveReadOnly") or "Disabled"}
    return shown


def shown_differently_at(failure: Failure) -> float:
    """Return the moment after which a failed pull is shown as back-off."""
    return failure.at + _ERROR_SHOWN_SECONDS if failure.reason == _PULL_FAILED else 0.0


def _lost(container_id: str) -> Obj:
    return {
        "exitCode": _LOST_CODE,
        "reason": "ContainerStatusUnknown",
        "message": "The container could not be located when the pod was terminated",
        "containerID": container_id,
    }


def _reason(record: Record) -> str:
    if record.is_out_of_memory:
        return "OOMKilled"
    if record.state.error and not record.state.started_at:
        return "StartError"
    return "Error" if record.exit_code else "Completed"


def whole_seconds(text: str) -> str:
    """Return an engine's time in the form of `metav1.Time`."""
    return text.partition(".")[0].removesuffix("Z") + "Z" if text else ""
