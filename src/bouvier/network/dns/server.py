"""The cluster's name server on this host: UDP and TCP, answers precompiled, other names passed on.

It listens on the addresses that pods are told. Queries that arrive while Services are still being listed wait for the
list; after `PATIENCE_SECONDS` they are told to ask again later (SERVFAIL) instead of being told that a name does not exist.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine, Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path
from typing import Any

from bouvier.meta.objects import Obj
from bouvier.network.addresses.leases import Lease
from bouvier.network.dns import rancher, wire
from bouvier.network.dns.answers import Answers, Forward, Ranges
from bouvier.network.dns.forwarder import Forwarder
from bouvier.network.dns.records import SCHEMA_VERSION, Names, Records, names_of_service, pod_name, reverse_name
from bouvier.network.dns.resolv import HostResolver
from bouvier.network.dns.wire import MalformedError, Question
from bouvier.network.dns.zone import Zone
from bouvier.network.service_watch import ServiceWatch

PATIENCE_SECONDS = 3.0
"""Less than a resolver's five seconds, so that it hears of the failure."""
WAITING_QUERIES = 2000
"""Queries that may wait for other servers at a time; beyond it the answer is SERVFAIL."""
_IDLE_SECONDS = 10.0
"""A TCP client that sends nothing for so long is disconnected (RFC 7766, 6.2.3)."""

_ZONE = "zone"
_PODS = "pods"
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class DnsSettings:
    """What the name server must know."""

    listen: tuple[IPv4Address, ...]
    services: IPv4Network
    platform: IPv4Network
    domain: str = "cluster.local"
    port: int = 53
    resolv_conf: Path = Path("/etc/resolv.conf")
    """The host's own settings: whom to ask for other names."""


