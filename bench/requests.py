"""Requests as bytes, single answers, and loads of which the median of several rounds counts."""

from __future__ import annotations

import http.client
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median
from typing import NamedTuple

import uvloop

from bench.load import Result, load
from bench.processes import cpu_seconds

JSON = "application/json"
HOST = "127.0.0.1"


@dataclass(frozen=True)
class Service:
    """Where to send requests, and the process whose CPU time they cost."""

    port: int
    context: ssl.SSLContext
    pid: int
    store_pid: int = 0
    """The process of its store, where that is another one."""


@dataclass(frozen=True)
class Point:
    """Medians of several rounds of one load."""

    rate: float
    p50_ms: float
    p99_ms: float
    cpu_us: float
    """CPU time of the server for one request: hardly touched by what else the machine does."""
    failures: int
    store_cpu_us: float = 0
    """CPU time of the store's own process for one request."""

    def text(self) -> str:
        failed = f", {self.failures} failed" if self.failures else ""
        store = f" and etcd {self.store_cpu_us:.0f} µs" if self.store_cpu_us else ""
        return f"p50 {self.p50_ms:.2f}, p99 {self.p99_ms:.1f} ms, CPU {self.cpu_us:.0f} µs{store}{failed}"


def message(method: str, path: str, body: bytes = b"", content_type: str = JSON, accept: str = JSON) -> bytes:
    """Return a request as it goes over the wire."""
    head = f"{method} {path} HTTP/1.1\r\nHost: localhost\r\nUser-Agent: bench/1\r\nAccept: {accept}\r\n"
    if body:
        head += f"Content-Type: {content_type}\r\nContent-Length: {len(body)}\r\n"
    return head.encode() + b"\r\n" + body


def ask(
    service: Service, method: str, path: str, body: bytes = b"", content_type: str = JSON, accept: str = JSON
) -> bytes:
    """Send one request on a connection of its own and return the body of its answer.

    Raises:
        RuntimeError: the answer is an error.
    """
    connection = http.client.HTTPSConnection(HOST, service.port, context=service.context, timeout=60)
    try:
        connection.request(method, path, body or None, {"Content-Type": content_type, "Accept": accept})
        answer = connection.getresponse()
        content = answer.read()
    finally:
        connection.close()
    if answer.status >= 300:
        raise RuntimeError(f"{method} {path}: {answer.status} {content[:300].decode(errors='replace')}")
    return content


class Load(NamedTuple):
    """One round of a load, with the CPU seconds that the server and the process of its store used."""

    result: Result
    cpu: float
    store_cpu: float


def load_once(service: Service, connections: int, seconds: float, next_request: Callable[[], bytes]) -> Load:
    """Keep connections busy, and see what it costs."""
    before = [0.0, 0.0]

    def note_cpu() -> None:
        before[:] = _cpu(service)

    result = uvloop.run(load(HOST, service.port, service.context, connections, seconds, next_request, note_cpu))
    server, store = _cpu(service)
    return Load(result, server - before[0], store - before[1])


def _cpu(service: Service) -> tuple[float, float]:
    return cpu_seconds(service.pid), cpu_seconds(service.store_pid) if service.store_pid else 0.0


def load_count(service: Service, connections: int, total: int, next_request: Callable[[], bytes]) -> None:
    """Send so many requests over some connections.

    Raises:
        RuntimeError: one of them failed.
    """
    left = iter(range(total))
    idle = message("GET", "/version")
    done = False

    def request() -> bytes:
        nonlocal done
        done = next(left, None) is None
        return idle if done else next_request()

    while not done:
        result = load_once(service, connections, 1.0, request).result
        if result.failures:
            raise RuntimeError(f"{result.failures} requests failed")


def median_of(rounds: list[Load]) -> Point:
    """Return the medians of the rounds."""
    results = [one.result for one in rounds]
    return Point(
        median(result.rate for result in results),
        median(result.percentile(0.5) for result in results),
        median(result.percentile(0.99) for result in results),
        median(one.cpu / len(one.result.latencies) for one in rounds) * 1e6,
        sum(result.failures for result in results),
        median(one.store_cpu / len(one.result.latencies) for one in rounds) * 1e6,
    )


def compare(
    service: Service,
    floor: Service,
    connections: int,
    seconds: float,
    rounds: int,
    next_request: Callable[[], bytes],
    floor_request: Callable[[], bytes],
) -> tuple[Point, Point]:
    """Measure a load and its floor in turns, so that both meet the same neighbours."""
    ours, least = [], []
    for _ in range(rounds):
        ours.append(load_once(service, connections, seconds, next_request))
        least.append(load_once(floor, connections, seconds, floor_request))
    return median_of(ours), median_of(least)
