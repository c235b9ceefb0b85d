"""Use of processor and memory by containers, read from their control groups.

Reading the files of 100 containers takes about 10 ms; asking the engine takes a hundred times that.
"""

from __future__ import annotations

from pathlib import Path

from bouvier.engine.states import Usage

MOUNT = Path("/sys/fs/cgroup")


def container_usage(parent: str, container: str, mount: Path = MOUNT) -> Usage | None:
    """Return what a container uses, None when its group is not there (it has ended, or is a systemd scope)."""
    path = f"{parent.strip('/')}/{container}"
    try:
        if (mount / "cgroup.controllers").exists():
            return _second(mount / path)
        return _first(mount, path)
    except (OSError, ValueError):
        return None


def _first(mount: Path, path: str) -> Usage:
    used = int((mount / "memory" / path / "memory.usage_in_bytes").read_text())
    reclaimable = _entry(mount / "memory" / path / "memory.stat", "total_inactive_file")
    return Usage(
        cpu_nanoseconds=int((mount / "cpuacct" / path / "cpuacct.usage").read_text()),
        memory_bytes=max(0, used - reclaimable),
        processes=int((mount / "pids" / path / "pids.current").read_text()),
    )


def _second(folder: Path) -> Usage:
    used = int((folder / "memory.current").read_text())
    return Usage(
        cpu_nanoseconds=_entry(folder / "cpu.stat", "usage_usec") * 1000,
        memory_bytes=max(0, used - _entry(folder / "memory.stat", "inactive_file")),
        processes=int((folder / "pids.current").read_text()),
    )


def _entry(file: Path, name: str) -> int:
    for line in file.read_text().splitlines():
        key, _, value = line.partition(" ")
        if key == name:
            return int(value)
    return 0
