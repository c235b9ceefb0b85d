"""A connection that tells when a streamed answer has begun."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from bouvier.apiserver.request import Exchange, RawConnection, Stream, StreamConnection, WebSocket

SWITCHING = 101


class ToldExchange:
    """Passes everything on, and reports the status that a stream begins with."""

    def __init__(self, exchange: Exchange, started: Callable[[int], None]) -> None:
        self._exchange = exchange
        self._started = started

    async def start_stream(self, status: int, headers: Mapping[str, str]) -> Stream:
        """Start a chunked answer."""
        stream = await self._exchange.start_stream(status, headers)
        self._started(status)
        return stream

    async def start_answer(self, status: int, headers: Mapping[str, str]) -> Stream:
        """Send a head made elsewhere."""
        stream = await self._exchange.start_answer(status, headers)
        self._started(status)
        return stream

    async def accept_websocket(self, protocols: tuple[str, ...]) -> WebSocket:
        """Upgrade to a websocket."""
        socket = await self._exchange.accept_websocket(protocols)
        self._started(SWITCHING)
        return socket

    async def accept_spdy(self, protocols: tuple[str, ...]) -> StreamConnection:
        """Upgrade to SPDY."""
        connection = await self._exchange.accept_spdy(protocols)
        self._started(SWITCHING)
        return connection

    async def hand_over(self, head: bytes) -> RawConnection:
        """Give the connection over to plain bytes."""
        connection = await self._exchange.hand_over(head)
        self._started(SWITCHING)
        return connection
