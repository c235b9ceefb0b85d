"""From the accepted create of a pod to Ready seen by a watcher, one by one and ten at once.

The floor is the engine's own create and start of the same two containers, in the same run on the same engine.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import median

import uvloop

from bench.engines import APPLICATION, COMMAND, time_pair
from bench.options import Options
from bench.platforms import Platform, running_platform
from bench.table import Figure
from bench.watching import Watcher, client_of, in_time, watcher_of
from bouvier.client.rest import Client
from bouvier.meta.errors import ApiError
from bouvier.meta.objects import Obj
from bouvier.meta.resources import PODS, SERVICEACCOUNTS

AT_ONCE = 10
GOAL_RATIO = 1.3
FLOOR = "two containers"


def run(options: Options) -> Iterator[Figure]:
    with running_platform(with_images=True) as platform:
        socket = platform.settings.engine_socket
        time_pair(socket)
        single, single_floor, many, many_floor = uvloop.run(measure(platform, socket, options))
    for what, values, floors in (
        ("create accepted to Ready, one by one", single, single_floor),
        (f"create accepted to Ready, {AT_ONCE} at once", many, many_floor),
    ):
        least = median(floors)
        detail = f"p50 of {len(values)}; longest {max(values) * 1000:.0f} ms (floor {max(floors) * 1000:.0f} ms)"
        goal = least * GOAL_RATIO * 1000
        yield Figure(what, median(values) * 1000, "ms", least * 1000, FLOOR, goal=goal, detail=detail)


async def measure(platform: Platform, socket: Path, options: Options) -> tuple[list[float], ...]:
    single: list[float] = []
    single_floor: list[float] = []
    many: list[float] = []
    many_floor: list[float] = []
    async with client_of(platform) as client, watcher_of(client, PODS) as watcher:
        await until_service_account(client)
        await start_pods(client, watcher, ["first"])
        for number in range(options.rounds(20)):
            single += await start_pods(client, watcher, [f"single-{number}"])
            single_floor.append(await asyncio.to_thread(time_pair, socket))
        for number in range(options.rounds(3)):
            many += await start_pods(client, watcher, [f"many-{number}-{index}" for index in range(AT_ONCE)])
            many_floor += await asyncio.to_thread(pairs_at_once, socket)
    return single, single_floor, many, many_floor


def pairs_at_once(socket: Path) -> list[float]:
    with ThreadPoolExecutor(AT_ONCE) as threads:
        return list(threads.map(time_pair, [socket] * AT_ONCE))


async def start_pods(client: Client, watcher: Watcher, names: list[str]) -> list[float]:
    """Create pods at once, return the seconds that each took to be Ready, and remove them."""
    times = list(await asyncio.gather(*(start_pod(client, watcher, name) for name in names)))
    gone = [watcher.expect(name, lambda pod: not pod) for name in names]
    for name in names:
        await client.delete(PODS, name, "default", grace_seconds=0)
    await asyncio.gather(*map(in_time, gone))
    return times


async def start_pod(client: Client, watcher: Watcher, name: str) -> float:
    ready = watcher.expect(name, is_ready)
    await client.create(PODS, pod(name))
    accepted = time.perf_counter()
    seen, _ = await in_time(ready)
    return seen - accepted


def pod(name: str, **spec: object) -> Obj:
    """Return the pod of the measurement: one container without probes."""
    container = {"name": "app", "image": APPLICATION, "command": COMMAND, "imagePullPolicy": "IfNotPresent"}
    metadata = {"name": name, "namespace": "default"}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": {"containers": [container]} | spec}


def is_ready(pod: Obj) -> bool:
    conditions = (pod.get("status") or {}).get("conditions") or ()
    return any(one["type"] == "Ready" and one["status"] == "True" for one in conditions)


async def until_service_account(client: Client) -> None:
    """Wait for what every pod needs: the controllers make it at the first start."""
    while True:
        try:
            await client.get(SERVICEACCOUNTS, "default", "default")
        except ApiError:
            await asyncio.sleep(0.02)
        else:
            return
