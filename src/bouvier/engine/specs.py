"""What a caller asks an engine to make: plain data, in no engine's own words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any


@dataclass(frozen=True, slots=True)
class Resolver:
    """Name resolution inside a sandbox."""

    servers: tuple[str, ...] = ()
    searches: tuple[str, ...] = ()
    options: tuple[str, ...] = ()


class MountKind(Enum):
    """Where the mounted files come from."""

    PATH = "path"
    """A file or folder of the host."""
    VOLUME = "volume"
    """A volume made by `create_volume`."""
    MEMORY = "memory"
    """A fresh memory file system of this container alone."""


class Propagation(Enum):
    """Whether mounts made later pass between host and container."""

    PRIVATE = "private"
    HOST_TO_CONTAINER = "host-to-container"
    BIDIRECTIONAL = "bidirectional"


@dataclass(frozen=True, slots=True)
class Mount:
    """One mount of a container."""

    target: str
    source: str = ""
    kind: MountKind = MountKind.PATH
    read_only: bool = False
    propagation: Propagation = Propagation.PRIVATE
    size_bytes: int = 0
    """Limit of a `MEMORY` mount; 0 for none."""


@dataclass(frozen=True, slots=True)
class Resources:
    """Limits and weights; zero always means unlimited or the engine's default."""

    cpu_shares: int = 0
    """Weight as cgroup v1 counts it: 1024 is one core's worth."""
    cpu_quota_microseconds: int = 0
    """Processor time allowed in each period."""
    cpu_period_microseconds: int = 0
    memory_bytes: int = 0
    pids: int = 0
    oom_score_adjustment: int = 0
    shared_memory_bytes: int = 0


@dataclass(frozen=True, slots=True)
class Security:
    """Who the processes are and what they may do."""

    user: str = ""
    """`uid` or `uid:gid`; empty for what the image says."""
    groups: tuple[str, ...] = ()
    privileged: bool = False
    add_capabilities: tuple[str, ...] = ()
    """Names without `CAP_`; `ALL` is allowed."""
    drop_capabilities: tuple[str, ...] = ()
    read_only_root: bool = False
    no_new_privileges: bool = False
    seccomp: str = ""
    """Empty for the engine's default filter, `unconfined`, or a filter as JSON."""
    unmasked_proc: bool = False


@dataclass(frozen=True, slots=True)
class SandboxSpec:
    """A pause container that holds the namespaces of a pod."""

    name: str
    image: str
    labels: Mapping[str, str]
    hostname: str = ""
    resolver: Resolver | None = None
    """None keeps the host's."""
    host_network: bool = False
    host_pid: bool = False
    host_ipc: bool = False
    sysctls: Mapping[str, str] = field(default_factory=dict)
    cgroup_parent: str = ""
    runtime: str = ""
    """Name of the engine's runtime; empty for its default."""
    resources: Resources = field(default_factory=Resources)
    mounts: tuple[Mount, ...] = ()
    """Volumes that must live as long as the sandbox."""
    native: Mapping[str, Any] = field(default_factory=dict)
    """Options in the engine's own words, laid over everything else."""


@dataclass(frozen=True, slots=True)
class ContainerSpec:
    """A container, usually a member of a sandbox."""

    name: str
    image: str
    labels: Mapping[str, str]
    sandbox: str = ""
    """Id of the sandbox whose network and IPC namespaces it joins."""
    share_processes: bool = False
    """Join the sandbox's process namespace too."""
    processes_of: str = ""
    """Id of another container whose process namespace it joins instead."""
    host_network: bool = False
    host_pid: bool = False
    host_ipc: bool = False
    entrypoint: tuple[str, ...] | None = None
    arguments: tuple[str, ...] | None = None
    environment: tuple[str, ...] = ()
    """`NAME=value` each."""
    working_directory: str = ""
    mounts: tuple[Mount, ...] = ()
    security: Security = field(default_factory=Security)
    resources: Resources = field(default_factory=Resources)
    cgroup_parent: str = ""
    runtime: str = ""
    stdin: bool = False
    stdin_once: bool = False
    terminal: bool = False
    stop_signal: str = ""
    log_bytes: int = 10 * 1024 * 1024
    """Size at which the log file is rotated (the kubelet's containerLogMaxSize)."""
    log_files: int = 5
    native: Mapping[str, Any] = field(default_factory=dict)
    """Options in the engine's own words, laid over everything else."""


@dataclass(frozen=True, slots=True)
class ExecSpec:
    """A process to run inside a running container."""

    command: tuple[str, ...]
    stdin: bool = False
    stdout: bool = True
    stderr: bool = True
    terminal: bool = False
    environment: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LogOptions:
    """Which part of a container's output to read."""

    follow: bool = False
    stdout: bool = True
    stderr: bool = True
    timestamps: bool = False
    since: float = 0.0
    """Seconds since the epoch."""
    tail: int | None = None
    """Number of last lines; None for all."""


@dataclass(frozen=True, slots=True)
class RegistryAuth:
    """Credentials for one registry."""

    username: str = ""
    password: str = ""
    server: str = ""
    identity_token: str = ""
    registry_token: str = ""
    """A bearer token that the registry itself takes, already made for what is to be done."""


@dataclass(frozen=True, slots=True)
class BuildOptions:
    """How an image is made of a context."""

    dockerfile: str = "Dockerfile"
    arguments: Mapping[str, str] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)
    use_cache: bool = True
    always_pull: bool = False
    network: str = ""
    """`host`, `none` or the engine's own name of a network; empty for its default."""
    memory_bytes: int = 0
    cgroup_parent: str = ""


PLAIN_BUILD = BuildOptions()
"""A build that asks for nothing."""
