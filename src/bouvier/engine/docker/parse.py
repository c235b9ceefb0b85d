"""Docker's JSON as the engine's states (pure)."""

from __future__ import annotations

from typing import Any

from bouvier.engine.states import (
    ContainerState,
    ContainerSummary,
    EngineEvent,
    EngineInfo,
    ImageInfo,
    Phase,
    PullProgress,
    Usage,
)

_PHASES = {
    "created": Phase.CREATED,
    "running": Phase.RUNNING,
    "paused": Phase.RUNNING,
    "restarting": Phase.RUNNING,
    "removing": Phase.EXITED,
    "exited": Phase.EXITED,
    "dead": Phase.EXITED,
}
_ACTIONS = {"create": "created", "start": "started", "die": "died", "destroy": "removed", "oom": "out-of-memory"}
IMAGE_ACTIONS = ("pull", "tag", "untag", "delete", "import", "load")
EVENT_ACTIONS = (*_ACTIONS, *IMAGE_ACTIONS)
_ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64", "armv7l": "arm", "i686": "386"}
_NEVER = "0001-01-01T00:00:00Z"


def container(document: dict[str, Any]) -> ContainerState:
    """Read the answer to an inspect."""
    state, config = document["State"], document["Config"]
    error = state.get("Error") or ""
    phase = _PHASES[state["Status"]]
    # A container whose start failed goes back to "created" and keeps the error.
    failed = phase is Phase.CREATED and bool(error)
    return ContainerState(
        id=document["Id"],
        name=document["Name"].lstrip("/"),
        phase=Phase.EXITED if failed else phase,
        labels=config.get("Labels") or {},
        image=config["Image"],
        image_id=document["Image"],
        pid=state.get("Pid") or 0,
        exit_code=state.get("ExitCode") or 0,
        out_of_memory=bool(state.get("OOMKilled")),
        error=error,
        terminal=bool(config.get("Tty")),
        stdin_once=bool(config.get("StdinOnce")),
        created_at=_time(document["Created"]),
        started_at="" if failed else _time(state.get("StartedAt")),
        finished_at=_time(state.get("FinishedAt")),
    )


def summary(document: dict[str, Any]) -> ContainerSummary:
    """Read one line of the list."""
    return ContainerSummary(document["Id"], _PHASES[document["State"]], document.get("Labels") or {})


def info(document: dict[str, Any]) -> EngineInfo:
    """Read the answer to `/info`."""
    architecture = document["Architecture"]
    return EngineInfo(
        name="docker",
        version=document["ServerVersion"],
        operating_system=document["OSType"],
        os_image=document["OperatingSystem"],
        architecture=_ARCHITECTURES.get(architecture, architecture),
        kernel_version=document["KernelVersion"],
        cpus=document["NCPU"],
        memory_bytes=document["MemTotal"],
        cgroup_driver=document.get("CgroupDriver") or "cgroupfs",
        cgroup_version=int(document.get("CgroupVersion") or 1),
        runtimes=tuple(sorted(document.get("Runtimes") or ())),
    )


def image(document: dict[str, Any]) -> ImageInfo:
    """Read an image from the list or from an inspect."""
    tags = tuple(name for name in document.get("RepoTags") or () if name != "<none>:<none>")
    digests = tuple(name for name in document.get("RepoDigests") or () if not name.startswith("<none>"))
    user = (document.get("Config") or {}).get("User") or ""
    return ImageInfo(document["Id"], tags + digests, digests, document.get("Size") or 0, user)


def progress(message: dict[str, Any]) -> PullProgress:
    """Read one line of a pull or build."""
    detail = message.get("progressDetail") or {}
    text = message.get("stream") or message.get("status") or ""
    digest = (message.get("aux") or {}).get("Digest") or ""
    return PullProgress(text, message.get("id") or "", detail.get("current") or 0, detail.get("total") or 0, digest)


def event(message: dict[str, Any]) -> EngineEvent:
    """Read one line of the event stream."""
    actor = message["Actor"]
    subject = message["Type"]
    action = _ACTIONS.get(message["Action"], "changed") if subject == "container" else "changed"
    return EngineEvent(subject, action, actor["ID"], actor.get("Attributes") or {})


def usage(document: dict[str, Any]) -> Usage:
    """Read the answer to `/stats`."""
    memory = document.get("memory_stats") or {}
    details = memory.get("stats") or {}
    reclaimable = details.get("total_inactive_file", details.get("inactive_file", 0))
    return Usage(
        cpu_nanoseconds=document["cpu_stats"]["cpu_usage"]["total_usage"],
        memory_bytes=max(0, (memory.get("usage") or 0) - reclaimable),
        processes=(document.get("pids_stats") or {}).get("current") or 0,
    )


def _time(text: str | None) -> str:
    return "" if text in (None, "", _NEVER) else str(text)
