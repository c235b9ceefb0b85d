"""One client connection: requests are answered in their order.

A request that can be answered from memory is answered as soon as it is complete, without a task. Everything else
runs as a task that is cancelled when the client goes away.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Iterator, Mapping
from typing import Protocol, cast

import httptools
import orjson
import structlog

from bouvier.apiserver.authn.proxies import Proxies
from bouvier.apiserver.http import answers
from bouvier.apiserver.http.guard import Guard
from bouvier.apiserver.http.incoming import Incoming
from bouvier.apiserver.http.relay import ByteRelay
from bouvier.apiserver.http.spdy import handshake
from bouvier.apiserver.http.spdy.connection import SpdyConnection
from bouvier.apiserver.http.spdy.tunnel import TunnelledConnection
from bouvier.apiserver.http.websocket import ServerWebSocket, accept
from bouvier.apiserver.request import Answer, Request, Response, Streamed, User
from bouvier.meta.errors import ApiError

log = structlog.get_logger(__name__)

LARGE_BODY_BYTES = 256 * 1024
"""Bodies from this size on are written behind their head rather than copied into one piece with it."""
MAX_WAITING = 16
"""Requests sent ahead on one connection before it is not read any more."""
LINGER_SECONDS = 2.0
"""After a refusal: who is still sending must be read from, or he loses the answer with the connection."""
UNSEATED_SECONDS = 0.1
"""A long list gives its seats back when its client does not take it for so long: who reads slowly keeps nobody out."""
BIG_WRITE_BYTES = 1024 * 1024
"""Written at once to a stream: time to look at what all streams hold."""


class Handler(Protocol):
    """What answers requests."""

    def handle_now(self, request: Request) -> Response | None:
        """Answer at once, or return None for a request that has to wait for something."""

    async def handle(self, request: Request) -> Answer:
        """Answer a request; raises nothing but cancellation and ConnectionError."""


class Connections(Protocol):
    """The server that a connection belongs to."""

    handler: Handler
    proxies: Proxies
    open: set[HttpConnection]
    guard: Guard


_RECEIVED = memoryview(bytearray(256 * 1024))
"""Where what was received lies until the parser has it, at once: the same for all connections of the only loop, for a new
buffer of this size (what TLS reads at most) for each piece costs more than the copy out of it."""


class HttpConnection(asyncio.BufferedProtocol):
    """Parses and answers. Also the `Exchange` of its current request."""

    def __init__(self, server: Connections) -> None:
        self._server = server
        self._loop = asyncio.get_running_loop()
        self._incoming = Incoming(self, server.guard)
        self._transport: asyncio.Transport = cast("asyncio.Transport", None)
        self._certificate: User | None = None
        self._is_proxied = False
        self._remote = ""
        self._waiting: deque[tuple[Request, bool]] = deque()
        self._task: asyncio.Task[None] | None = None
        self._socket: ServerWebSocket | SpdyConnection | ByteRelay | None = None
        """What the connection has become, if it was upgraded."""
        self._stream = ""
        """How the body of the answer that was begun is sent: `chunked` or `plain`."""
        self._paused = False
        self._writable: asyncio.Future[None] | None = None
        """Done when a slow client has caught up; None while it keeps up."""
        self._taken_at, self._least_unsent = 0.0, 0
        """When a slow client last took something, and what was left then."""
        self.last_used = time.monotonic()

    # ---- transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Remember who connected."""
        self._transport = cast("asyncio.Transport", transport)
        shown = transport.get_extra_info("peercert")
        if shown:
            der = transport.get_extra_info("ssl_object").getpeercert(binary_form=True)
            self._certificate, self._is_proxied = self._server.proxies.peer(shown, der)
        peer = transport.get_extra_info("peername")
        self._remote = peer[0] if isinstance(peer, tuple) else ""
        self._server.open.add(self)
        self._server.guard.arrived(self)

    def connection_lost(self, _exc: Exception | None) -> None:
        """Cancel what the client no longer waits for."""
        self._server.open.discard(self)
        self._server.guard.left(self)
        self._waiting.clear()
        self._incoming.let_go()
        if self._socket is not None:
            self._socket.lost()
        if self._task is not None:
            self._task.cancel()

    def get_buffer(self, _sizehint: int) -> memoryview:
        """Return where to put what arrives next."""
        return _RECEIVED

    def buffer_updated(self, nbytes: int) -> None:
        """Take what arrived."""
        self.data_received(bytes(_RECEIVED[:nbytes]))

    def data_received(self, data: bytes) -> None:
        """Parse what arrived."""
        self.last_used = time.monotonic()
        if self._socket is not None:
            if self._socket.feed(data):
                self._pause()
            return
        if self._incoming.is_refused:
            return
        try:
            self._incoming.parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            rest = data[upgrade.args[0] :]
            if rest:
                self.refuse(400, "no data may follow a request to upgrade before it is accepted")
        except httptools.HttpParserCallbackError:
            log.exception("connection failed")
            self._transport.abort()
        except httptools.HttpParserError:
            self.refuse(400, "the request is not HTTP/1.1")

    def pause_writing(self) -> None:
        """Note that the client is slow."""
        self._writable = self._loop.create_future()
        self._taken_at, self._least_unsent = time.monotonic(), self.unsent_bytes
        self._server.guard.slow.add(self)
        if self._socket is not None:
            self._socket.pause_writing()

    def resume_writing(self) -> None:
        """Note that the client has caught up."""
        if self._writable is not None and not self._writable.done():
            self._writable.set_result(None)
        self._writable = None
        self._server.guard.slow.discard(self)
        if self._socket is not None:
            self._socket.resume_writing()

    def _pause(self) -> None:
        if not self._paused and not self._transport.is_closing():
            self._paused = True
            self._transport.pause_reading()

    def _resume(self) -> None:
        if self._paused and not self._transport.is_closing():
            self._paused = False
            self._transport.resume_reading()

    def refuse(self, status: int, message: str) -> None:
        """Say why what arrives is not taken, and close."""
        reason = {413: "RequestEntityTooLarge", 408: "Timeout", 429: "TooManyRequests"}.get(status, "BadRequest")
        if self._incoming.is_refused or self._transport.is_closing():
            return
        self._incoming.refuse_all()
        if self._task is not None:  # an earlier request is being answered: another answer cannot overtake it
            self._transport.close()
            return
        error = ApiError(reason, message, code=status, retry_after_seconds=1 if status == 429 else 0)
        headers = {"Retry-After": "1"} if status == 429 else None
        answer = Response(status, status_body(error), headers=headers)
        self._transport.write(answers.encode(answer, (), close=True, no_body=False))
        self._loop.call_later(LINGER_SECONDS, self._transport.close)

    # ---- what arrives

    @property
    def has_certificate(self) -> bool:
        """Tell whether the client has shown a certificate."""
        return self._certificate is not None

    def go_on(self, line: bytes) -> None:
        """Tell a client that waits for it to send the body."""
        self._transport.write(line)

    def received(self) -> None:
        """Answer the request, or queue it behind the one before."""
        if self._transport.is_closing():
            return
        request, keep = self._request(), self._incoming.may_keep()
        if self._task is None and not self._waiting and self._writable is None:
            answer = self._server.handler.handle_now(request)
            if answer is not None:
                self._answer(request, answer, keep=keep)
                return
        self._waiting.append((request, keep))
        if len(self._waiting) > MAX_WAITING:
            self._pause()
        if self._task is None:
            self._task = self._loop.create_task(self._work())

    def _request(self) -> Request:
        method, cluster, path, query = self._incoming.named()
        return Request(
            method=method,
            path=path,
            query_text=query,
            headers=self._incoming.headers,
            read=self._incoming.reader(),
            exchange=self,
            certificate=self._certificate,
            is_proxied=self._is_proxied,
            remote=self._remote,
            cluster=cluster,
        )

    # ---- answering

    async def _work(self) -> None:
        """Answer the queued requests one after the other."""
        try:
            while self._waiting:
                request, keep = self._waiting[0]
                if self._writable is not None:  # who takes no answers is given none
                    await self._writable
                answer = await self._server.handler.handle(request)
                await self._send(request, answer, keep=keep)
                if self._waiting:
                    self._waiting.popleft()
                if not self._waiting and not self._incoming.deadline:
                    self._incoming.let_go()
                if len(self._waiting) < MAX_WAITING:
                    self._resume()
        except ConnectionError:
            self._transport.close()
        except asyncio.CancelledError:
            self._transport.abort()
            raise
        except Exception:
            log.exception("connection failed")
            self._transport.abort()
        finally:
            self._task = None

    async def _send(self, request: Request, answer: Answer, *, keep: bool) -> None:
        try:
            if isinstance(answer, Streamed):
                await self._run_stream(answer, keep=keep)
            elif answer.pieces is not None:
                await self._send_pieces(request, answer, answer.pieces, keep=keep)
            else:
                self._answer(request, answer, keep=keep)
        finally:
            request.release()

    async def _run_stream(self, answer: Streamed, *, keep: bool) -> None:
        try:
            await answer.run()
        except ApiError as error:
            if not self._stream and self._socket is None:
                body = status_body(error)
                self._transport.write(answers.encode(Response(error.code, body), (), close=True, no_body=False))
                self._transport.close()
                return
            raise ConnectionResetError(error.message) from error
        if self._stream == "chunked":
            self._transport.write(b"0\r\n\r\n")
        self._stream = ""
        if self._socket is not None or not keep:
            self._transport.close()

    def _answer(self, request: Request, answer: Response, *, keep: bool) -> None:
        is_apart = len(answer.body) > LARGE_BODY_BYTES
        no_body = request.method == "HEAD"
        more = request.head_lines
        data = answers.encode(answer, request.warnings, close=not keep, no_body=no_body or is_apart, more=more)
        self._transport.write(data)
        if is_apart and not no_body:
            self._transport.write(answer.body)
            self._server.guard.relieve()
        if not keep:
            self._transport.close()

    async def _send_pieces(self, request: Request, answer: Response, pieces: Iterator[bytes], *, keep: bool) -> None:
        """Send a body as it is made, no faster than the client takes it, and let other requests in between."""
        more = request.head_lines
        self._transport.write(answers.chunked_head(answer, request.warnings, close=not keep, more=more))
        if request.method != "HEAD":
            for piece in pieces:
                self._transport.writelines((b"%x\r\n" % len(piece), piece, b"\r\n"))
                if self._writable is None:
                    await asyncio.sleep(0)
                    continue
                slow = self._loop.call_later(UNSEATED_SECONDS, request.release)
                await self._writable
                slow.cancel()
            self._transport.write(b"0\r\n\r\n")
        if not keep:
            self._transport.close()

    # ---- exchange

    async def start_stream(self, status: int, headers: Mapping[str, str]) -> HttpConnection:
        """Send the head of a chunked answer."""
        if self._transport.is_closing():
            raise ConnectionResetError("the client has gone")
        self._write_head(status, {**headers, "Transfer-Encoding": "chunked"})
        self._stream = "chunked"
        return self

    def _write_head(self, status: int, headers: Mapping[str, str]) -> None:
        now = self._waiting[0][0] if self._waiting else None
        lines = answers.warning_lines(now.warnings) if now else ()
        more = now.head_lines if now else b""
        self._transport.write(answers.head(status, headers, lines, more=more))

    async def start_answer(self, status: int, headers: Mapping[str, str]) -> HttpConnection:
        """Send a head made elsewhere; the body is chunked unless the head says how long it is, or there is none."""
        has_no_body = self._incoming.parser.get_method() == b"HEAD" or status in (204, 304)
        if not has_no_body and not any(name.lower() == "content-length" for name in headers):
            return await self.start_stream(status, headers)
        if self._transport.is_closing():
            raise ConnectionResetError("the client has gone")
        self._write_head(status, headers)
        self._stream = "plain"
        return self

    def write(self, data: bytes) -> None:
        """Queue a piece of the started answer."""
        if data and not self._transport.is_closing():
            self._transport.write(data if self._stream == "plain" else answers.chunk(data))
            if len(data) > BIG_WRITE_BYTES:
                self._server.guard.relieve()

    @property
    def unsent_bytes(self) -> int:
        """Bytes that the client has not taken yet."""
        return self._transport.get_write_buffer_size()

    def abort(self) -> None:
        """Drop the connection."""
        self._transport.abort()

    async def accept_websocket(self, protocols: tuple[str, ...]) -> ServerWebSocket:
        """Answer the handshake, choosing the first of `protocols` that the client offers.

        Raises:
            ApiError: BadRequest when it is no proper handshake.

        """
        chosen, answer = accept(self._incoming.headers, protocols)
        self._transport.write(answers.head(101, answer))
        self._socket = ServerWebSocket(self._transport, chosen, self._resume)
        return self._socket

    async def accept_spdy(self, protocols: tuple[str, ...]) -> SpdyConnection:
        """Answer the handshake for SPDY/3.1, on this connection or inside a websocket.

        Raises:
            ApiError: BadRequest when it is no proper handshake, Forbidden when no protocol is shared.

        """
        headers = self._incoming.headers
        if headers.get("upgrade").lower() == "websocket":
            socket = await self.accept_websocket(tuple(handshake.TUNNEL_PREFIX + name for name in protocols))
            return TunnelledConnection(socket, socket.protocol.removeprefix(handshake.TUNNEL_PREFIX))
        chosen = handshake.choose(headers, protocols)
        self._transport.write(answers.head(101, handshake.answer(chosen)))
        self._socket = SpdyConnection(chosen, self._transport, self._resume)
        return self._socket

    async def hand_over(self, head: bytes) -> ByteRelay:
        """Answer an upgrade with a head made elsewhere, and give the connection over to plain bytes."""
        self._transport.write(head)
        self._socket = ByteRelay(self._transport, self._resume)
        return self._socket

    # ---- what the guard asks

    def is_late(self, now: float) -> bool:
        """Tell whether the client takes too long to send a request."""
        return 0.0 < self._incoming.deadline < now and self._socket is None and not self._incoming.is_refused

    def refuse_late(self) -> None:
        """Say that the request came too slowly, and close."""
        self.refuse(408, "the request was not received in time")

    def slow_since(self, now: float) -> float | None:
        """Return since when the client has taken nothing of what it is sent; None while it keeps up."""
        if self._writable is None:
            return None
        unsent = self.unsent_bytes
        if unsent < self._least_unsent:
            self._taken_at, self._least_unsent = now, unsent
        return self._taken_at

    @property
    def may_stall(self) -> bool:
        """Tell whether the client decides how fast it reads: streams to people."""
        return bool(self._stream) or self._socket is not None

    def ping(self) -> None:
        """Send a ping when the connection was upgraded."""
        if self._socket is not None:
            self._socket.ping()

    def stop(self) -> None:
        """Close an idle connection now, a busy one when its request is done."""
        if self._task is None:
            self._transport.close()

    @property
    def cluster(self) -> str:
        """Logical cluster of the request that is being answered, empty when there is none."""
        return self._waiting[0][0].cluster if self._task is not None and self._waiting else ""

    @property
    def is_idle(self) -> bool:
        """Tell whether nothing is being answered."""
        return self._task is None


def status_body(error: ApiError) -> bytes:
    """Return the Status of an error as JSON."""
    return orjson.dumps(error.status())
