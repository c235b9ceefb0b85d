"""Requests through the platform's balancer, against an HAProxy configured by hand, to the same backend.

The backend is another HAProxy that answers by itself (`http-request return`): nothing else on the machine answers as
fast. All are driven by wrk in turns; the median of the rounds' ratios counts.
"""

from __future__ import annotations

import re
import subprocess
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

import uvloop

from bench.apiserver import folder
from bench.options import Options, need_program
from bench.platforms import Platform, running_platform, wait_for
from bench.table import Figure
from bench.visible import ingress, slice_of
from bench.watching import client_of
from bouvier.meta.resources import ENDPOINTSLICES, INGRESSES, SERVICES
from bouvier.util.host import own_address
from bouvier.util.ports import first_free_port

CONNECTIONS = 64
GOAL_RATIO = 0.95
HOST = "served.localhost"
BACKEND = """\
frontend answers
    bind {address}:{port}
    http-request return status 200 content-type text/plain string "hello"
"""
BY_HAND = """\
frontend web
    bind 127.0.0.1:{port}
    default_backend application
backend application
    server one {address}:{backend}
"""
COMMON = """\
global
    maxconn 4096
    {threads}
defaults
    mode http
    timeout connect 5s
    timeout client 30s
    timeout server 30s
"""


def run(options: Options) -> Iterator[Figure]:
    need_program("wrk", "wrk")
    need_program("haproxy", "haproxy")
    address, backend, by_hand = own_address(), first_free_port(()), first_free_port(())
    with folder() as parent, running_platform() as platform:
        answering = BACKEND.format(address=address, port=backend)
        forwarding = BY_HAND.format(address=address, port=by_hand, backend=backend)
        with haproxy(parent / "backend.cfg", answering, threads=1), haproxy(parent / "hand.cfg", forwarding):
            uvloop.run(create_objects(platform, address, backend))
            port = platform.settings.platform.http_port
            wait_for(lambda: is_served(port), "the balancer to serve the Ingress")
            rounds = [
                (requests_per_second(port, options), requests_per_second(by_hand, options))
                for _ in range(options.rounds(5))
            ]
            direct = requests_per_second(backend, options, address)
    ours, least = (median(values) for values in zip(*rounds, strict=True))
    ratio = median(one / other for one, other in rounds)
    detail = f"median of the rounds' ratios {ratio:.2f}; the backend itself {direct:,.0f} /s"
    yield Figure(
        f"requests, {CONNECTIONS} connections",
        ours,
        "/s",
        least,
        "HAProxy by hand",
        goal=least * GOAL_RATIO,
        detail=detail,
    )


@contextmanager
def haproxy(path: Path, body: str, threads: int = 0) -> Iterator[None]:
    """Run HAProxy with a configuration; without a number of threads it takes all processors, as the platform's does."""
    path.write_text(COMMON.format(threads=f"nbthread {threads}" if threads else "") + body)
    process = subprocess.Popen(["haproxy", "-db", "-q", "-f", str(path)])
    try:
        yield
    finally:
        process.terminate()
        process.wait()


async def create_objects(platform: Platform, address: str, port: int) -> None:
    """Let the balancer serve the backend under a host name."""
    ports = [{"name": "http", "port": 80, "targetPort": port}]
    metadata = {"name": "served", "namespace": "default"}
    async with client_of(platform) as client:
        await client.create(SERVICES, {"metadata": metadata, "spec": {"ports": ports}})
        await client.create(ENDPOINTSLICES, slice_of("served", address, port))
        await client.create(INGRESSES, ingress("served"))


def is_served(port: int) -> bool:
    request = urllib.request.Request(f"http://127.0.0.1:{port}/", headers={"Host": HOST})
    try:
        with urllib.request.urlopen(request, timeout=1) as answer:
            return bool(answer.read() == b"hello")
    except OSError:
        return False


def requests_per_second(port: int, options: Options, address: str = "127.0.0.1") -> float:
    """Drive a server with wrk.

    Raises:
        RuntimeError: wrk saw errors.
    """
    seconds = max(1, round(options.seconds(4)))
    words = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "-H", f"Host: {HOST}", f"http://{address}:{port}/"]
    text = subprocess.run(words, capture_output=True, text=True, check=True).stdout
    found = re.search(r"Requests/sec:\s+([0-9.]+)", text)
    if found is None or "Non-2xx" in text:
        raise RuntimeError(text)
    return float(found[1])
