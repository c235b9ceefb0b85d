"""Why a pod is not ready, as a sentence with a way out. Pure: reads the pod's own status."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from bouvier.meta.objects import Obj, condition_of, is_condition_true, is_deleting, name_of


class Reason(NamedTuple):
    """Why something is not as wished."""

    what: str
    advice: str = ""
    is_trouble: bool = True
    """False for what passes by itself, such as a start."""
    is_final: bool = False
    """True when waiting cannot help."""


def reason_of(pod: Obj) -> Reason | None:
    """Return why the pod is not ready, None when it is (or has ended well)."""
    if is_deleting(pod):
        return Reason("stopping", is_trouble=False)
    phase = pod.get("status", {}).get("phase", "Pending")
    if phase == "Succeeded" or (phase == "Running" and is_condition_true(pod, "Ready")):
        return None
    checks: tuple[Callable[[Obj], Reason | None], ...] = (_unscheduled, _failed, _container_trouble, _unready)
    for check in checks:
        reason = check(pod)
        if reason:
            return reason
    return Reason("starting", is_trouble=False)


def _unscheduled(pod: Obj) -> Reason | None:
    condition = condition_of(pod, "PodScheduled")
    if pod.get("spec", {}).get("nodeName"):
        return None
    if condition is None or condition.get("status") != "False":
        return Reason("waiting for a host", is_trouble=False)
    message = condition.get("message", "").rstrip(".")
    return Reason(f"no host takes it: {message}", _scheduling_advice(message, name_of(pod)))


SCHEDULING_ADVICE = (
    ("port", "another pod has that port of the host: stop it, or choose another by -p"),
    ("nsufficient", "ask for less by --cpus and --memory, remove something, or add a host"),
    ("Too many pods", "remove something, or add a host"),
    ("taint", "the hosts are reserved or not ready: see bouvier status"),
    ("no nodes available", "no host has joined yet: see bouvier status"),
)


def _scheduling_advice(message: str, name: str) -> str:
    found = next((advice for part, advice in SCHEDULING_ADVICE if part in message), "")
    return found or f"host by host: bouvier explain pod/{name}"


def _failed(pod: Obj) -> Reason | None:
    status = pod.get("status", {})
    if status.get("phase") != "Failed":
        return None
    why = status.get("reason") or ""
    ended = next(_terminated(pod), None)
    text = f"ended with exit code {ended['exitCode']}" if ended else "failed"
    detail = status.get("message") or why
    return Reason(f"{text}{': ' + detail if detail else ''}", f"bouvier logs pod/{name_of(pod)}", is_final=True)


def _terminated(pod: Obj) -> Iterator[dict[str, Any]]:
    for container in _containers(pod):
        ended = container.get("state", {}).get("terminated")
        if ended and ended.get("exitCode"):
            yield ended


def _containers(pod: Obj) -> list[dict[str, Any]]:
    status = pod.get("status", {})
    return [*(status.get("initContainerStatuses") or ()), *(status.get("containerStatuses") or ())]


def _container_trouble(pod: Obj) -> Reason | None:
    for container in _containers(pod):
        waiting = container.get("state", {}).get("waiting")
        describe = WAITING.get(waiting.get("reason", "")) if waiting else None
        if waiting and describe:
            return describe(pod, container, waiting.get("message", ""))
    return None


def _image_reason(pod: Obj, container: dict[str, Any], message: str) -> Reason:
    image = container.get("image") or _image_in_spec(pod, container["name"])
    advice = "check name and tag, and that this host reaches the registry"
    if image.startswith("bouvier/"):
        advice = "put the offline images into the engine: bouvier images seed"
    return Reason(f"image {image} cannot be had{_tail(message)}", advice)


def _bad_image_name(pod: Obj, container: dict[str, Any], _message: str) -> Reason:
    image = container.get("image") or _image_in_spec(pod, container["name"])
    return Reason(f"{image} is no image name", "correct it: bouvier upgrade NAME --image IMAGE", is_final=True)


def _never_pulled(pod: Obj, container: dict[str, Any], _message: str) -> Reason:
    image = container.get("image") or _image_in_spec(pod, container["name"])
    what = f"image {image} is not on the host and may not be pulled"
    return Reason(what, "load it there, or use --pull missing", is_final=True)


def _crash_reason(pod: Obj, container: dict[str, Any], _message: str) -> Reason:
    ended = container.get("lastState", {}).get("terminated") or {}
    code, times = ended.get("exitCode"), container.get("restartCount", 0)
    how = (
        "was ended for using too much memory" if ended.get("reason") == "OOMKilled" else f"ended with exit code {code}"
    )
    advice = "raise --memory" if ended.get("reason") == "OOMKilled" else f"bouvier logs pod/{name_of(pod)} --previous"
    return Reason(f"keeps ending: {how}, restarted {times} times", advice)


def _config_reason(_pod: Obj, _container: dict[str, Any], message: str) -> Reason:
    return Reason(f"cannot be configured{_tail(message)}", "create what it names; it starts by itself then")


def _start_reason(pod: Obj, _container: dict[str, Any], message: str) -> Reason:
    advice = f"correct the command or the mounts; the whole story: bouvier explain pod/{name_of(pod)}"
    if "address already in use" in message or "port is already allocated" in message:
        advice = "the port is taken on the host: stop what listens there, or choose another by -p"
    return Reason(f"does not start{_tail(message)}", advice)


Describe = Callable[[Obj, dict[str, Any], str], Reason]
WAITING: dict[str, Describe] = {
    "ErrImagePull": _image_reason,
    "ImagePullBackOff": _image_reason,
    "ErrImageNeverPull": _never_pulled,
    "InvalidImageName": _bad_image_name,
    "CrashLoopBackOff": _crash_reason,
    "CreateContainerConfigError": _config_reason,
    "CreateContainerError": _start_reason,
    "RunContainerError": _start_reason,
}


def _unready(pod: Obj) -> Reason | None:
    """Return the reason of a pod whose containers run, but that takes no traffic."""
    statuses = pod.get("status", {}).get("containerStatuses") or ()
    if not statuses or not all("running" in status.get("state", {}) for status in statuses):
        return _just_ended(pod)
    unready = [status["name"] for status in statuses if not status.get("ready")]
    if not unready:
        return None
    return Reason(
        f"runs, but {', '.join(unready)} does not answer its readiness probe yet",
        f"if that lasts: bouvier logs pod/{name_of(pod)}",
    )


def _just_ended(pod: Obj) -> Reason | None:
    ended = next(_terminated(pod), None)
    if ended is None:
        return None
    return Reason(f"ended with exit code {ended['exitCode']}", f"bouvier logs pod/{name_of(pod)}")


def _image_in_spec(pod: Obj, name: str) -> str:
    containers = pod.get("spec", {}).get("containers") or ()
    return next((container.get("image", "") for container in containers if container["name"] == name), "")


def _tail(message: str) -> str:
    return f": {message.strip().rstrip('.')}" if message else ""
