"""A stack of twenty services from Compose, from the command's start until every service is ready.

The floor is the engine's own create and start of as many pairs of containers, as many at once as it bears.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import median

from bench.engines import time_pair
from bench.options import Options
from bench.platforms import Platform, running_platform
from bench.table import Figure

SERVICES = 20
AT_ONCE = 10
"""Pairs that the engine starts at a time: more make it slower on two processors."""


def run(options: Options) -> Iterator[Figure]:
    with running_platform(with_images=True) as platform:
        socket = platform.settings.engine_socket
        file = platform.data_dir / "twenty.yml"
        file.write_text(compose(SERVICES))
        ups, downs, floors = [], [], []
        for _ in range(options.rounds(3)):
            ups.append(timed(platform, "stack", "up", "--name", "twenty", "--file", str(file), "--wait"))
            downs.append(timed(platform, "stack", "rm", "twenty", "--wait"))
            floors.append(pairs(socket, SERVICES))
    detail = f"{SERVICES / median(ups):.1f} services/s; longest {max(ups):.1f} s"
    yield Figure(
        f"stack of {SERVICES} services up", median(ups), "s", median(floors), f"{SERVICES} pairs", detail=detail
    )
    yield Figure(f"stack of {SERVICES} services removed", median(downs), "s")


def compose(count: int) -> str:
    """Return a Compose file with services that find one another by name and end at once when told."""
    service = (
        "  s{0:02d}:\n    image: bouvier/busybox:1\n    command: sleep 3600\n    init: true\n    expose: ['5000']\n"
    )
    return "services:\n" + "".join(service.format(number) for number in range(count))


def timed(platform: Platform, *words: str) -> float:
    """Return the seconds that a command takes."""
    start = time.perf_counter()
    platform.run(*words)
    return time.perf_counter() - start


def pairs(socket: Path, count: int) -> float:
    """Return the seconds in which the engine starts so many pairs of containers."""
    start = time.perf_counter()
    with ThreadPoolExecutor(AT_ONCE) as threads:
        list(threads.map(time_pair, [socket] * count))
    return time.perf_counter() - start
