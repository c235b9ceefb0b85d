"""What the kernel knows of a process: CPU time and memory, read from /proc."""

from __future__ import annotations

import os
from pathlib import Path


def cpu_seconds(pid: int) -> float:
    """Return the CPU time that a process' threads have used: the scheduler's own nanoseconds, not ticks."""
    threads = Path(f"/proc/{pid}/task").glob("*/schedstat")
    return sum(int(thread.read_text().split()[0]) for thread in threads) / 1e9


def pss_megabytes(pid: int) -> float:
    """Return a process' memory, shared pages divided among those who share them."""
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) / 1024
    raise ValueError(f"/proc/{pid}/smaps_rollup has no Pss")


def working_in(name: str, folder: Path) -> list[int]:
    """Return the processes of a name whose working directory is the folder."""
    found = []
    for place in Path("/proc").glob("[0-9]*"):
        try:
            if (place / "comm").read_text().strip() == name and (place / "cwd").readlink() == folder:
                found.append(int(place.name))
        except OSError:
            continue
    return found


def load_average() -> float:
    """Return how many processes wanted a processor during the last minute."""
    return os.getloadavg()[0]
