"""Requests to the Docker Engine API over its unix socket.

The API version is the engine's own, asked for once, but never newer than the one this code was written against.
Connections are kept and not limited in number: follows and pulls hold theirs for a long time.
Source: https://docs.docker.com/reference/api/engine/
"""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import orjson

from bouvier.engine.docker.errors import translate
from bouvier.engine.errors import Unreachable

NEWEST_VERSION = (1, 47)
_FIRST_ERROR_STATUS = 400
# Larger bodies are sent piecewise, so that other tasks get their turn.
_LARGE_BYTES = 2**16
_NO_TIMEOUT = aiohttp.ClientTimeout(total=None, sock_connect=10)
Query = Mapping[str, str]
Body = bytes | AsyncIterator[bytes] | None


def _chosen_version(offered: str) -> str:
    major, _, minor = offered.partition(".")
    return "v{}.{}".format(*min((int(major), int(minor)), NEWEST_VERSION))


class DockerHttp:
    """One engine's API."""

    def __init__(self, socket: str) -> None:
        self.socket = socket
        self._session: aiohttp.ClientSession | None = None
        self._version = ""
        self._connecting = asyncio.Lock()

    async def prefix(self) -> str:
        """Return the path prefix of the negotiated API version."""
        async with self._connecting:
            if not self._version:
                raw = await self._read("GET", "/version")
                self._version = _chosen_version(orjson.loads(raw)["ApiVersion"])
        return "/" + self._version

    async def call(self, method: str, path: str, *, query: Query | None = None, body: Any = None) -> Any:
        """Send JSON and return the decoded answer, None when it is empty."""
        prefix = f"/{self._version}" if self._version else await self.prefix()
        data = None if body is None else orjson.dumps(body)
        raw = await self._read(method, prefix + path, query, data)
        return orjson.loads(raw) if raw else None

    @asynccontextmanager
    async def stream(
        self, method: str, path: str, *, query: Query | None = None, body: Body = None, headers: Query | None = None
    ) -> AsyncIterator[aiohttp.StreamReader]:
        """Open a call whose answer is read piece by piece."""
        prefix = await self.prefix()
        async with self._request(method, prefix + path, query, body, headers) as response:
            yield response.content

    async def json_lines(
        self, method: str, path: str, *, query: Query | None = None, body: Body = None, headers: Query | None = None
    ) -> AsyncIterator[dict[str, Any]]:
        """Yield the objects of a progress stream; an `error` in it is raised."""
        async with self.stream(method, path, query=query, body=body, headers=headers) as content:
            async for line in content:
                message = orjson.loads(line)
                if error := message.get("error"):
                    raise translate(0, error)
                yield message

    async def close(self) -> None:
        """Close all connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def _read(self, method: str, path: str, query: Query | None = None, data: Body = None) -> bytes:
        async with self._request(method, path, query, data, None) as response:
            return await response.read()

    @asynccontextmanager
    async def _request(
        self, method: str, path: str, query: Query | None, data: Body, headers: Query | None
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        session = self._session or self._open()
        payload = io.BytesIO(data) if isinstance(data, bytes) and len(data) > _LARGE_BYTES else data
        all_headers = {"Content-Type": "application/json", **(headers or {})}
        try:
            async with session.request(
                method, "http://docker" + path, params=query, data=payload, headers=all_headers
            ) as r:
                if r.status >= _FIRST_ERROR_STATUS:
                    raise translate(r.status, _message(await r.read()))
                yield r
        except (aiohttp.ClientError, OSError) as error:
            raise Unreachable(f"the container engine does not answer on {self.socket}: {error}") from error

    def _open(self) -> aiohttp.ClientSession:
        connector = aiohttp.UnixConnector(self.socket, limit=0)
        # One line of a progress or event stream must fit into the buffer: labels can be long.
        self._session = aiohttp.ClientSession(connector=connector, timeout=_NO_TIMEOUT, read_bufsize=2**18)
        return self._session


def _message(raw: bytes) -> str:
    try:
        return str(orjson.loads(raw)["message"])
    except (orjson.JSONDecodeError, KeyError, TypeError):
        return raw.decode(errors="replace")
