"""Capabilities that containers can really get.

A container cannot hold a capability that its engine lacks: Docker's `Privileged` and `ALL` then fail at start. On
such hosts both are written out as the list of what is there. A privileged container made this way sees the host's
devices as numbers (it may make nodes for them) but does not find them in /dev, and its /sys is read-only.
"""

from __future__ import annotations

from pathlib import Path

# Bit order of linux/capability.h.
NAMES = [
    "CHOWN",
    "DAC_OVERRIDE",
    "DAC_READ_SEARCH",
    "FOWNER",
    "FSETID",
    "KILL",
    "SETGID",
    "SETUID",
    "SETPCAP",
    "LINUX_IMMUTABLE",
    "NET_BIND_SERVICE",
    "NET_BROADCAST",
    "NET_ADMIN",
    "NET_RAW",
    "IPC_LOCK",
    "IPC_OWNER",
    "SYS_MODULE",
    "SYS_RAWIO",
    "SYS_CHROOT",
    "SYS_PTRACE",
    "SYS_PACCT",
    "SYS_ADMIN",
    "SYS_BOOT",
    "SYS_NICE",
    "SYS_RESOURCE",
    "SYS_TIME",
    "SYS_TTY_CONFIG",
    "MKNOD",
    "LEASE",
    "AUDIT_WRITE",
    "AUDIT_CONTROL",
    "SETFCAP",
    "MAC_OVERRIDE",
    "MAC_ADMIN",
    "SYSLOG",
    "WAKE_ALARM",
    "BLOCK_SUSPEND",
    "AUDIT_READ",
    "PERFMON",
    "BPF",
    "CHECKPOINT_RESTORE",
]


def bounding_set(status: str) -> frozenset[str]:
    """Return the names in `CapBnd` of a /proc/PID/status text."""
    for line in status.splitlines():
        if line.startswith("CapBnd:"):
            bits = int(line.split()[1], 16)
            return frozenset(name for bit, name in enumerate(NAMES) if bits >> bit & 1)
    return frozenset(NAMES)


def of_this_host() -> frozenset[str]:
    """Return the capabilities that containers of an engine on this host can get."""
    return bounding_set(Path("/proc/self/status").read_text())


# Engines before 23.0 refuse the three newer names, so lists that are written out end here.
_LISTABLE = frozenset(NAMES[: NAMES.index("AUDIT_READ") + 1])


def missing(available: frozenset[str]) -> list[str]:
    """Return what the host lacks."""
    return sorted(_LISTABLE - available)


def written_out(available: frozenset[str]) -> list[str]:
    """Return everything that the host has, as a list that engines accept."""
    return sorted(_LISTABLE & available)


def added(wanted: tuple[str, ...], available: frozenset[str]) -> list[str]:
    """Return the capabilities to add, `ALL` written out where the host lacks some."""
    names = [name.removeprefix("CAP_") for name in wanted]
    if "ALL" in names and missing(available):
        return written_out(available)
    return names
