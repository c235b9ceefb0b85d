"""From a ready endpoint to being reachable: in the kernel's rules, in the cluster's DNS, in the balancer.

The clock starts when a watcher sees the EndpointSlice with the new address. The slices are written by the benchmark
itself, so that no container's start blurs the figure. Floors: one change of an nftables map in process, one question to
the name server, one command to HAProxy's runtime interface.
"""

from __future__ import annotations

import asyncio
import socket
import struct
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path
from statistics import median
from typing import NamedTuple

import uvloop

from bench.options import Options
from bench.platforms import WAIT_SECONDS, Platform, running_platform
from bench.table import Figure
from bench.watching import Watcher, client_of, in_time, watcher_of
from bouvier.client.rest import MERGE, Client
from bouvier.meta.objects import Obj
from bouvier.meta.resources import ENDPOINTSLICES, INGRESSES, SERVICES
from bouvier.network.nftables import Context

LOOK_SECONDS = 0.001
"""Pause between two looks: a part of the least that is measured, and it leaves the processor to the platform."""
SLICE = "visible-1"
TABLE = "bvbench"
Look = Callable[[str], bool]


class Place(NamedTuple):
    """Where an endpoint becomes visible."""

    name: str
    look: Look
    """Tell whether the address is there."""
    floor: Callable[[], float]
    """Return the seconds that the least change or question takes."""
    floor_is: str
    goal_ms: float


def run(options: Options) -> Iterator[Figure]:
    with running_platform() as platform:
        places = places_of(platform)
        times = uvloop.run(measure(platform, places, options.rounds(30)))
        for place, values in zip(places, times, strict=True):
            least = median(place.floor() for _ in range(20)) * 1000
            what = f"endpoint ready to visible in {place.name}"
            detail = f"p50 of {len(values)}; longest {max(values) * 1000:.1f} ms"
            value = median(values) * 1000
            yield Figure(what, value, "ms", least, place.floor_is, goal=place.goal_ms, detail=detail)


def places_of(platform: Platform) -> list[Place]:
    settings = platform.settings
    dns = (settings.dns_address, 53)
    balancer = settings.data_dir / "network" / "balancer" / "runtime.sock"
    table = f"bouvier_{settings.platform_id}"
    return [
        Place("nftables", lambda address: has_rule(table, address), change_map, "one change", 50),
        Place("DNS", lambda address: has_name(dns, address), lambda: timed(lambda: ask_dns(dns)), "one question", 50),
        Place(
            "HAProxy",
            lambda address: address in ask_haproxy(balancer),
            lambda: timed(lambda: ask_haproxy(balancer)),
            "one command",
            100,
        ),
    ]


async def measure(platform: Platform, places: list[Place], rounds: int) -> list[list[float]]:
    """Change the endpoint again and again; return the seconds until each place showed it."""
    base = IPv4Network(platform.settings.platform.pod_cidr)[0] + 250 * 256
    times: list[list[float]] = [[] for _ in places]
    async with client_of(platform) as client, watcher_of(client, ENDPOINTSLICES) as watcher:
        await create_objects(client, str(base))
        with ThreadPoolExecutor(len(places)) as threads:
            await asyncio.gather(*(asyncio.wrap_future(threads.submit(until, p.look, str(base))) for p in places))
            for number in range(1, rounds + 1):
                for place_times, seconds in zip(
                    times, await change(client, watcher, threads, places, str(base + number)), strict=True
                ):
                    place_times.append(seconds)
    return times


async def change(
    client: Client, watcher: Watcher, threads: ThreadPoolExecutor, places: list[Place], address: str
) -> list[float]:
    seen = watcher.expect(SLICE, lambda obj: bool(obj) and obj["endpoints"][0]["addresses"] == [address])
    looks = [asyncio.wrap_future(threads.submit(until, place.look, address)) for place in places]
    for name in (SLICE, "names-1"):
        body = {"endpoints": [endpoint(address)]}
        await client.patch(ENDPOINTSLICES, name, body, namespace="default", kind=MERGE)
    event, _ = await in_time(seen)
    moments = await asyncio.gather(*looks)
    await asyncio.sleep(0.1)
    return [max(0.0, moment - event) for moment in moments]


