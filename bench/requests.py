"""Requests as bytes, single answers, and loads of which the median of several rounds counts."""

from __future__ import annotations

import http.client
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median

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


@dataclass(frozen=True)
class Point:
    """Medians of several rounds of one load."""

    rate: float
    p50_ms: float
    p99_ms: float
    cpu_us: float
    """CPU time of the server for one request: hardly touched by what else the machine does."""
    failures: int

    def text(self) -> str:
        failed = f", {self.failures} failed" if self.failures else ""
        return f"p50 {self.p50_ms:.2f}, p99 {self.p99_ms:.1f} ms, CPU {self.cpu_us:.0f} µs{failed}"


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


def load_once(
    service: Service, connections: int, seconds: float, next_request: Callable[[], bytes]
) -> tuple[Result, float]:
    """Keep connections busy; return the result and the CPU seconds that the server used."""
    before = [0.0]

    def note_cpu() -> None:
        before[0] = cpu_seconds(service.pid)

    result = uvloop.run(load(HOST, service.port, service.context, connections, seconds, next_request, note_cpu))
    return result, cpu_seconds(service.pid) - before[0]


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
        result, _ = load_once(service, connections, 1.0, request)
        if result.failures:
            raise RuntimeError(f"{result.failures} requests failed")


def median_of(results: list[tuple[Result, float]]) -> Point:
    """Return the medians of the rounds."""
    return Point(
        median(result.rate for result, _ in results),
        median(result.percentile(0.5) for result, _ in results),
        median(result.percentile(0.99) for result, _ in results),
        median(cpu / len(result.latencies) for result, cpu in results) * 1e6,
        sum(result.failures for result, _ in results),
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
