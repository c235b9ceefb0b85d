"""HTTP/1.1, TLS and websockets by aiohttp's low-level server; nothing else here knows of aiohttp.

Watch frames are written straight to the connection's transport, already framed as HTTP chunks: measured
2.5 times cheaper than the library's own response writer.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any, cast
from urllib.parse import unquote

from aiohttp import WSMsgType, web
from aiohttp.http_exceptions import PayloadEncodingError

from bouvier.apiserver.request import Answer, Request, Response, Streamed, User, WebSocket, split_cluster
from bouvier.meta.errors import ApiError, bad_request

MAX_BODY_BYTES = 3 * 1024 * 1024
"""As the original: etcd's limit of 1.5 MiB twice, for the JSON around it."""

WEBSOCKET_MESSAGE_BYTES = 4 * 1024 * 1024

Handler = Callable[[Request], Awaitable[Answer]]


class HttpExchange:
    """One request on one connection."""

    def __init__(self, raw: web.BaseRequest) -> None:
        self._raw = raw
        self.started: web.StreamResponse | None = None

    async def read(self) -> bytes:
        """Return the whole body."""
        length = self._raw.content_length
        if length is not None and length > MAX_BODY_BYTES:
            raise _too_large()
        try:
            body = await self._raw.content.read(MAX_BODY_BYTES + 1) if length is None else await self._raw.read()
            while length is None and len(body) <= MAX_BODY_BYTES and not self._raw.content.at_eof():
                body += await self._raw.content.read(MAX_BODY_BYTES + 1)
        except PayloadEncodingError as error:
            raise bad_request(f"the request body could not be read: {error}") from error
        if len(body) > MAX_BODY_BYTES:
            raise _too_large()
        return body

    async def start_stream(self, status: int, headers: Mapping[str, str]) -> ChunkStream:
        """Send the head of a chunked answer."""
        response = web.StreamResponse(status=status, headers=headers)
        response.enable_chunked_encoding()
        await response.prepare(self._raw)
        self.started = response
        transport = self._raw.transport
        if transport is None:
            raise ConnectionResetError("the client has gone")
        return ChunkStream(transport)

    async def accept_websocket(self, protocols: tuple[str, ...]) -> WebSocket:
        """Upgrade the connection."""
        socket = web.WebSocketResponse(
            protocols=protocols, max_msg_size=WEBSOCKET_MESSAGE_BYTES, heartbeat=30, autoping=True
        )
        await socket.prepare(self._raw)
        self.started = socket
        return HttpWebSocket(socket)


class ChunkStream:
    """A chunked answer written past the library."""

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport

    def write(self, data: bytes) -> None:
        """Queue one chunk."""
        if not self._transport.is_closing():
            self._transport.write(b"%x\r\n%b\r\n" % (len(data), data))

    @property
    def unsent_bytes(self) -> int:
        """Bytes that the peer has not taken yet."""
        return self._transport.get_write_buffer_size()

    def abort(self) -> None:
        """Drop the connection."""
        self._transport.abort()


class HttpWebSocket:
    """The websocket interface over aiohttp's."""

    def __init__(self, socket: web.WebSocketResponse) -> None:
        self._socket = socket
        self.protocol = socket.ws_protocol or ""

    async def receive(self) -> bytes | str | None:
        """Return the next message, None after the peer closed."""
        message = await self._socket.receive()
        if message.type in (WSMsgType.BINARY, WSMsgType.TEXT):
            return cast("bytes | str", message.data)
        return None

    async def send(self, message: bytes | str) -> None:
        """Send one message; ConnectionError when the peer has gone."""
        if isinstance(message, str):
            await self._socket.send_str(message)
        else:
            await self._socket.send_bytes(message)

    async def close(self, code: int = 1000, reason: str = "") -> None:
        """Close with a code."""
        await self._socket.close(code=code, message=reason.encode()[:120])


class Transport:
    """Serves one handler on TCP with TLS and on a unix socket."""

    def __init__(self, handler: Handler) -> None:
        self._handler = handler
        self._server = web.Server(self._serve, handler_cancellation=True, access_log=None, keepalive_timeout=300)
        self._servers: list[asyncio.Server] = []

    async def listen_tls(self, host: str, port: int, context: ssl.SSLContext) -> int:
        """Listen on TCP and return the port."""
        loop = asyncio.get_running_loop()
        server = await loop.create_server(self._server, host, port, ssl=context, backlog=1024, reuse_address=True)
        self._servers.append(server)
        return int(server.sockets[0].getsockname()[1])

    async def listen_unix(self, path: Path) -> None:
        """Listen on a unix socket that only its owner may open."""
        path.unlink(missing_ok=True)  # noqa: ASYNC240 (once, at start)
        server = await asyncio.get_running_loop().create_unix_server(self._server, str(path), backlog=1024)
        path.chmod(0o600)  # noqa: ASYNC240
        self._servers.append(server)

    async def close(self, grace_seconds: float = 2.0) -> None:
        """Stop listening, then end what is still open after a grace."""
        for server in self._servers:
            server.close()
        await self._server.shutdown(grace_seconds)

    async def _serve(self, raw: web.BaseRequest) -> web.StreamResponse:
        exchange = HttpExchange(raw)
        cluster, path = split_cluster(raw.rel_url.raw_path)
        request = Request(
            method=raw.method,
            path=unquote(path) if "%" in path else path,
            query_text=raw.rel_url.raw_query_string,
            headers=raw.headers,
            read=exchange.read,
            exchange=exchange,
            certificate=_certificate_user(raw.transport),
            remote=raw.remote or "",
            cluster=cluster,
        )
        answer = await self._handler(request)
        if isinstance(answer, Streamed):
            await answer.run()
            return exchange.started or web.Response(status=500)
        return _to_library(answer, request)


def _to_library(answer: Response, request: Request) -> web.Response:
    response = web.Response(status=answer.status, body=answer.body)
    headers = response.headers
    headers["Content-Type"] = answer.content_type
    for name, value in (answer.headers or {}).items():
        headers[name] = value
    for warning in request.warnings:
        headers.add("Warning", f'299 - "{_quote(warning)}"')
    return response


def _quote(text: str) -> str:
    flat = "".join(c if c.isprintable() else " " for c in text)
    return flat.replace("\\", "\\\\").replace('"', '\\"')


def _certificate_user(transport: asyncio.Transport | None) -> User | None:
    """Return the user of a verified client certificate: common name and organisations."""
    if transport is None:
        return None
    certificate = cast("dict[str, Any] | None", transport.get_extra_info("peercert"))
    if not certificate:
        return None
    name, groups = "", []
    for ((field, value),) in certificate.get("subject", ()):
        if field == "commonName":
            name = value
        elif field == "organizationName":
            groups.append(value)
    return User(name, (*groups, "system:authenticated")) if name else None


def _too_large() -> ApiError:
    return ApiError("RequestEntityTooLarge", f"Request entity too large: limit is {MAX_BODY_BYTES}")