def until(look: Look, address: str) -> float:
    """Return the moment at which the address is found.

    Raises:
        TimeoutError: it does not come.
    """
    deadline = time.perf_counter() + WAIT_SECONDS
    while time.perf_counter() < deadline:
        if look(address):
            return time.perf_counter()
        time.sleep(LOOK_SECONDS)
    raise TimeoutError(f"{address} was not seen")


async def create_objects(client: Client, address: str) -> None:
    """Create a Service behind an Ingress, a headless Service for names, and their endpoints."""
    port = [{"name": "http", "port": 80, "targetPort": 8080, "protocol": "TCP"}]
    for name, extra in (("visible", {}), ("names", {"clusterIP": "None"})):
        service = {"apiVersion": "v1", "kind": "Service", "spec": {"ports": port} | extra}
        await client.create(SERVICES, service | {"metadata": {"name": name, "namespace": "default"}})
        await client.create(ENDPOINTSLICES, slice_of(name, address))
    await client.create(INGRESSES, ingress("visible"))


def slice_of(service: str, address: str, port: int = 8080) -> Obj:
    labels = {"kubernetes.io/service-name": service}
    return {
        "apiVersion": "discovery.k8s.io/v1",
        "kind": "EndpointSlice",
        "metadata": {"name": f"{service}-1", "namespace": "default", "labels": labels},
        "addressType": "IPv4",
        "ports": [{"name": "http", "port": port, "protocol": "TCP"}],
        "endpoints": [endpoint(address)],
    }


def endpoint(address: str) -> Obj:
    return {"addresses": [address], "conditions": {"ready": True, "serving": True, "terminating": False}}


def ingress(service: str) -> Obj:
    backend = {"service": {"name": service, "port": {"number": 80}}}
    rule = {
        "host": f"{service}.localhost",
        "http": {"paths": [{"path": "/", "pathType": "Prefix", "backend": backend}]},
    }
    metadata = {"name": service, "namespace": "default"}
    return {"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "metadata": metadata, "spec": {"rules": [rule]}}


def has_rule(table: str, address: str) -> bool:
    context = Context()
    try:
        return address in context.run(f"list map ip {table} endpoints")
    finally:
        context.close()


def change_map() -> float:
    """Return how long adding one element to a map takes."""
    context = Context()
    context.run(f"add table ip {TABLE}\nadd map ip {TABLE} m {{ type ipv4_addr : ipv4_addr; }}\n")
    try:
        return timed(lambda: context.run(f"add element ip {TABLE} m {{ 10.0.0.1 : 10.0.0.2 }}"))
    finally:
        context.run(f"delete table ip {TABLE}")
        context.close()


def has_name(server: tuple[str, int], address: str) -> bool:
    return IPv4Address(address).packed in ask_dns(server)


def ask_dns(server: tuple[str, int]) -> bytes:
    """Return the answer to a question for the headless Service's addresses, empty when none came."""
    name = b"".join(bytes((len(part),)) + part for part in (b"names", b"default", b"svc", b"cluster", b"local", b""))
    question = struct.pack("!6H", 7, 0x0100, 1, 0, 0, 0) + name + struct.pack("!2H", 1, 1)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asker, suppress(OSError):
        asker.settimeout(0.5)
        asker.sendto(question, server)
        return asker.recv(2048)
    return b""


def ask_haproxy(path: Path) -> str:
    """Return the servers that HAProxy has, empty when it does not answer."""
    with socket.socket(socket.AF_UNIX) as asker, suppress(OSError):
        asker.settimeout(0.5)
        asker.connect(str(path))
        asker.sendall(b"show servers state\n")
        return b"".join(iter(lambda: asker.recv(65536), b"")).decode()
    return ""


def timed(work: Callable[[], object]) -> float:
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin
