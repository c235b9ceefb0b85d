"""Port forwarding: one TCP connection to a port inside a pod.

The connection is made to `localhost` inside the pod's network namespace, so that programs which listen there only are
reached too. The socket is made by a thread that enters the namespace; it stays there whoever uses it afterwards.
"""

from __future__ import annotations

import asyncio
import ctypes
import os
import socket
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from bouvier.client.websocket import WebSocket

_CLONE_NEWNET = 0x40000000
_PIECE_BYTES = 64 * 1024
DIAL_SECONDS = 10.0
"""For a place that does not even refuse; less than the API server waits for the host's answer."""
_LOCALHOSTS = ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1"))
"""In the order in which they are tried."""


def _socket_in_namespace(pid: int, family: socket.AddressFamily) -> socket.socket:
    """Make a socket in the network namespace of a process; the calling thread stays there for ever."""
    with Path(f"/proc/{pid}/ns/net").open("rb") as namespace:
        if ctypes.CDLL(None, use_errno=True).setns(namespace.fileno(), _CLONE_NEWNET):
            code = ctypes.get_errno()
            raise OSError(code, os.strerror(code))
    return socket.socket(family, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)


async def _made_by_thread(pid: int, family: socket.AddressFamily) -> socket.socket:
    with ThreadPoolExecutor(1, thread_name_prefix="network-namespace") as thread:
        return await asyncio.get_running_loop().run_in_executor(thread, _socket_in_namespace, pid, family)


async def connect(pid: int, port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Connect to a port on `localhost` as a process sees it; `pid` 0 is the host itself.

    Raises:
        OSError: nobody listens there.
    """
    refusal: OSError | None = None
    for family, address in _LOCALHOSTS:
        try:
            return await _connect(pid, family, (address, port))
        except OSError as error:
            refusal = refusal or error
    raise refusal or OSError("no address")


async def _connect(
    pid: int, family: socket.AddressFamily, address: tuple[str, int]
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    if not pid:
        return await asyncio.open_connection(*address)
    made = await _made_by_thread(pid, family)
    try:
        await asyncio.get_running_loop().sock_connect(made, address)
    except BaseException:
        made.close()
        raise
    return await asyncio.open_connection(sock=made)


async def dial(host: str, port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Connect from the host itself to an address that it reaches: a pod's, or its own.

    Raises:
        OSError: nobody answers there.
    """
    return await asyncio.wait_for(asyncio.open_connection(host, port), DIAL_SECONDS)


async def relay(streams: tuple[asyncio.StreamReader, asyncio.StreamWriter], client: WebSocket) -> None:
    """Pass bytes both ways until either side closes; an empty message says that the client sends no more."""
    reader, writer = streams

    async def from_pod() -> None:
        while data := await reader.read(_PIECE_BYTES):
            await client.send(data)

    async def from_client() -> None:
        while (data := await client.receive()) is not None:
            if data:
                writer.write(data)
                await writer.drain()
            elif writer.can_write_eof():
                writer.write_eof()

    tasks = {asyncio.create_task(from_pod()), asyncio.create_task(from_client())}
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        writer.close()  # first: waiting may be cut short
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
