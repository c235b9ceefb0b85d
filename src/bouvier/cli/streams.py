"""Streams of containers: logs as plain bytes, exec and attach as Kubernetes' channels over a websocket.

With a terminal, the user's own is put into raw mode, so that every key reaches the container, and its size is sent when
it changes. Source: `v5.channel.k8s.io` (first byte of a message is the channel; 255 closes one).
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from typing import Any, Protocol

from bouvier.cli.errors import CommandError
from bouvier.client import Client
from bouvier.meta.errors import ApiError
from bouvier.meta.objects import Obj, name_of
from bouvier.meta.resources import PODS

PROTOCOL = "v5.channel.k8s.io"
STDIN, STDOUT, STDERR, ERROR, RESIZE, CLOSE = 0, 1, 2, 3, 4, 255
HEARTBEAT_SECONDS = 20.0
"""Shorter than the minute after which proxies drop silent connections."""
READ_BYTES = 32 << 10
Query = dict[str, Any]


class Socket(Protocol):
    """The part of the client's websocket that is used here."""

    async def send(self, data: bytes) -> None: ...  # noqa: D102 - see client.websocket
    async def receive(self) -> bytes | None: ...  # noqa: D102 - same


def pod_path(pod: Obj, subresource: str) -> str:
    """Return the URL path of a pod's subresource."""
    return PODS.path(pod["metadata"]["namespace"], name_of(pod), subresource)


async def show_log(client: Client, pod: Obj, *, follow: bool = False) -> None:
    """Write a pod's log to standard output, as far as it is or until the container ends."""
    query = {"follow": "true"} if follow else {}
    async with client.stream("GET", pod_path(pod, "log"), query=query) as chunks:
        async for chunk in chunks:
            sys.stdout.buffer.write(chunk)
            sys.stdout.buffer.flush()


async def execute(client: Client, pod: Obj, command: list[str], *, container: str, stdin: bool, tty: bool) -> int:
    """Run a command in a container with this process' standard streams; return its exit code."""
    query: Query = _streams(container, stdin=stdin, tty=tty) | {"command": command}
    return await _converse(client, pod_path(pod, "exec"), query, stdin=stdin, tty=tty)


async def attach(client: Client, pod: Obj, *, tty: bool) -> int:
    """Connect this process' standard streams to those of the pod's container."""
    return await _converse(client, pod_path(pod, "attach"), _streams("", stdin=True, tty=tty), stdin=True, tty=tty)


def _streams(container: str, *, stdin: bool, tty: bool) -> Query:
    query: Query = {
        "stdin": str(stdin).lower(),
        "stdout": "true",
        "stderr": str(not tty).lower(),
        "tty": str(tty).lower(),
    }
    return query | ({"container": container} if container else {})


async def _converse(client: Client, path: str, query: Query, *, stdin: bool, tty: bool) -> int:
    socket = await client.websocket(path, query=query, protocols=[PROTOCOL], heartbeat_seconds=HEARTBEAT_SECONDS)
    with raw_terminal() if tty and stdin else _nothing():
        async with _helpers(socket, stdin=stdin, tty=tty):
            try:
                return await receive_all(socket)
            finally:
                await socket.close()


async def receive_all(socket: Socket) -> int:
    """Write what the container says to this process' streams, and return the exit code that its end carries.

    Raises:
        CommandError: the command could not be run.
    """
    while True:
        message = await socket.receive()
        if message is None:
            raise CommandError("the connection ended before the command did")
        if not message:
            continue
        channel, data = message[0], message[1:]
        if channel in (STDOUT, STDERR):
            stream = sys.stdout.buffer if channel == STDOUT else sys.stderr.buffer
            stream.write(data)
            stream.flush()
        elif channel == ERROR:
            return exit_code_of(json.loads(data))


def exit_code_of(status: dict[str, Any]) -> int:
    """Return the exit code within the Status that ends an exec.

    Raises:
        CommandError: the command was not run.
    """
    if status.get("status") == "Success":
        return 0
    for cause in (status.get("details") or {}).get("causes") or ():
        if cause.get("reason") == "ExitCode":
            return int(cause["message"])
    raise CommandError(ApiError.from_status(status).message)


@asynccontextmanager
async def _helpers(socket: Socket, *, stdin: bool, tty: bool) -> AsyncIterator[None]:
    """Run what sends: standard input, and the terminal's size."""
    tasks = []
    if stdin:
        tasks.append(asyncio.create_task(_send_input(socket), name="stdin"))
    if tty:
        tasks.append(asyncio.create_task(_send_sizes(socket), name="terminal size"))
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _send_input(socket: Socket) -> None:
    async for data in _standard_input():
        await socket.send(bytes([STDIN]) + data)
    await socket.send(bytes([CLOSE, STDIN]))


async def _standard_input() -> AsyncIterator[bytes]:
    """Yield what comes on standard input until its end."""
    descriptor = sys.stdin.fileno()
    while True:
        await _readable(descriptor)
        data = os.read(descriptor, READ_BYTES)
        if not data:
            return
        yield data


async def _readable(descriptor: int) -> None:
    """Wait until a read would not block; files cannot be waited for, and never block.

    The descriptor stays in blocking mode: a terminal is shared with the shell that started this process.
    """
    loop = asyncio.get_running_loop()
    ready = loop.create_future()

    def note() -> None:
        if not ready.done():
            ready.set_result(None)

    try:
        loop.add_reader(descriptor, note)
    except PermissionError:
        return
    try:
        await ready
    finally:
        loop.remove_reader(descriptor)


async def _send_sizes(socket: Socket) -> None:
    changed = asyncio.Event()
    changed.set()
    asyncio.get_running_loop().add_signal_handler(signal.SIGWINCH, changed.set)
    while True:
        await changed.wait()
        changed.clear()
        with suppress(OSError):
            columns, lines = os.get_terminal_size()
            for width in (columns + 1, columns):  # a change, so that a program that waits draws its prompt again
                await socket.send(bytes([RESIZE]) + json.dumps({"Width": width, "Height": lines}).encode())


@contextmanager
def raw_terminal() -> Iterator[None]:
    """Give every key to the container while the context lasts."""
    if not sys.stdin.isatty():
        yield
        return
    import termios  # noqa: PLC0415 - only with a terminal
    import tty  # noqa: PLC0415 - same

    saved = termios.tcgetattr(sys.stdin)
    tty.setraw(sys.stdin, termios.TCSADRAIN)  # what was typed ahead is kept
    try:
        yield
    finally:
        termios.tcsetattr(sys.stdin, termios.TCSADRAIN, saved)


@contextmanager
def _nothing() -> Iterator[None]:
    yield
