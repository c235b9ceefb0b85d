"""Facts about the machine, read from its files."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class MachineIds:
    """Identifiers for `nodeInfo`."""

    machine: str
    system: str
    boot: str


def machine_ids() -> MachineIds:
    """Return what identifies machine and boot; empty where the system does not say."""
    machine = _read("/etc/machine-id") or _read("/var/lib/dbus/machine-id")
    system = _read("/sys/class/dmi/id/product_uuid")
    return MachineIds(machine, system or machine, _read("/proc/sys/kernel/random/boot_id"))


def disk_bytes(folder: Path) -> int:
    """Return the size of the file system that a folder is on."""
    found = os.statvfs(folder)
    return found.f_blocks * found.f_frsize


def _read(path: str) -> str:
    try:
        return Path(path).read_text().strip()
    except OSError:
        return ""
