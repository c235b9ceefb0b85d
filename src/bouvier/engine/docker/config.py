"""Sandbox and container specs as Docker's container configuration (pure)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bouvier.engine.docker import privileges
from bouvier.engine.specs import ContainerSpec, Mount, MountKind, Propagation, Resources, SandboxSpec, Security

Config = dict[str, Any]
_JOINED = frozenset({"GroupAdd", "Mounts", "SecurityOpt"})
"""Lists to which an engine's own words add."""
_NO_LIMIT_BYTES = 2**63 - 4096
"""The largest number of whole pages: what the kernel itself shows as no limit."""
_PROPAGATION = {
    Propagation.PRIVATE: "rprivate",
    Propagation.HOST_TO_CONTAINER: "rslave",
    Propagation.BIDIRECTIONAL: "rshared",
}


def sandbox(spec: SandboxSpec) -> Config:
    """Return the configuration of a pause container."""
    host: Config = {
        "NetworkMode": "host" if spec.host_network else "none",
        "IpcMode": "host" if spec.host_ipc else "shareable",
        "LogConfig": {"Type": "none"},
        "SecurityOpt": ["no-new-privileges"],
        "Sysctls": dict(spec.sysctls),
        "Mounts": [mount(m) for m in spec.mounts],
        **_resources(spec.resources),
    }
    if spec.host_pid:
        host["PidMode"] = "host"
    if spec.cgroup_parent:
        host["CgroupParent"] = spec.cgroup_parent
    if spec.runtime:
        host["Runtime"] = spec.runtime
    if spec.resolver is not None:
        resolver = spec.resolver
        host |= {"Dns": resolver.servers, "DnsSearch": resolver.searches, "DnsOptions": resolver.options}
    config: Config = {"Image": spec.image, "Labels": dict(spec.labels), "HostConfig": host}
    if spec.hostname and not spec.host_network:
        config["Hostname"] = spec.hostname
    return merged(config, spec.native)


def container(spec: ContainerSpec, available: frozenset[str], root: str = "") -> Config:
    """Return the configuration of a container; `available` are the capabilities of the host, `root` the engine's folder."""
    host = _namespaces(spec) | _resources(spec.resources) | _security(spec.security, available)
    host["Mounts"] = [mount(m, root) for m in spec.mounts]
    host["LogConfig"] = {
        "Type": "json-file",
        "Config": {"max-size": str(spec.log_bytes), "max-file": str(spec.log_files)},
    }
    if spec.cgroup_parent:
        host["CgroupParent"] = spec.cgroup_parent
    if spec.runtime:
        host["Runtime"] = spec.runtime
    config: Config = {
        "Image": spec.image,
        "Labels": dict(spec.labels),
        "Env": spec.environment,
        "OpenStdin": spec.stdin,
        "StdinOnce": spec.stdin_once,
        "Tty": spec.terminal,
        # The platform probes containers itself.
        "Healthcheck": {"Test": ["NONE"]},
        "HostConfig": host,
    }
    own = spec.native.get("HostConfig") or {}
    if "Type" in own.get("LogConfig", {}):
        del host["LogConfig"]  # another driver does not know the options of ours
    for name in _JOINED & own.keys():
        own = {**own, name: [*host.get(name, ()), *own[name]]}
    return merged(config | _process(spec), {**spec.native, "HostConfig": own})


def _process(spec: ContainerSpec) -> Config:
    config: Config = {}
    if spec.entrypoint is not None:
        config["Entrypoint"] = spec.entrypoint
    if spec.arguments is not None:
        config["Cmd"] = spec.arguments
    if spec.working_directory:
        config["WorkingDir"] = spec.working_directory
    if spec.security.user:
        config["User"] = spec.security.user
    if spec.stop_signal:
        config["StopSignal"] = spec.stop_signal
    return config


