"""A pool of kept connections to one endpoint.

A request takes the connection used last (the server's time-out for idle ones then rarely hits) or opens one. It is sent
again, on a fresh connection, only where that cannot do harm: the kept connection turned out to be closed before any
byte of an answer, and the method is idempotent. A POST or PATCH is never sent twice.

Streams have a connection of their own, closed with the stream.
Source: RFC 9112, 9.3.1 (retrying requests).
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from bouvier.client.endpoint import Endpoint
from bouvier.client.http.connection import Answer, ClosedUnansweredError, Connection
from bouvier.client.http.tls import client_context

CONNECT_SECONDS = 5.0
"""Time for connection and TLS handshake: a lost SYN is sent again after 1 and 3 s."""
ANSWER_SECONDS = 60.0
"""Time for a whole answer, that of the API server itself for requests that are not long-running."""
IDLE_CONNECTIONS = 64
"""Connections kept: as many as the busiest actor (the scheduler's binds) has requests in flight."""
IDLE_SECONDS = 50.0
"""Idle connections older than this are not used: servers close them after 60 s and more."""
IDEMPOTENT = frozenset({"GET", "PUT", "DELETE"})
_KEEPALIVE = ((socket.TCP_KEEPIDLE, 15), (socket.TCP_KEEPINTVL, 5), (socket.TCP_KEEPCNT, 3))
"""A silent peer is found dead after 15 + 3 × 5 s, also by a watch that waits for events."""


class Pool:
    """Connections to one endpoint."""

    def __init__(self, endpoint: Endpoint) -> None:
        self.endpoint = endpoint
        self._idle: list[Connection] = []
        self._busy: set[Connection] = set()
        self._tls: ssl.SSLContext | None = None

    async def exchange(self, method: str, request: bytes, answer_seconds: float = ANSWER_SECONDS) -> Answer:
        """Send a whole request and return the whole answer.

        Raises:
            ConnectionError: no connection, a broken one, or no answer in time. Cancellation closes the connection.
        """
        connection = self._kept()
        if connection is not None:
            try:
                return await self._exchange_on(connection, request, answer_seconds)
            except ClosedUnansweredError:
                if method not in IDEMPOTENT:
                    raise
        return await self._exchange_on(await self.connect(), request, answer_seconds)

    @asynccontextmanager
    async def stream(self, request: bytes) -> AsyncIterator[tuple[Answer, AsyncIterator[bytes]]]:
        """Send a request on a connection of its own; give the answer's head and its body as chunks."""
        connection = await self.connect()
        self._busy.add(connection)
        try:
            async with _deadline(ANSWER_SECONDS, "answer", self.endpoint):
                answer = await connection.open_stream(request)
            yield answer, connection.chunks()
        finally:
            self._busy.discard(connection)
            connection.close()

    async def connect(self) -> Connection:
        """Open a connection."""
        loop = asyncio.get_running_loop()
        endpoint = self.endpoint
        try:
            async with _deadline(CONNECT_SECONDS, "connection", endpoint):
                if endpoint.unix_socket:
                    _, connection = await loop.create_unix_connection(Connection, endpoint.unix_socket)
                    return connection
                _, connection = await loop.create_connection(
                    Connection,
                    endpoint.host,
                    endpoint.port,
                    ssl=self.tls(),
                    server_hostname=(endpoint.server_name or endpoint.host) if endpoint.secure else None,
                )
        except ConnectionError:
            raise
        except OSError as error:
            raise ConnectionError(f"cannot connect to {endpoint}: {error}") from error
        _keep_alive(connection)
        return connection

    def tls(self) -> ssl.SSLContext | None:
        """Return the TLS context, made on first use; None without TLS."""
        if self._tls is None and self.endpoint.secure:
            self._tls = client_context(self.endpoint)
        return self._tls

    def close(self) -> None:
        """Close every connection; requests in flight and streams fail."""
        for connection in [*self._idle, *self._busy]:
            connection.close()
        self._idle.clear()

    async def _exchange_on(self, connection: Connection, request: bytes, answer_seconds: float) -> Answer:
        self._busy.add(connection)
        try:
            async with _deadline(answer_seconds, "answer", self.endpoint):
                return await connection.exchange(request)
        finally:
            self._give_back(connection)

    def _kept(self) -> Connection | None:
        oldest = asyncio.get_running_loop().time() - IDLE_SECONDS
        while self._idle:
            connection = self._idle.pop()
            if connection.reusable and connection.idle_since >= oldest:
                return connection
            connection.close()
        return None

    def _give_back(self, connection: Connection) -> None:
        self._busy.discard(connection)
        if not connection.reusable or len(self._idle) >= IDLE_CONNECTIONS:
            connection.close()
            return
        connection.idle_since = asyncio.get_running_loop().time()
        self._idle.append(connection)


@asynccontextmanager
async def _deadline(seconds: float, what: str, endpoint: Endpoint) -> AsyncIterator[None]:
    """Turn running out of time into the ConnectionError that callers expect."""
    try:
        async with asyncio.timeout(seconds):
            yield
    except TimeoutError as error:
        raise ConnectionError(f"no {what} from {endpoint} within {seconds:g} s") from error


def _keep_alive(connection: Connection) -> None:
    sock = connection.transport.get_extra_info("socket") if connection.transport else None
    if sock is None:
        return
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for option, value in _KEEPALIVE:
        sock.setsockopt(socket.IPPROTO_TCP, option, value)
