"""Port-forward over the channels of a websocket: one connection for each port of the query.

The n-th port has channel 2n for data and 2n + 1 for errors. The first message on both is the port, two bytes, the
lower one first. Neither side can end one direction alone.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

from bouvier.apiserver.request import WebSocket
from bouvier.apiserver.tunnels import Connection
from bouvier.meta.errors import ApiError, bad_request

MAX_PORTS = 127
"""Two channels each, and a channel is one byte."""
Open = Callable[[int], Awaitable[Connection]]


def ports_of(values: list[str]) -> list[int]:
    """Return the ports of a query (pure).

    Raises:
        ApiError: BadRequest for none, too many, or what is no port.

    """
    texts = [text for value in values for text in value.split(",")]
    if not texts or len(texts) > MAX_PORTS:
        raise bad_request(f'query parameter "ports" is required, with at most {MAX_PORTS} ports')
    for text in texts:
        if not (text.isascii() and text.isdecimal() and 0 < int(text) < 1 << 16):
            raise bad_request(f'unable to parse "{text}" as a port: it must be a number from 1 to 65535')
    return [int(text) for text in texts]


class ChannelForward:
    """Carries the connections of one websocket."""

    def __init__(self, client: WebSocket, open_port: Open) -> None:
        self._client = client
        self._open = open_port
        self._hosts: dict[int, asyncio.Future[WebSocket | None]] = {}
        """By channel of data; None when the port could not be reached."""

    async def run(self, ports: list[int]) -> None:
        """Serve until the client leaves or every connection has ended."""
        for index, port in enumerate(ports):
            for channel in (2 * index, 2 * index + 1):
                await self._client.send(bytes([channel]) + port.to_bytes(2, "little"))
            self._hosts[2 * index] = asyncio.get_running_loop().create_future()
        connections = asyncio.gather(*(self._carry(2 * index, port) for index, port in enumerate(ports)))
        reader = asyncio.create_task(self._read(), name="port-forward-in")
        try:
            await asyncio.wait((connections, reader), return_when=asyncio.FIRST_COMPLETED)
        finally:
            connections.cancel()
            reader.cancel()
            await asyncio.gather(connections, reader, return_exceptions=True)
            await self._client.close()

    async def _carry(self, channel: int, port: int) -> None:
        try:
            connection = await self._open(port)
        except ApiError as error:
            self._hosts[channel].set_result(None)
            await self._client.send(bytes([channel + 1]) + error.message.encode())
            return
        self._hosts[channel].set_result(connection.socket)
        try:
            while (message := await connection.socket.receive()) is not None:
                if isinstance(message, bytes):
                    await self._client.send(bytes([channel]) + message)
        finally:
            connection.close()

    async def _read(self) -> None:
        while (message := await self._client.receive()) is not None:
            if not isinstance(message, bytes) or len(message) < 2 or message[0] not in self._hosts:
                continue
            host = await self._hosts[message[0]]
            if host is not None:
                with suppress(ConnectionError):
                    await host.send(message[1:])
