"""What a platform leaves on its host, and how each is removed: processes, containers, mounts, links, tables, cgroups.

Everything global carries the platform id in its name, and every process started by the supervisor carries the data
directory in its environment (`BOUVIER_PLATFORM_DIR`), so nothing has to be remembered: what is there is looked for.
`observe` reads, `plan` is pure and names its steps in the order in which they must happen, `apply` is in `purge`.
"""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

MARK = "BOUVIER_PLATFORM_DIR"
CGROUP_ROOT = Path("/sys/fs/cgroup")


class Process(NamedTuple):
    """A process of this host."""

    pid: int
    parent: int
    is_marked: bool
    """Whether its environment names the data directory."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What was found on the host; names are filtered by nobody yet."""

    processes: tuple[Process, ...] = ()
    mounts: tuple[str, ...] = ()
    links: tuple[str, ...] = ()
    tables: tuple[str, ...] = ()
    """nftables tables as `FAMILY NAME`."""
    namespaces: tuple[str, ...] = ()
    cgroups: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Removal:
    """What is to be removed, each list in its order."""

    pids: tuple[int, ...]
    mounts: tuple[str, ...]
    links: tuple[str, ...]
    tables: tuple[str, ...]
    namespaces: tuple[str, ...]
    cgroups: tuple[str, ...]


def plan(seen: Seen, platform_id: str, data_dir: str, own_pid: int) -> Removal:
    """Return what of the seen things belongs to the platform; parents come before children, deep mounts first."""
    inside = data_dir.rstrip("/") + "/"

    def named(names: Iterable[str]) -> tuple[str, ...]:
        return tuple(name for name in names if platform_id in name)

    return Removal(
        pids=tuple(pid for pid in family(seen.processes) if pid != own_pid),
        mounts=tuple(sorted((path for path in seen.mounts if path.startswith(inside)), key=len, reverse=True)),
        links=named(seen.links),
        tables=named(seen.tables),
        namespaces=named(seen.namespaces),
        cgroups=tuple(sorted(named(seen.cgroups), key=len, reverse=True)),
    )


def family(processes: Iterable[Process]) -> list[int]:
    """Return the marked processes and all their descendants (a container's first process is a child of its shim)."""
    children: dict[int, list[int]] = {}
    marked = []
    for process in processes:
        children.setdefault(process.parent, []).append(process.pid)
        if process.is_marked:
            marked.append(process.pid)
    found: dict[int, None] = {}
    waiting = marked
    while waiting:
        pid = waiting.pop(0)
        if pid not in found:
            found[pid] = None
            waiting += children.get(pid, [])
    return list(found)


def observe(data_dir: str) -> Seen:
    """Look at processes, mounts, links, tables, namespaces and cgroups of the host."""
    return Seen(
        processes=tuple(_processes(data_dir)),
        mounts=tuple(parse_mounts(Path("/proc/self/mountinfo").read_text())),
        links=tuple(sorted(path.name for path in Path("/sys/class/net").iterdir())),
        tables=tuple(parse_tables(_output(["nft", "list", "tables"]))),
        namespaces=tuple(path.name for path in Path("/run/netns").glob("*")),
        cgroups=tuple(_cgroups()),
    )


def _processes(data_dir: str) -> Iterable[Process]:
    mark = f"{MARK}={data_dir}".encode()
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parent = int(folder.joinpath("stat").read_text().rpartition(")")[2].split()[1])
            is_marked = mark in folder.joinpath("environ").read_bytes().split(b"\0")
        except (OSError, ValueError):
            continue
        yield Process(int(folder.name), parent, is_marked)


def _cgroups() -> Iterable[str]:
    for folder, names, _ in os.walk(CGROUP_ROOT):
        for name in names:
            yield f"{folder}/{name}"


def parse_mounts(mountinfo: str) -> list[str]:
    """Return the mount points in the text of `/proc/self/mountinfo`."""
    return [_unescape(line.split()[4]) for line in mountinfo.splitlines()]


def _unescape(path: str) -> str:
    return re.sub(r"\\([0-7]{3})", lambda found: chr(int(found[1], 8)), path)


def parse_tables(text: str) -> list[str]:
    """Return `FAMILY NAME` of each table that `nft list tables` shows."""
    return [line.removeprefix("table ").strip() for line in text.splitlines() if line.startswith("table ")]


def _output(command: list[str]) -> str:
    try:
        return subprocess.run(command, capture_output=True, text=True, check=False).stdout
    except OSError:
        return ""
