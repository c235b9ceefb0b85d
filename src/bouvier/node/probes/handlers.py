"""Performing what a probe or hook says: run a command, call a URL, connect to a port, ask gRPC health, sleep.

HTTP redirects count as success and are not followed. TLS certificates are not checked. Requests go to the pod's
address, from the host.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import aiohttp

from bouvier.engine.errors import EngineError
from bouvier.engine.protocol import Engine
from bouvier.engine.specs import ExecSpec
from bouvier.meta.objects import Obj
from bouvier.node.probes import grpc

_OUTPUT_BYTES = 10 * 1024
_SUCCESS_CODES = range(200, 400)


class Result(NamedTuple):
    """How it went, and the reason when it went wrong."""

    success: bool
    message: str = ""


@dataclass(frozen=True, slots=True)
class Target:
    """Where a handler acts."""

    engine: Engine
    http: aiohttp.ClientSession
    container: str
    address: str
    ports: Sequence[Obj]
    """The container's `ports`, to find named ones."""

    def port(self, value: int | str) -> int:
        """Return a port given by number or name; 0 when there is no such name."""
        if isinstance(value, int):
            return value
        if value.isdecimal():
            return int(value)
        return next((port["containerPort"] for port in self.ports if port.get("name") == value), 0)


async def perform(handler: Obj, target: Target) -> Result:
    """Perform a handler once; never raises but on cancellation."""
    try:
        if command := handler.get("exec"):
            return await _execute(command, target)
        if http := handler.get("httpGet"):
            return await _get(http, target)
        if tcp := handler.get("tcpSocket"):
            return await _connect(tcp, target)
        if health := handler.get("grpc"):
            return await _ask_health(health, target)
        if pause := handler.get("sleep"):
            await asyncio.sleep(int(pause.get("seconds") or 0))
            return Result(success=True)
    except (EngineError, OSError, aiohttp.ClientError) as error:
        return Result(success=False, message=str(error) or type(error).__name__)
    kinds = ", ".join(handler) or "nothing"
    return Result(success=False, message=f"unknown handler ({kinds}): use exec, httpGet, tcpSocket, grpc or sleep")


async def _execute(command: Obj, target: Target) -> Result:
    output = b""
    async with target.engine.execute(target.container, ExecSpec(tuple(command["command"]))) as session:
        while piece := await session.receive():
            output += piece.data[: _OUTPUT_BYTES - len(output)]
        code = await session.exit_code()
    text = output.decode(errors="replace").strip()
    return Result(code == 0, text or f"command ended with exit code {code}")


async def _get(http: Obj, target: Target) -> Result:
    port = target.port(http["port"])
    if not port:
        return _no_port(http["port"])
    path = http.get("path") or "/"
    url = f"{(http.get('scheme') or 'HTTP').lower()}://{_bracketed(http.get('host') or target.address)}:{port}"
    url += path if path.startswith("/") else "/" + path
    headers = {"User-Agent": "kube-probe/1.37", "Accept": "*/*"}
    headers |= {header["name"]: header.get("value", "") for header in http.get("httpHeaders") or ()}
    try:
        async with target.http.get(url, headers=headers, allow_redirects=False, ssl=False) as answer:
            if answer.status in _SUCCESS_CODES:
                return Result(success=True)
            return Result(success=False, message=f"HTTP probe failed with statuscode: {answer.status}")
    except (aiohttp.ClientError, OSError) as error:
        return Result(success=False, message=f'Get "{url}": {error or type(error).__name__}')


async def _connect(tcp: Obj, target: Target) -> Result:
    port = target.port(tcp["port"])
    if not port:
        return _no_port(tcp["port"])
    host = tcp.get("host") or target.address
    try:
        _, writer = await asyncio.open_connection(host, port)
    except OSError as error:
        return Result(success=False, message=f"dial tcp {host}:{port}: {error.strerror or error}")
    writer.close()
    return Result(success=True)


async def _ask_health(health: Obj, target: Target) -> Result:
    failure = await grpc.check(target.address, int(health["port"]), health.get("service") or "")
    return Result(not failure, failure)


def _no_port(value: int | str) -> Result:
    return Result(success=False, message=f'the container has no port named "{value}"')


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host
