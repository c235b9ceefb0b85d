"""Asking the host's name servers for everything that is not the cluster's, with a small cache.

Each query has a socket, a port and a number of its own, so that answers are hard to forge. The same question asked by
many at once is sent once, which also ends a circle of name servers that ask each other.
"""

from __future__ import annotations

import asyncio
import secrets
import struct
import time
from collections.abc import Callable
from dataclasses import dataclass

from bouvier.network.dns import packets, wire
from bouvier.network.dns.wire import MalformedError, Question

ATTEMPTS = 3
ATTEMPT_SECONDS = 1.5
"""Three attempts end before a resolver with default settings gives up (5 s) and can still be told of the failure."""
CACHE_SECONDS = 30
"""Longest time that an answer is kept: enough to relieve the host's servers, short enough to follow changes."""
CACHE_ENTRIES = 10_000
_AVOID_SECONDS = 10.0
"""A server that did not answer is asked last for so long."""
_PORT = 53


@dataclass(slots=True)
class _Kept:
    answer: bytes
    since: float
    until: float


class Forwarder:
    """Passes queries on."""

    def __init__(self, servers: Callable[[], tuple[str, ...]], *, port: int = _PORT) -> None:
        self._servers = servers
        self._port = port
        self._cache: dict[bytes, _Kept] = {}
        self._asked: dict[bytes, asyncio.Future[bytes | None]] = {}
        self._avoid: dict[str, float] = {}

    async def ask(self, packet: bytes, query: Question, *, over_tcp: bool = False) -> bytes:
        """Return the answer to a query as it came, or one that says that there was none."""
        key = packet[2:].lower() + bytes([over_tcp])
        answer = self._kept(key)
        if answer is None:
            answer = await self._once(key, packet, over_tcp)
        if answer is None:
            return wire.failure(query, wire.SERVER_FAILURE)
        end = wire.HEADER_BYTES + len(query.question)
        return packet[:2] + answer[2 : wire.HEADER_BYTES] + query.question + answer[end:]

    async def aliased(self, query: Question, alias: str) -> bytes:
        """Return the answer to a query whose name stands for another one outside the cluster."""
        question = wire.encode_name(alias) + query.question[-4:]
        packet = struct.pack("!HHHHHH", query.identity, wire.RECURSION_WANTED, 1, 0, 0, 0) + question
        answer = await self.ask(packet, wire.parse_query(packet))
        if answer[3] & 0xF == wire.SERVER_FAILURE:
            return wire.failure(query, wire.SERVER_FAILURE)
        owner = wire.encode_name(alias)
        found = [r for r in packets.records(answer) if r.kind == query.kind and r.kind in {wire.A, wire.AAAA}]
        parts = [wire.name_record(wire.CNAME, alias)]
        parts += [wire.record(record.kind, record.data, owner) for record in found]
        return wire.response(query, wire.NO_ERROR, (b"".join(parts), len(parts)))

    async def _once(self, key: bytes, packet: bytes, over_tcp: bool) -> bytes | None:  # noqa: FBT001
        """Ask, or wait for the same question that is under way."""
        running = self._asked.get(key)
        if running is None:
            running = asyncio.ensure_future(self._try_all(packet, over_tcp))
            self._asked[key] = running
            running.add_done_callback(lambda _: self._asked.pop(key, None))
            running.add_done_callback(lambda done: None if done.cancelled() else self._keep(key, done.result()))
        return await asyncio.shield(running)

    async def _try_all(self, packet: bytes, over_tcp: bool) -> bytes | None:  # noqa: FBT001
        now = time.monotonic()
        servers = sorted(self._servers(), key=lambda server: self._avoid.get(server, 0.0) > now)
        for server in (servers * ATTEMPTS)[:ATTEMPTS]:
            identity = secrets.token_bytes(2)
            try:
                send = _over_tcp if over_tcp else _over_udp
                async with asyncio.timeout(ATTEMPT_SECONDS):
                    answer = await send(server, self._port, identity + packet[2:])
            except (OSError, TimeoutError, MalformedError):
                self._avoid[server] = time.monotonic() + _AVOID_SECONDS
                continue
            self._avoid.pop(server, None)
            return answer
        return None

    def _kept(self, key: bytes) -> bytes | None:
        kept = self._cache.get(key)
        if kept is None:
            return None
        now = time.monotonic()
        if now >= kept.until:
            del self._cache[key]
            return None
        return packets.aged(kept.answer, int(now - kept.since))

    def _keep(self, key: bytes, answer: bytes | None) -> None:
        if (
            answer is None
            or answer[2] & wire.TRUNCATED >> 8
            or answer[3] & 0xF not in {wire.NO_ERROR, wire.NO_SUCH_NAME}
        ):
            return
        seconds = min((record.ttl_seconds for record in packets.records(answer)), default=0)
        if not seconds:
            return
        if len(self._cache) >= CACHE_ENTRIES:
            del self._cache[next(iter(self._cache))]
        now = time.monotonic()
        self._cache[key] = _Kept(answer, now, now + min(seconds, CACHE_SECONDS))


class _Exchange(asyncio.DatagramProtocol):
    def __init__(self, packet: bytes) -> None:
        self._packet = packet
        self.answer: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()

    def datagram_received(self, data: bytes, _: object) -> None:
        if not self.answer.done() and _belongs(data, self._packet):
            self.answer.set_result(data)

    def error_received(self, exc: Exception) -> None:
        if not self.answer.done():
            self.answer.set_exception(exc)


async def _over_udp(server: str, port: int, packet: bytes) -> bytes:
    loop = asyncio.get_running_loop()
    transport, exchange = await loop.create_datagram_endpoint(lambda: _Exchange(packet), remote_addr=(server, port))
    try:
        transport.sendto(packet)
        answer = await exchange.answer
    finally:
        transport.close()
    list(packets.records(answer))
    return answer


async def _over_tcp(server: str, port: int, packet: bytes) -> bytes:
    reader, writer = await asyncio.open_connection(server, port)
    try:
        writer.write(len(packet).to_bytes(2, "big") + packet)
        answer = await reader.readexactly(int.from_bytes(await reader.readexactly(2), "big"))
    except asyncio.IncompleteReadError as error:
        raise ConnectionResetError(f"{server} closed the connection") from error
    finally:
        writer.close()
    if not _belongs(answer, packet):
        raise MalformedError("an answer to another question")
    list(packets.records(answer))
    return answer


def _belongs(answer: bytes, packet: bytes) -> bool:
    try:
        end = len(wire.parse_query(packet).question) + wire.HEADER_BYTES
    except MalformedError:
        return False
    same = (
        answer[:2] == packet[:2] and answer[wire.HEADER_BYTES : end].lower() == packet[wire.HEADER_BYTES : end].lower()
    )
    return same and len(answer) >= end and bool(answer[2] & 0x80)
