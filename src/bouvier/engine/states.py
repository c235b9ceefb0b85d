"""What an engine reports: plain data, in no engine's own words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum


class Phase(Enum):
    """Where a container is in its life."""

    CREATED = "created"
    RUNNING = "running"
    EXITED = "exited"


@dataclass(frozen=True, slots=True)
class ContainerState:
    """One container as the engine sees it now."""

    id: str
    name: str
    phase: Phase
    labels: Mapping[str, str]
    image: str = ""
    """Name it was created from."""
    image_id: str = ""
    pid: int = 0
    """Process id on the host; 0 when not running."""
    exit_code: int = 0
    out_of_memory: bool = False
    error: str = ""
    """Why it could not be started, when it could not."""
    terminal: bool = False
    stdin_once: bool = False
    """Whether its input ends with that of the first client."""
    created_at: str = ""
    """RFC 3339 with fractions, as all times here; empty when it has not happened."""
    started_at: str = ""
    finished_at: str = ""


@dataclass(frozen=True, slots=True)
class ContainerSummary:
    """One line of the engine's list."""

    id: str
    phase: Phase
    labels: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class EngineInfo:
    """The engine and the machine under it."""

    name: str
    """`docker` and the like; the scheme of container ids in pod status."""
    version: str
    operating_system: str
    os_image: str
    architecture: str
    kernel_version: str
    cpus: int
    memory_bytes: int
    cgroup_driver: str
    """`cgroupfs` or `systemd`."""
    cgroup_version: int
    runtimes: tuple[str, ...] = ()
    """Names of what may run containers."""


@dataclass(frozen=True, slots=True)
class ImageInfo:
    """An image on this host."""

    id: str
    names: tuple[str, ...]
    """Tags and digests, as the engine writes them."""
    digests: tuple[str, ...]
    size_bytes: int
    user: str = ""
    """User that its configuration names; only known from `image`, not from `images`."""


@dataclass(frozen=True, slots=True)
class PullProgress:
    """A step of a running pull, push or build."""

    text: str
    layer: str = ""
    current_bytes: int = 0
    total_bytes: int = 0
    digest: str = ""
    """Of what was pushed, in the last step of a push."""


@dataclass(frozen=True, slots=True)
class EngineEvent:
    """Something that happened in the engine."""

    subject: str
    """`container` or `image`."""
    action: str
    """For containers `created`, `started`, `died`, `removed`, `out-of-memory`; `changed` for images."""
    id: str
    labels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Output:
    """A piece of a container's output."""

    stream: str
    """`stdout` or `stderr`; with a terminal everything is `stdout`."""
    data: bytes


@dataclass(frozen=True, slots=True)
class Usage:
    """What a container uses at the moment."""

    cpu_nanoseconds: int
    """Processor time since its start."""
    memory_bytes: int
    """Working set: use without reclaimable cache."""
    processes: int
