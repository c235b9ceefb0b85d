"""What the whole host uses, read from `/proc`: pods, the platform itself and everything else.

Source: proc(5).
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import NamedTuple

_IDLE_FIELDS = (3, 4)
"""`idle` and `iowait` of the line `cpu`: time in which no processor worked."""
_GUEST_FIELDS_FROM = 8
"""`guest` and `guest_nice` are contained in `user` and `nice` already."""


class HostUsage(NamedTuple):
    """Use of a host."""

    cpu_nanoseconds: int
    """Processor time since boot, over all processors."""
    memory_bytes: int


def host_usage(proc: Path = Path("/proc")) -> HostUsage:
    """Return what the host has used until now."""
    ticks = [int(word) for word in (proc / "stat").read_text().split("\n", 1)[0].split()[1:]]
    worked = sum(ticks[:_GUEST_FIELDS_FROM]) - sum(ticks[field] for field in _IDLE_FIELDS)
    memory = {}
    for line in (proc / "meminfo").read_text().splitlines():
        name, _, amount = line.partition(":")
        memory[name] = int(amount.split()[0]) * 1024
    nanoseconds = worked * 1_000_000_000 // os.sysconf("SC_CLK_TCK")
    return HostUsage(nanoseconds, memory["MemTotal"] - memory["MemAvailable"])
