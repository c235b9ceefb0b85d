"""A connection given over to plain bytes: what a proxied upgrade (exec, port forwarding) needs."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from bouvier.apiserver.request import RawConnection

PIECE_BYTES = 64 * 1024
"""Read at once from the other side."""
QUEUED_PIECES = 64
"""Pieces that may wait for the reader before the client is made to wait."""


class ByteRelay:
    """The client's side; made by the connection, which feeds it what arrives."""

    def __init__(self, transport: asyncio.Transport, resume: Callable[[], None]) -> None:
        self._transport = transport
        self._resume = resume
        self._pieces: asyncio.Queue[bytes | None] = asyncio.Queue()
        self._writable = asyncio.Event()
        self._writable.set()

    def feed(self, data: bytes) -> bool:
        """Take bytes from the client; tell whether reading should pause."""
        self._pieces.put_nowait(data)
        return self._pieces.qsize() > QUEUED_PIECES

    def lost(self) -> None:
        """Note that the client has gone."""
        self._writable.set()
        self._pieces.put_nowait(None)

    def pause_writing(self) -> None:
        """Make senders wait."""
        self._writable.clear()

    def resume_writing(self) -> None:
        """Let senders go on."""
        self._writable.set()

    def ping(self) -> None:
        """Do nothing: whoever speaks over these bytes keeps them awake."""

    async def receive(self) -> bytes | None:
        """Return what came next, None after the client has gone."""
        piece = await self._pieces.get()
        if self._pieces.qsize() <= QUEUED_PIECES // 2:
            self._resume()
        return piece

    async def send(self, data: bytes) -> None:
        """Send bytes, waiting while the client is slow.

        Raises:
            ConnectionError: the client has gone.

        """
        await self._writable.wait()
        if self._transport.is_closing():
            raise ConnectionResetError("the client has gone")
        self._transport.write(data)


async def join(client: RawConnection, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Pass bytes both ways until either side closes."""

    async def inward() -> None:
        while (data := await client.receive()) is not None:
            writer.write(data)
            await writer.drain()

    async def outward() -> None:
        while data := await reader.read(PIECE_BYTES):
            await client.send(data)

    tasks = {asyncio.create_task(inward(), name="proxy in"), asyncio.create_task(outward(), name="proxy out")}
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
