"""What must be true of the host beside its packages: permission, kernel, cgroups, free ports.

`observe` reads, `judge` is pure. A finding says what is wrong in one line and what to do in the next; `fatal` means
that `bouvier up` cannot work before it is put right.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from bouvier.util.ports import is_port_free

NEEDED_FILESYSTEMS = ("overlay", "tmpfs")
NEEDED_CAPABILITIES = {12: "CAP_NET_ADMIN", 21: "CAP_SYS_ADMIN"}
"""Bits of `CapEff`. Source: `<linux/capability.h>`."""
FREE_DISK_BYTES = 2 << 30
"""Room for images and the store; below it the first pull already fails."""


class Host(NamedTuple):
    """What was seen of the host."""

    is_root: bool
    capabilities: int
    filesystems: frozenset[str]
    has_namespaces: bool
    cgroup: str
    """`v2`, `v1`, `hybrid` or empty when nothing is mounted."""
    busy_ports: tuple[int, ...]
    free_disk_bytes: int


class Finding(NamedTuple):
    """Something that is not as the platform needs it."""

    what: str
    advice: str
    fatal: bool = True


def observe(ports: Sequence[int], folder: Path) -> Host:
    """Look at the host; `ports` are those that the platform would listen on, `folder` is where its data goes."""
    return Host(
        is_root=os.geteuid() == 0,
        capabilities=effective_capabilities(Path("/proc/self/status").read_text()),
        filesystems=filesystems_of(Path("/proc/filesystems").read_text()),
        has_namespaces=all(Path("/proc/self/ns", name).exists() for name in ("net", "mnt", "pid", "ipc", "uts")),
        cgroup=cgroup_layout(Path("/proc/mounts").read_text()),
        busy_ports=tuple(port for port in ports if not is_port_free(port)),
        free_disk_bytes=_free_bytes(folder),
    )


def judge(host: Host) -> list[Finding]:
    """Return what stands in the way, the worst first."""
    return [*_judge_permission(host), *_judge_kernel(host), *_judge_room(host)]


def _judge_permission(host: Host) -> Iterator[Finding]:
    if not host.is_root:
        yield Finding("not run as root", "start it with sudo: networks and mounts need it")
        return
    for bit, name in NEEDED_CAPABILITIES.items():
        if not host.capabilities >> bit & 1:
            yield Finding(f"root lacks {name} here", f"run the surrounding container with {name}")


def _judge_kernel(host: Host) -> Iterator[Finding]:
    for name in NEEDED_FILESYSTEMS:
        if name not in host.filesystems:
            yield Finding(f"the kernel has no {name} filesystem", f"load it: modprobe {name}")
    if not host.has_namespaces:
        yield Finding("the kernel lacks namespaces", "use a kernel with CONFIG_NAMESPACES")
    if not host.cgroup:
        yield Finding("no cgroups are mounted", "mount them: mount -t cgroup2 none /sys/fs/cgroup")


def _judge_room(host: Host) -> Iterator[Finding]:
    for port in host.busy_ports:
        yield Finding(f"port {port} is in use", "stop what listens there, or choose another by --port")
    if host.free_disk_bytes < FREE_DISK_BYTES:
        room = host.free_disk_bytes >> 20
        yield Finding(f"only {room} MiB of disk are free", "free some, or choose another --data-dir", fatal=False)


def effective_capabilities(status_text: str) -> int:
    """Return the bits of `CapEff` in the text of `/proc/self/status`."""
    for line in status_text.splitlines():
        if line.startswith("CapEff:"):
            return int(line.split()[1], 16)
    return 0


def filesystems_of(text: str) -> frozenset[str]:
    """Return the names in the text of `/proc/filesystems`."""
    return frozenset(line.split()[-1] for line in text.splitlines() if line.split())


def cgroup_layout(mounts_text: str) -> str:
    """Return which cgroup versions the text of `/proc/mounts` shows."""
    kinds = {line.split()[2] for line in mounts_text.splitlines()} & {"cgroup", "cgroup2"}
    return {("cgroup",): "v1", ("cgroup2",): "v2", ("cgroup", "cgroup2"): "hybrid"}.get(tuple(sorted(kinds)), "")


def _free_bytes(folder: Path) -> int:
    existing = next(path for path in (folder, *folder.parents) if path.exists())
    usage = os.statvfs(existing)
    return usage.f_bavail * usage.f_frsize
