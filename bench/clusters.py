"""A Deployment of two replicas until it is ready, natively and on a Swarm, beside the Swarm's own `service create`.

All three run the same image in turns; the floor ends when the manager says that both tasks run. And how soon what was
changed in the Swarm by its own means stands in our object.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from statistics import median

import uvloop

from bench.engines import APPLICATION, COMMAND
from bench.options import Options
from bench.platforms import Platform, running_platform, wait_for
from bench.swarm import Swarm, running_swarm
from bench.table import Figure
from bench.watching import Watcher, client_of, in_time, watcher_of
from bouvier.client.rest import Client
from bouvier.meta.objects import Obj
from bouvier.meta.resources import DEPLOYMENTS

REPLICAS = 2
GOAL_RATIO = 1.1
SEEN_SECONDS = 2.0
FLOOR = "docker service create"


def run(options: Options) -> Iterator[Figure]:
    with running_platform(with_images=True) as platform, running_swarm() as swarm:
        platform.run("images", "seed", "--engine", f"unix://{swarm.socket}")
        platform.run("cluster", "add", "swarm", "s1", "--engine", f"unix://{swarm.socket}", "--wait")
        native, on_swarm, floors, seen = uvloop.run(measure(platform, swarm, options.rounds(7)))
    least = median(floors)
    for what, values in (("native", native), ("Swarm", on_swarm)):
        detail = f"p50 of {len(values)}; longest {max(values) * 1000:.0f} ms (floor {max(floors) * 1000:.0f} ms)"
        goal = least * GOAL_RATIO * 1000
        value = median(values) * 1000
        yield Figure(f"Deployment of 2 ready, {what}", value, "ms", least * 1000, FLOOR, goal=goal, detail=detail)
    yield Figure("change in Swarm seen", median(seen), "s", goal=SEEN_SECONDS, detail=f"longest {max(seen):.2f} s")


async def measure(platform: Platform, swarm: Swarm, rounds: int) -> tuple[list[float], ...]:
    native: list[float] = []
    on_swarm: list[float] = []
    floors: list[float] = []
    seen: list[float] = []
    async with client_of(platform) as here, client_of(platform, "s1") as there:
        async with watcher_of(here, DEPLOYMENTS) as watch_here, watcher_of(there, DEPLOYMENTS) as watch_there:
            for number in range(rounds + 1):
                floors.append(await asyncio.to_thread(floor, swarm, f"floor-{number}"))
                on_swarm.append(await deploy(there, watch_there, f"swarm-{number}"))
                seen.append(await change(swarm, watch_there, f"swarm-{number}"))
                await remove(there, watch_there, f"swarm-{number}")
                native.append(await deploy(here, watch_here, f"native-{number}"))
                await remove(here, watch_here, f"native-{number}")
                await asyncio.to_thread(wait_for, lambda: not swarm.engine.ask("GET", "/tasks"), "an empty Swarm")
    return native[1:], on_swarm[1:], floors[1:], seen[1:]  # the first round warms up


def floor(swarm: Swarm, name: str) -> float:
    """Return the seconds that the Swarm itself takes, asked by nobody else."""
    begin = time.perf_counter()
    service = swarm.create(name, APPLICATION, COMMAND, REPLICAS)
    wait_for(lambda: swarm.running(service) == REPLICAS, "both tasks", pause_seconds=0.01)
    seconds = time.perf_counter() - begin
    swarm.remove(service)
    return seconds


def deployment(name: str) -> Obj:
    labels = {"app": name}
    container = {"name": "main", "image": APPLICATION, "command": COMMAND}
    pod = {"containers": [container], "terminationGracePeriodSeconds": 0}
    template = {"metadata": {"labels": labels}, "spec": pod}
    spec = {"replicas": REPLICAS, "selector": {"matchLabels": labels}, "template": template}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name}, "spec": spec}


async def deploy(client: Client, watcher: Watcher, name: str) -> float:
    ready = watcher.expect(name, lambda obj: (obj.get("status") or {}).get("readyReplicas") == REPLICAS)
    begin = time.perf_counter()
    await client.create(DEPLOYMENTS, deployment(name), namespace="default")
    return (await in_time(ready))[0] - begin


async def change(swarm: Swarm, watcher: Watcher, name: str) -> float:
    """Return the seconds from a native change of size until our object has it."""
    taken = watcher.expect(name, lambda obj: bool(obj) and obj["spec"]["replicas"] == REPLICAS + 1)
    begin = time.perf_counter()
    await asyncio.to_thread(swarm.scale, f"default_{name}", REPLICAS + 1)
    return (await in_time(taken))[0] - begin


async def remove(client: Client, watcher: Watcher, name: str) -> None:
    gone = watcher.expect(name, lambda obj: not obj)
    await client.delete(DEPLOYMENTS, name, "default")
    await in_time(gone)
