"""A load client for the API: keep-alive, TLS, a client certificate, and as little work a request as Python allows."""

from __future__ import annotations

import asyncio
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass, field

LAST_CHUNK = b"\r\n0\r\n\r\n"


@dataclass
class Result:
    """What one run measured."""

    seconds: float
    latencies: list[float] = field(default_factory=list)
    failures: int = 0

    @property
    def rate(self) -> float:
        return len(self.latencies) / self.seconds

    def percentile(self, share: float) -> float:
        ordered = sorted(self.latencies)
        return ordered[min(len(ordered) - 1, int(len(ordered) * share))] * 1000

    def text(self) -> str:
        return (
            f"{self.rate:8.0f} /s   p50 {self.percentile(0.5):7.2f} ms   p99 {self.percentile(0.99):7.2f} ms"
            f"   {self.failures} failed"
        )


class _Connection(asyncio.Protocol):
    """Sends the next request when the answer to the one before is complete."""

    def __init__(self, next_request: Callable[[], bytes], result: Result) -> None:
        self._next = next_request
        self._result = result
        self._end = 0.0
        self._buffer = bytearray()
        self._missing = 0
        self._is_chunked = False
        self._sent = 0.0
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def start(self, end: float) -> None:
        """Send requests until a moment."""
        self._end = end
        self._send()

    def _send(self) -> None:
        self._sent = time.perf_counter()
        self._transport.write(self._next())  # type: ignore[attr-defined]

    def data_received(self, data: bytes) -> None:
        if self._is_chunked:
            self._chunk(data)
            return
        if self._missing:
            self._missing -= len(data)
            if self._missing > 0:
                return
            self._finish()
            return
        self._buffer += data
        head = self._buffer.find(b"\r\n\r\n")
        if head < 0:
            return
        lower = bytes(self._buffer[:head]).lower()
        if not lower.startswith(b"http/1.1 2"):
            self._result.failures += 1
        if b"transfer-encoding: chunked" in lower:
            self._is_chunked = True
            rest, self._buffer = bytes(self._buffer), bytearray()
            self._chunk(rest)
            return
        at = lower.find(b"content-length: ")
        length = int(lower[at + 16 : lower.find(b"\r", at) if lower.find(b"\r", at) > 0 else None])
        self._missing = head + 4 + length - len(self._buffer)
        if self._missing <= 0:
            self._finish()

    def _chunk(self, data: bytes) -> None:
        """Look for the last chunk only: one answer is awaited at a time, so nothing can follow it."""
        self._buffer = bytearray((data if len(data) >= len(LAST_CHUNK) else self._buffer + data)[-len(LAST_CHUNK) :])
        if self._buffer == LAST_CHUNK:
            self._finish()

    def _finish(self) -> None:
        now = time.perf_counter()
        self._result.latencies.append(now - self._sent)
        self._buffer = bytearray()
        self._missing = 0
        self._is_chunked = False
        if now < self._end:
            self._send()
            return
        self._transport.close()
        if not self.done.done():
            self.done.set_result(None)

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.done.done():
            self.done.set_exception(exc or ConnectionError("closed"))


async def load(
    host: str,
    port: int,
    context: ssl.SSLContext | None,
    connections: int,
    seconds: float,
    next_request: Callable[[], bytes],
    on_start: Callable[[], None] = lambda: None,
) -> Result:
    """Keep so many connections busy for so many seconds; opening them does not count, `on_start` is called then."""
    loop = asyncio.get_running_loop()
    result = Result(seconds)
    opened = await asyncio.gather(
        *(
            loop.create_connection(lambda: _Connection(next_request, result), host, port, ssl=context)
            for _ in range(connections)
        )
    )
    on_start()
    begin = time.perf_counter()
    for _, protocol in opened:
        protocol.start(begin + seconds)
    await asyncio.gather(*(protocol.done for _, protocol in opened))
    result.seconds = time.perf_counter() - begin
    return result
