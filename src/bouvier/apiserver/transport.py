"""Listening: TCP with TLS and a unix socket, both speaking the same HTTP."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
import time
from pathlib import Path

from bouvier.apiserver.authn.proxies import Proxies
from bouvier.apiserver.http.connection import Handler, HttpConnection
from bouvier.apiserver.http.guard import Guard

PING_SECONDS = 30.0
SWEEP_SECONDS = 5.0
"""How late a limit may be noticed; looking at 10,000 connections takes some 6 ms."""


class Transport:
    """Serves one handler."""

    def __init__(self, handler: Handler, proxies: Proxies, most_connections: int = 0) -> None:
        self.handler = handler
        self.guard = Guard(most_connections)
        self.proxies = proxies
        self.open: set[HttpConnection] = set()
        self._servers: list[asyncio.AbstractServer] = []
        self._sweeper: asyncio.Task[None] | None = None

    async def listen_tls(self, host: str, port: int, context: ssl.SSLContext) -> int:
        """Listen on TCP and return the port."""
        loop = asyncio.get_running_loop()
        server = await loop.create_server(
            lambda: HttpConnection(self),
            host,
            port,
            ssl=context,
            backlog=1024,
            reuse_address=True,
            ssl_handshake_timeout=15,
        )
        self._add(server)
        return int(server.sockets[0].getsockname()[1])

    async def listen_unix(self, path: Path) -> None:
        """Listen on a unix socket that only its owner may open."""
        path.unlink(missing_ok=True)  # noqa: ASYNC240 (once, at start)
        loop = asyncio.get_running_loop()
        self._add(await loop.create_unix_server(lambda: HttpConnection(self), str(path), backlog=1024))
        path.chmod(0o600)  # noqa: ASYNC240

    def _add(self, server: asyncio.AbstractServer) -> None:
        self._servers.append(server)
        if self._sweeper is None:
            self._sweeper = asyncio.create_task(self._sweep(), name="idle-connections")

    async def _sweep(self) -> None:
        """Close connections that are unused or hold too much; keep websockets awake."""
        pinged = time.monotonic()
        while True:
            await asyncio.sleep(SWEEP_SECONDS)
            self.guard.sweep()
            if time.monotonic() - pinged < PING_SECONDS:
                continue
            pinged = time.monotonic()
            for connection in list(self.open):
                connection.ping()

    def leave(self, cluster: str) -> None:
        """Cut off everybody who is being answered in a logical cluster: another one may bear its name tomorrow."""
        for connection in list(self.open):
            if connection.cluster == cluster:
                connection.abort()

    async def close(self, grace_seconds: float = 2.0) -> None:
        """Stop listening, let requests finish, then drop what is still open after a grace."""
        for server in self._servers:
            server.close()
        if self._sweeper is not None:
            self._sweeper.cancel()
        for connection in list(self.open):
            connection.stop()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(grace_seconds):
                while any(  # noqa: ASYNC110 (a moment at the end of the process)
                    not connection.is_idle for connection in self.open
                ):
                    await asyncio.sleep(0.01)
        for connection in list(self.open):
            connection.abort()