def update(resources: Resources) -> Config:
    """Return the body of a change of a running container, without what cannot change.

    Docker passes a limit that is not named on to its runtime as zero, so that no limit must be said, as a large one.
    """
    unlimited = {"Memory": _NO_LIMIT_BYTES, "MemorySwap": -1}
    fixed = ("OomScoreAdj", "ShmSize")
    return unlimited | {name: value for name, value in _resources(resources).items() if name not in fixed}


def _namespaces(spec: ContainerSpec) -> Config:
    member = f"container:{spec.sandbox}" if spec.sandbox else ""
    host: Config = {
        "NetworkMode": "host" if spec.host_network else member or "none",
        "IpcMode": "host" if spec.host_ipc else member or "private",
    }
    if spec.host_pid:
        host["PidMode"] = "host"
    elif spec.share_processes:
        host["PidMode"] = member
    elif spec.processes_of:
        host["PidMode"] = f"container:{spec.processes_of}"
    return host


def _resources(resources: Resources) -> Config:
    values = {
        "CpuShares": resources.cpu_shares,
        "CpuQuota": resources.cpu_quota_microseconds,
        "CpuPeriod": resources.cpu_period_microseconds,
        "Memory": resources.memory_bytes,
        # Equal to the memory limit: no swap, as Kubernetes promises.
        "MemorySwap": resources.memory_bytes,
        "PidsLimit": resources.pids,
        "OomScoreAdj": resources.oom_score_adjustment,
        "ShmSize": resources.shared_memory_bytes,
    }
    return {name: value for name, value in values.items() if value}


def _security(security: Security, available: frozenset[str]) -> Config:
    options = []
    if security.no_new_privileges:
        options.append("no-new-privileges")
    if security.seccomp:
        options.append(f"seccomp={security.seccomp}")
    host: Config = {
        "CapAdd": privileges.added(security.add_capabilities, available),
        "CapDrop": [name.removeprefix("CAP_") for name in security.drop_capabilities],
        "GroupAdd": security.groups,
        "ReadonlyRootfs": security.read_only_root,
        "SecurityOpt": options,
    }
    if security.unmasked_proc:
        host |= {"MaskedPaths": [], "ReadonlyPaths": []}
    return host | _privileged(available) if security.privileged else host


def _privileged(available: frozenset[str]) -> Config:
    if not privileges.missing(available):
        return {"Privileged": True}
    return {
        "CapAdd": privileges.written_out(available),
        "CapDrop": [],
        "SecurityOpt": ["seccomp=unconfined"],
        "MaskedPaths": [],
        "ReadonlyPaths": [],
        "DeviceCgroupRules": ["a *:* rwm"],
    }


def mount(item: Mount, root: str = "") -> Config:
    """Return one entry of `Mounts`.

    What holds the engine's own folder must follow its mounts: Docker refuses it else, lest they could not be undone.
    """
    entry: Config = {"Target": item.target, "ReadOnly": item.read_only}
    if item.kind is MountKind.MEMORY:
        return entry | {"Type": "tmpfs", "TmpfsOptions": {"SizeBytes": item.size_bytes}}
    if item.kind is MountKind.VOLUME:
        return entry | {"Type": "volume", "Source": item.source, "VolumeOptions": {"NoCopy": True}}
    return entry | {
        "Type": "bind",
        "Source": item.source,
        "BindOptions": {"Propagation": _PROPAGATION[_propagation(item, root)]},
    }


def _propagation(item: Mount, root: str) -> Propagation:
    holds_root = bool(root) and f"{root}/".startswith(item.source.rstrip("/") + "/")
    return Propagation.HOST_TO_CONTAINER if holds_root and item.propagation is Propagation.PRIVATE else item.propagation


def merged(base: Config, over: Mapping[str, Any]) -> Config:
    """Lay `over` on `base`: objects are merged, everything else replaced."""
    result = dict(base)
    for name, value in over.items():
        below = result.get(name)
        result[name] = merged(below, value) if isinstance(value, Mapping) and isinstance(below, dict) else value
    return result
