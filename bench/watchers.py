"""A thousand watchers of one resource, and how far they are behind.

Watchers are connections of a process of their own, with TLS and a client certificate. Each event carries the moment when
its write was sent; the first and the last event of what arrives together are looked at. There is no floor: reading and
throwing away as much over the same TLS would take the watchers' processor, not the server's, and that is what is scarce.
"""

from __future__ import annotations

import asyncio
import json
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import uvloop

from bench.api import service_of
from bench.apiserver import RunningServer, client_context, folder, running_server
from bench.options import Options
from bench.processes import cpu_seconds
from bench.requests import HOST, ask, message
from bench.table import Figure

PATH = "/api/v1/namespaces/default/configmaps"
OBJECTS = 64
LOADS = ((1000, 500, None, 500.0), (1000, 50, 19.0, None), (100, 500, 7.0, None))
"""Watchers, events a second, the original's median lag, and our goal for the 99th percentile (ms)."""
SECONDS = 10.0
MARK = b'"sent":"'
CPU_GOAL = 60.0
"""Percent of one processor at the largest load."""


class _Watch(asyncio.Protocol):
    """Reads one watch, and notes the lag of the first and last event of each piece."""

    def __init__(self, since: str, lags: list[float], counts: list[int], ended: list[int]) -> None:
        self._since = since
        self._lags, self._counts, self._ended = lags, counts, ended

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        transport.write(message("GET", f"{PATH}?watch=1&resourceVersion={self._since}"))  # type: ignore[attr-defined]

    def data_received(self, data: bytes) -> None:
        now = time.time()
        for at in {data.find(MARK), data.rfind(MARK)}:
            text = data[at + len(MARK) : at + len(MARK) + 17]
            if at >= 0 and len(text) == 17:
                self._lags.append(now - float(text))
        self._counts[0] += data.count(MARK)

    def connection_lost(self, _exc: Exception | None) -> None:
        self._ended[0] += 1


async def _watch(pki: str, port: int, watchers: int, since: str) -> None:
    """Watch until the standard input ends; then print what was seen as JSON."""
    context = client_context(Path(pki))
    lags: list[float] = []
    counts, ended = [0], [0]
    loop = asyncio.get_running_loop()
    for _ in range(watchers):
        await loop.create_connection(lambda: _Watch(since, lags, counts, ended), HOST, port, ssl=context)
    print(flush=True)
    await loop.run_in_executor(None, sys.stdin.readline)
    seen, dropped = counts[0], ended[0]
    lags.sort()
    p50, p99 = (lags[int(len(lags) * share)] * 1000 for share in (0.5, 0.99))
    print(json.dumps({"seen": seen, "dropped": dropped, "p50": p50, "p99": p99}), flush=True)


def run(options: Options) -> Iterator[Figure]:
    with folder() as data_dir, running_server(data_dir) as server:
        service = service_of(server)
        for number in range(OBJECTS):
            body = json.dumps({"metadata": {"name": f"beat-{number:02d}"}, "data": {"sent": ""}}).encode()
            ask(service, "POST", PATH, body)
        for watchers, rate, original, goal in LOADS:
            yield from _measure(server, options, watchers, rate, original, goal)


def _measure(
    server: RunningServer, options: Options, watchers: int, rate: int, original: float | None, goal: float | None
) -> Iterator[Figure]:
    pki = server.settings.pki_dir
    words = [
        sys.executable,
        "-m",
        "bench.watchers",
        str(pki),
        str(server.port),
        str(options.size(watchers)),
        _newest(server),
    ]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        seconds = options.seconds(SECONDS)
        before, begin = cpu_seconds(server.pid), time.monotonic()
        written = uvloop.run(_write(server, rate, seconds))
        took = time.monotonic() - begin
        share = 100 * (cpu_seconds(server.pid) - before) / took
        time.sleep(1)
        output, _ = process.communicate(b"\n")
    found = json.loads(output)
    what = f"{options.size(watchers):,} watchers, {rate} events/s"
    seen = found["seen"] / max(1, written * options.size(watchers))
    detail = (
        f"{written / took:.0f} written/s, {seen:.1%} seen, {found['dropped']} dropped, server {share:.0f} % of a core"
    )
    yield Figure(f"{what}, lag p50", found["p50"], "ms", None, "", original, original, detail)
    yield Figure(f"{what}, lag p99", found["p99"], "ms", None, "", None, goal)


def _newest(server: RunningServer) -> str:
    """Return the present resourceVersion."""
    return str(json.loads(ask(service_of(server), "GET", f"{PATH}?limit=1"))["metadata"]["resourceVersion"])


async def _write(server: RunningServer, rate: int, seconds: float) -> int:
    """Change objects at a steady rate over a few connections; return how many writes were answered."""
    context: ssl.SSLContext = server.client_context()
    streams = [await asyncio.open_connection(HOST, server.port, ssl=context) for _ in range(8)]
    end, written = time.monotonic() + seconds, 0

    async def writer(number: int, reader: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        nonlocal written
        due, at = time.monotonic() + number / rate, number
        while due < end:
            await asyncio.sleep(max(0.0, due - time.monotonic()))
            body = b'{"data":{"sent":"%017.6f"}}' % time.time()
            sink.write(message("PATCH", f"{PATH}/beat-{at % OBJECTS:02d}", body, "application/merge-patch+json"))
            head = await reader.readuntil(b"\r\n\r\n")
            length = int(head.lower().split(b"content-length: ")[1].split(b"\r")[0])
            await reader.readexactly(length)
            written, at, due = written + 1, at + len(streams), due + len(streams) / rate
        sink.close()

    await asyncio.gather(*(writer(number, *stream) for number, stream in enumerate(streams)))
    return written


if __name__ == "__main__":
    uvloop.run(_watch(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]))
