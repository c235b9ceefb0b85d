"""Memory of the platform's processes (PSS: shared pages divided among those who share them), idle and after many writes.

Floors: idle, one interpreter that has imported the same modules; after writes, what the process held before and the
objects' own bytes.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator

from bench.api import creations, patch_of
from bench.options import Options
from bench.platforms import Platform, running_platform
from bench.processes import pss_megabytes, working_in
from bench.requests import Service, ask, load_count
from bench.start import MODULES
from bench.table import Figure

IDLE_SECONDS = 15.0
OBJECTS = 20_000
IDLE_GOAL_MB = 200.0
AFTER_WRITES_GOAL_MB = 300.0
ORIGINAL_IDLE_MB = 494.0
"""Without a node's processes: API server 268, controllers 109, scheduler 65, etcd 51."""
ORIGINAL_AFTER_WRITES_MB = 1000.0
"""1.0 to 1.6 GB were seen."""
CONNECTIONS = 64


def run(options: Options) -> Iterator[Figure]:
    least = imported_megabytes()
    with running_platform() as platform:
        time.sleep(options.seconds(IDLE_SECONDS))
        idle = own_memory(platform)
        listed = ", ".join(f"{name} {size:.0f}" for name, size in idle.items())
        goal, original = IDLE_GOAL_MB, ORIGINAL_IDLE_MB
        yield Figure(
            "idle, all but the engine", sum(idle.values()), "MB", least, "one interpreter", original, goal, listed
        )
        yield from after_writes(platform, idle["apiserver"], options.size(OBJECTS))


def own_memory(platform: Platform) -> dict[str, float]:
    """Return the memory of each process of the platform except the engine's, HAProxy apart from the node."""
    sizes = {}
    for name, pid in platform.pids().items():
        if name != "engine":
            sizes[name] = pss_megabytes(pid)
    balancer = working_in("haproxy", platform.data_dir / "network" / "balancer")
    return sizes | {"haproxy": sum(map(pss_megabytes, balancer))}


def imported_megabytes() -> float:
    """Return the memory of an interpreter that has imported the modules of all processes."""
    code = f"import {MODULES}; print(flush=True); input()"
    process = subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdout is not None
    process.stdout.readline()
    size = pss_megabytes(process.pid)
    process.communicate(b"\n")
    return size


def after_writes(platform: Platform, idle: float, total: int) -> Iterator[Figure]:
    """Create many ConfigMaps and patch each once, under load."""
    service = platform.service()
    create = creations()
    load_count(service, CONNECTIONS, total, create)
    names = iter(range(total))
    load_count(service, CONNECTIONS, total, lambda: patch_of(f"made-{next(names):08d}"))
    sizes = own_memory(platform)
    megabytes = total * stored_bytes(service) / 1e6
    others = ", ".join(f"{name} {size:.0f}" for name, size in sizes.items() if name != "apiserver")
    is_whole = total == OBJECTS
    yield Figure(
        f"API server after {total:,} creates and patches",
        sizes["apiserver"],
        "MB",
        idle + megabytes,
        "idle + objects",
        ORIGINAL_AFTER_WRITES_MB if is_whole else None,
        AFTER_WRITES_GOAL_MB if is_whole else None,
        f"objects {megabytes:.0f} MB; {others}",
    )


def stored_bytes(service: Service) -> int:
    return len(ask(service, "GET", "/api/v1/namespaces/default/configmaps/made-00000000"))