class DnsServer:
    """Answers for the cluster's names."""

    def __init__(
        self, settings: DnsSettings, watch: ServiceWatch, leases: Callable[[], Iterable[Lease]] = tuple
    ) -> None:
        self.settings = settings
        self.listening = asyncio.Event()
        """Set while the sockets are open."""
        self._watch = watch
        self._leases = leases
        self._zone = Zone(settings.domain)
        self._stacks = rancher.StackNames()
        self._answers = Answers(self._zone, Ranges(services=settings.services, platform=settings.platform))
        own = frozenset(str(address) for address in settings.listen)
        self._forwarder = Forwarder(HostResolver(settings.resolv_conf, own).servers)
        self._waiting: set[asyncio.Task[None]] = set()
        self._is_complete = asyncio.Event()
        self._zone.say(_ZONE, self._own_names())
        watch.listen(self._on_service)

    # The zone

    def pods_changed(self) -> None:
        """Take in the leases of this host: their addresses point back to names."""
        names: Names = {}
        for lease in self._leases():
            name = pod_name(str(lease.address), lease.namespace, self.settings.domain)
            names[reverse_name(str(lease.address))] = Records(pointer=[name])
        self._zone.say(_PODS, names)

    def _on_service(self, key: str) -> None:
        if self._is_complete.is_set():
            self._take(key)

    def _take(self, key: str) -> None:
        service = self._watch.service(key)
        for other in self._stacks.take(key, service):
            self._say(other, self._watch.service(other))
        self._say(key, service)

    def _say(self, key: str, service: Obj | None) -> None:
        slices = self._watch.slices(key)
        names = names_of_service(service, slices, self.settings.domain) if service else {}
        if service and self._stacks.has(service):
            names = names | rancher.names_of_stack_service(service, slices)
        self._zone.say(key, names)

    def _own_names(self) -> Names:
        domain = self.settings.domain
        return rancher.own_names() | {
            f"dns-version.{domain}": Records(text=SCHEMA_VERSION),
            f"ns.dns.{domain}": Records(addresses=[str(address) for address in self.settings.listen[:1]]),
            f"svc.{domain}": Records(),
        }

    # The server

    async def run(self) -> None:
        """Serve until cancelled.

        Raises:
            OSError: an address cannot be listened on.
        """
        loop = asyncio.get_running_loop()
        transports: list[asyncio.DatagramTransport] = []
        servers: list[asyncio.Server] = []
        try:
            for address in map(str, self.settings.listen):
                where = (address, self.settings.port)
                transport, _ = await loop.create_datagram_endpoint(lambda: _Udp(self), local_addr=where)
                transports.append(transport)
                # Started in a second step: a cancellation in the first one would leave a socket that nobody closes.
                servers.append(await asyncio.start_server(self._serve_tcp, *where, start_serving=False))
                await servers[-1].start_serving()
            self.listening.set()
            await self._watch.synced()
            keys = self._watch.keys()
            for key in keys:
                self._take(key)
            self.pods_changed()
            self._is_complete.set()
            await loop.create_future()
        finally:
            self.listening.clear()
            for transport in transports:
                transport.close()
            for server in servers:
                server.close()
            for task in self._waiting:
                task.cancel()

    def answer_now(self, query: Question) -> bytes | Forward | None:
        """Return the answer if it is at hand; None while Services are still being listed."""
        return self._answers.answer(query) if self._is_complete.is_set() else None

    async def answer(self, packet: bytes, query: Question, *, over_tcp: bool) -> bytes:
        """Return the answer, waiting for what it needs."""
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                await self._is_complete.wait()
        except TimeoutError:
            return wire.failure(query, wire.SERVER_FAILURE)
        found = self._answers.answer(query)
        if isinstance(found, bytes):
            return found
        if found.alias:
            return await self._forwarder.aliased(query, found.alias)
        return await self._forwarder.ask(packet, query, over_tcp=over_tcp)

    def later(self, work: Coroutine[Any, Any, None]) -> bool:
        """Run work beside the queries; False (and nothing is run) when too much is under way."""
        if len(self._waiting) >= WAITING_QUERIES:
            work.close()
            return False
        task = asyncio.get_running_loop().create_task(work)
        self._waiting.add(task)
        task.add_done_callback(self._waiting.discard)
        return True

    async def _serve_tcp(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                async with asyncio.timeout(_IDLE_SECONDS):
                    length = int.from_bytes(await reader.readexactly(2), "big")
                    packet = await reader.readexactly(length)
                answer = await self._tcp_answer(packet)
                writer.write(len(answer).to_bytes(2, "big") + answer)
                await writer.drain()
        except (asyncio.IncompleteReadError, TimeoutError, ConnectionError, MalformedError):
            pass
        finally:
            writer.close()

    async def _tcp_answer(self, packet: bytes) -> bytes:
        try:
            query = wire.parse_query(packet)
        except MalformedError:
            if len(packet) < wire.HEADER_BYTES:
                raise
            return wire.bare_failure(packet, wire.FORMAT_ERROR)
        return await self.answer(packet, query, over_tcp=True)


class _Udp(asyncio.DatagramProtocol):
    def __init__(self, server: DnsServer) -> None:
        self._server = server
        self._transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport  # type: ignore[assignment]  # a datagram endpoint's

    def datagram_received(self, data: bytes, addr: Any) -> None:
        try:
            query = wire.parse_query(data)
        except MalformedError:
            if len(data) >= wire.HEADER_BYTES and not data[2] & 0x80:
                self._send(wire.bare_failure(data, wire.FORMAT_ERROR), addr)
            return
        found = self._server.answer_now(query)
        if isinstance(found, bytes):
            self._send(fitted(found, query), addr)
        elif not self._server.later(self._answer_later(data, query, addr)):
            self._send(wire.failure(query, wire.SERVER_FAILURE), addr)

    def error_received(self, exc: Exception) -> None:
        _log.debug("name server: %s", exc)

    async def _answer_later(self, data: bytes, query: Question, addr: Any) -> None:
        try:
            answer = await self._server.answer(data, query, over_tcp=False)
        except (MalformedError, OSError) as error:
            _log.warning("cannot answer for %s: %s", wire.decode_name(query.name), error)
            answer = wire.failure(query, wire.SERVER_FAILURE)
        self._send(fitted(answer, query), addr)

    def _send(self, answer: bytes, addr: Any) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.sendto(answer, addr)


def fitted(answer: bytes, query: Question) -> bytes:
    """Return what fits the client's UDP size: whole records as far as they go, marked as truncated when some are missing."""
    if len(answer) <= query.udp_bytes:
        return answer
    records = 0
    start = wire.HEADER_BYTES + len(query.question)
    if answer.startswith(wire.ADDRESS_RECORD_START, start):
        room = query.udp_bytes - start - wire.EDNS_BYTES
        records = min(room // wire.ADDRESS_RECORD_BYTES, int.from_bytes(answer[6:8], "big"))
    body = answer[start : start + records * wire.ADDRESS_RECORD_BYTES]
    return wire.marked_truncated(wire.response(query, wire.NO_ERROR, (body, records)))
