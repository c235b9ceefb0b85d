"""From the death of a container to its replacement, as a watcher of the pod sees it.

The floor is the engine's create and start of one container that joins an existing pause.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median

import uvloop

from bench.engines import RawEngine, time_application
from bench.options import Options
from bench.platforms import Platform, running_platform
from bench.pods import is_ready, pod, until_service_account
from bench.table import Figure
from bench.watching import Watcher, client_of, in_time, watcher_of
from bouvier.client.rest import Client
from bouvier.meta.objects import Obj
from bouvier.meta.resources import PODS

GOAL_MS = 1000.0


def run(options: Options) -> Iterator[Figure]:
    with running_platform(with_images=True) as platform:
        socket = platform.settings.engine_socket
        time_application(socket)
        ours, floors = uvloop.run(measure(platform, socket, options.rounds(10)))
    detail = f"p50 of {len(ours)}; longest {max(ours) * 1000:.0f} ms"
    value, least = median(ours) * 1000, median(floors) * 1000
    yield Figure(
        "container dies to replacement running", value, "ms", least, "one container", goal=GOAL_MS, detail=detail
    )


async def measure(platform: Platform, socket: Path, rounds: int) -> tuple[list[float], list[float]]:
    ours, floors = [], []
    async with client_of(platform) as client, watcher_of(client, PODS) as watcher:
        await until_service_account(client)
        for number in range(rounds):
            ours.append(await die_and_return(client, watcher, socket, f"dying-{number}"))
            floors.append(await asyncio.to_thread(time_application, socket))
    return ours, floors


async def die_and_return(client: Client, watcher: Watcher, socket: Path, name: str) -> float:
    """Kill the container of a new pod and return the seconds until another one is seen running."""
    ready = watcher.expect(name, is_ready)
    await client.create(PODS, pod(name))
    _, seen = await in_time(ready)
    first = container_of(seen)
    again = watcher.expect(name, lambda obj: bool(obj) and is_ready(obj) and container_of(obj) != first)
    begin = time.perf_counter()
    await asyncio.to_thread(kill, socket, first)
    moment, _ = await in_time(again)
    await client.delete(PODS, name, "default", grace_seconds=0)
    return moment - begin


def container_of(pod: Obj) -> str:
    """Return the id of a pod's only container, empty while there is none."""
    statuses: list[Obj] = (pod.get("status") or {}).get("containerStatuses") or [{}]
    return str(statuses[0].get("containerID") or "").rpartition("/")[2]


def kill(socket: Path, container: str) -> None:
    engine = RawEngine(socket)
    engine.ask("POST", f"/containers/{container}/kill")
    engine.close()
