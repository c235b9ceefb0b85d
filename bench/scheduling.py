"""Pods placed by the scheduler: its decisions alone, in process, and the whole way through API and store.

Hosts are objects without machines. In process a pod is placed and assumed, nothing is written. Through the API the pods
wait already when the scheduler starts; the clock runs from the first binding that a watcher sees to the last.
The floor of the whole way is the rate at which the same API server takes merge patches of pods, with as many in flight
as the scheduler has.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from itertools import count
from statistics import median
from typing import Any

import uvloop

from bench.api import MERGE, PODS, service_of
from bench.apiserver import RunningServer, folder, running_server
from bench.options import Options
from bench.requests import Service, ask, load_count, load_once, message
from bench.table import Figure
from bouvier.client.endpoint import from_kubeconfig
from bouvier.client.rest import Client
from bouvier.meta.resources import PODS as POD_RESOURCE
from bouvier.scheduler.cycle import Cycle
from bouvier.scheduler.daemon import BINDS
from bouvier.scheduler.snapshot import Snapshot

HOSTS = (1000, 5000)
PLACED = 3000
ZONE = "topology.kubernetes.io/zone"
HOST = "kubernetes.io/hostname"
REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"
SPREAD = {"topologyKey": ZONE, "maxSkew": 1, "whenUnsatisfiable": "DoNotSchedule"}
MEANT = {"labelSelector": {"matchLabels": {"app": "a"}}}
CASES: dict[str, dict[str, Any]] = {
    "plain": {},
    "spread": {"topologySpreadConstraints": [SPREAD | MEANT]},
    "anti-affinity": {"affinity": {"podAntiAffinity": {REQUIRED: [MEANT | {"topologyKey": HOST}]}}},
    "affinity": {"affinity": {"podAffinity": {REQUIRED: [MEANT | {"topologyKey": ZONE}]}}},
}
ORIGINAL = {
    1000: {"plain": 285, "spread": 211, "anti-affinity": 171, "affinity": 129},
    5000: {"plain": 217, "spread": 79, "anti-affinity": 55, "affinity": 36},
}
GOALS = {"plain": 3000, "spread": 1000, "anti-affinity": 1000, "affinity": 500}
WAIT_SECONDS = 120.0


def run(options: Options) -> Iterator[Figure]:
    for hosts in HOSTS:
        for case, spec in CASES.items():
            rate = median(decide(hosts, options.size(PLACED), spec) for _ in range(options.rounds(3)))
            yield Figure(f"decisions alone, {hosts:,} hosts, {case}", rate, "/s")
    for hosts in HOSTS:
        for case, spec in CASES.items():
            pods = options.size(min(PLACED, hosts) if case == "anti-affinity" else PLACED)
            rate, floor = through_api(hosts, pods, spec)
            what = f"through API and store, {hosts:,} hosts, {case}"
            goal = GOALS[case] if hosts == max(HOSTS) else None
            yield Figure(what, rate, "/s", floor, "patches", ORIGINAL[hosts][case], goal, f"{pods:,} pods")


def node(number: int) -> dict[str, Any]:
    name = f"n{number}"
    labels = {HOST: name, ZONE: f"z{number % 3}"}
    status = {"capacity": ROOM, "allocatable": ROOM, "conditions": [{"type": "Ready", "status": "True"}]}
    return {"metadata": {"name": name, "labels": labels}, "spec": {}, "status": status}


ROOM = {"cpu": "64", "memory": "128Gi", "pods": "250"}


def pod(number: int, spec: dict[str, Any]) -> dict[str, Any]:
    metadata = {"name": f"p{number:06d}", "namespace": "default", "uid": f"u{number}", "labels": {"app": "a"}}
    container = {"name": "c", "image": "i", "resources": {"requests": {"cpu": "100m", "memory": "128Mi"}}}
    return {"metadata": metadata, "spec": {"containers": [container], "automountServiceAccountToken": False} | spec}


def decide(hosts: int, pods: int, spec: dict[str, Any]) -> float:
    """Place pods in process and return how many a second."""
    snapshot = Snapshot()
    for number in range(hosts):
        snapshot.set_node(node(number))
    cycle = Cycle(snapshot)
    made = [pod(number, spec) for number in range(pods)]
    started = time.perf_counter()
    for one in made:
        shape = snapshot.shapes.shape_of(one)
        host = cycle.choose(shape)
        if host is not None:
            snapshot.assume(one, shape, host)
    return pods / (time.perf_counter() - started)


def through_api(hosts: int, pods: int, spec: dict[str, Any]) -> tuple[float, float]:
    """Return the pods bound each second, and the patches that the API server takes each second."""
    with folder() as data_dir, running_server(data_dir) as server:
        service = service_of(server)
        ask(service, "POST", "/api/v1/namespaces/default/serviceaccounts", b'{"metadata":{"name":"default"}}')
        make_hosts(service, hosts)
        requests = iter([message("POST", PODS, _dump(pod(number, spec))) for number in range(pods)])
        load_count(service, 32, pods, requests.__next__)
        floor = patch_rate(service, pods)
        return uvloop.run(binding_rate(server, pods)), floor


def make_hosts(service: Service, hosts: int) -> None:
    nodes = [node(number) for number in range(hosts)]
    for requests in (
        [message("POST", "/api/v1/nodes", _dump(one)) for one in nodes],
        [message("PATCH", f"/api/v1/nodes/{one['metadata']['name']}/status", _dump(one), MERGE) for one in nodes],
    ):
        load_count(service, 32, hosts, iter(requests).__next__)


def patch_rate(service: Service, pods: int) -> float:
    numbers = count()

    def patch() -> bytes:
        number = next(numbers)
        body = b'{"metadata":{"annotations":{"n":"%d"}}}' % number
        return message("PATCH", f"{PODS}/p{number % pods:06d}", body, MERGE)

    return load_once(service, BINDS, 1.0, patch)[0].rate


async def binding_rate(server: RunningServer, pods: int) -> float:
    """Start the scheduler and return the bindings seen each second.

    Raises:
        TimeoutError: not all pods were bound in time.
    """

    client = Client.connect(from_kubeconfig(server.settings.kubeconfig), user_agent="bench")
    present = await client.list(POD_RESOURCE, "default", limit=1)
    process = subprocess.Popen([sys.executable, "-m", "bench.scheduler_process", str(server.settings.data_dir)])
    bound: dict[str, float] = {}
    try:
        with suppress(TimeoutError):
            async with asyncio.timeout(WAIT_SECONDS):
                async for batch in client.watch_batches(
                    POD_RESOURCE, "default", resource_version=present.resource_version
                ):
                    now = time.perf_counter()
                    for event in batch:
                        if event.type == "MODIFIED" and event.object["spec"].get("nodeName"):
                            bound.setdefault(event.object["metadata"]["name"], now)
                    if len(bound) == pods:
                        break
    finally:
        process.terminate()
        process.wait()
        await client.close()
    if len(bound) < pods:
        raise TimeoutError(f"{len(bound)} of {pods} pods were bound in {WAIT_SECONDS:.0f} s")
    return (pods - 1) / (max(bound.values()) - min(bound.values()))


def _dump(obj: dict[str, Any]) -> bytes:
    return json.dumps(obj, separators=(",", ":")).encode()
