"""Sending a container's log as plain bytes."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator

from bouvier.client.websocket import WebSocket
from bouvier.engine.protocol import LogSource
from bouvier.engine.specs import LogOptions
from bouvier.meta.errors import bad_request
from bouvier.node.tunnel.requests import TunnelRequest
from bouvier.util.clock import parse_time

_STREAMS = {"": (True, True), "All": (True, True), "Stdout": (True, False), "Stderr": (False, True)}


def log_options(request: TunnelRequest, now: float) -> LogOptions:
    """Return what `PodLogOptions` ask of the engine.

    Raises:
        ApiError: an option has no sense.
    """
    stream = request.option("stream")
    if stream not in _STREAMS:
        raise bad_request(f'stream: Unsupported value: "{stream}": supported values: "All", "Stdout", "Stderr"')
    stdout, stderr = _STREAMS[stream]
    return LogOptions(
        follow=request.flag("follow"),
        stdout=stdout,
        stderr=stderr,
        timestamps=request.flag("timestamps"),
        since=_since(request, now),
        tail=request.number("tailLines"),
    )


def _since(request: TunnelRequest, now: float) -> float:
    seconds = request.number("sinceSeconds")
    if seconds is not None:
        return now - seconds
    text = request.option("sinceTime")
    if not text:
        return 0.0
    try:
        return parse_time(text).timestamp()
    except ValueError:
        raise bad_request(f'sinceTime: "{text}" is not an RFC 3339 time') from None


async def send_log(engine: LogSource, container: str, request: TunnelRequest, socket: WebSocket) -> None:
    """Send the log, at most `limitBytes` of it."""
    async for data in log_pieces(engine, container, request):
        await socket.send(data)


async def read_log(engine: LogSource, container: str, request: TunnelRequest) -> bytes:
    """Return the log as it is now."""
    return b"".join([data async for data in log_pieces(engine, container, request)])


async def log_pieces(engine: LogSource, container: str, request: TunnelRequest) -> AsyncIterator[bytes]:
    """Yield the log, at most `limitBytes` of it."""
    left = request.number("limitBytes")
    async for piece in engine.logs(container, log_options(request, time.time())):
        data = piece.data if left is None else piece.data[:left]
        yield data
        if left is not None:
            left -= len(data)
            if left <= 0:
                return
