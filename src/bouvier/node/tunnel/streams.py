"""Exec and attach: the streams of a process as frames of `v5.channel.k8s.io`.

The first byte of a frame is its channel: 0 input, 1 output, 2 errors, 3 the final Status, 4 terminal size, 255 closes
the channel that its second byte names.
Source: https://github.com/kubernetes/enhancements/tree/master/keps/sig-api-machinery/4006-transition-spdy-to-websockets
"""

from __future__ import annotations

import asyncio
from contextlib import suppress

import orjson

from bouvier.client.websocket import WebSocket
from bouvier.engine.protocol import Session
from bouvier.meta.errors import ApiError
from bouvier.meta.objects import Obj

_STDIN, _STDOUT, _STDERR, _ERROR, _RESIZE, _CLOSE = 0, 1, 2, 3, 4, 255
_CHANNELS = {"stdout": bytes([_STDOUT]), "stderr": bytes([_STDERR])}


async def relay(session: Session, socket: WebSocket) -> None:
    """Pass everything between process and client until the process ends or the client goes."""
    reader = asyncio.create_task(_from_client(session, socket), name="exec input")
    writer = asyncio.create_task(_to_client(session, socket), name="exec output")
    try:
        await asyncio.wait({reader, writer}, return_when=asyncio.FIRST_COMPLETED)
        if not writer.done() and not reader.cancelled() and reader.exception() is None and not socket.closed:
            await writer
        if writer.done():
            await writer
            await _finish(session, socket)
    finally:
        for task in (reader, writer):
            task.cancel()
            with suppress(asyncio.CancelledError, ConnectionError):
                await task


async def _to_client(session: Session, socket: WebSocket) -> None:
    while piece := await session.receive():
        await socket.send(_CHANNELS[piece.stream] + piece.data)


async def _from_client(session: Session, socket: WebSocket) -> None:
    while (frame := await socket.receive()) is not None:
        if not frame:
            continue
        channel, data = frame[0], frame[1:]
        if channel == _STDIN and data:
            await session.send(data)
        elif channel == _RESIZE:
            await _resize(session, data)
        elif channel == _CLOSE and data[:1] == bytes([_STDIN]):
            await session.close_stdin()


async def _resize(session: Session, data: bytes) -> None:
    try:
        size = orjson.loads(data)
        await session.resize(int(size["Width"]), int(size["Height"]))
    except (ValueError, KeyError, TypeError):
        return  # a size that cannot be read changes nothing


async def _finish(session: Session, socket: WebSocket) -> None:
    await socket.send(bytes([_ERROR]) + orjson.dumps(final_status(await session.exit_code())))


def final_status(code: int | None) -> Obj:
    """Return the Status that ends an exec; None stands for an attach that ended (pure)."""
    if not code:
        return {"metadata": {}, "status": "Success"}
    text = str(code)
    status = ApiError("NonZeroExitCode", f"command terminated with non-zero exit code: exit status {text}", code=500)
    return status.status() | {"details": {"causes": [{"reason": "ExitCode", "message": text}]}}
