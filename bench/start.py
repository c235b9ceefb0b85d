"""`bouvier up --detach` until it returns and until the API says that it is ready, at a first and at later starts.

The floor is a Python interpreter that imports the modules of all processes and ends.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from statistics import median
from typing import NamedTuple

from bench.options import Options
from bench.platforms import Platform, a_platform
from bench.table import Figure
from bouvier.util.unix_http import get_status

MODULES = "bouvier.daemons.allinone, bouvier.daemons.apiserver, bouvier.daemons.controllers, bouvier.daemons.node"
FLOOR = "imports"
SECOND_START_GOAL_SECONDS = 2.0
ORIGINAL_SECONDS = 2.9
"""kube-apiserver and etcd alone, without controllers, scheduler and node."""


class Start(NamedTuple):
    """How long one start took, in seconds."""

    returned: float
    ready: float


def run(options: Options) -> Iterator[Figure]:
    least = median(importing() for _ in range(options.rounds(5)))
    firsts, laters = [], []
    for _ in range(options.rounds(3)):
        with a_platform() as platform:
            firsts.append(start(platform))
            for _ in range(2):
                platform.down()
                laters.append(start(platform))
    for name, starts, goal in (("first", firsts, None), ("second", laters, SECOND_START_GOAL_SECONDS)):
        ready, returned = (median(values) for values in ((s.ready for s in starts), (s.returned for s in starts)))
        yield Figure(f"up, {name} start, /readyz answers", ready, "s", least, FLOOR, ORIGINAL_SECONDS)
        yield Figure(f"up --detach, {name} start, returns", returned, "s", least, FLOOR, goal=goal)


def importing() -> float:
    """Return how long an interpreter takes that does nothing but import."""
    begin = time.monotonic()
    subprocess.run([sys.executable, "-c", f"import {MODULES}"], check=True)
    return time.monotonic() - begin


def start(platform: Platform) -> Start:
    """Start the platform and see when it is ready.

    Raises:
        RuntimeError: the command failed.
    """
    socket = platform.data_dir / "run" / "apiserver.sock"
    words = platform.command(*platform.up_words())
    begin = time.monotonic()
    process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    ready = 0.0
    while process.poll() is None:
        if not ready and get_status(socket, "/readyz") == 200:
            ready = time.monotonic() - begin
        time.sleep(0.002)
    returned = time.monotonic() - begin
    output = process.communicate()[0]
    if process.returncode:
        raise RuntimeError(output.decode(errors="replace"))
    return Start(returned, ready or returned)
