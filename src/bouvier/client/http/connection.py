"""One HTTP/1.1 connection: requests one after another, whole or streamed answers.

The parser is fed straight from the transport. A whole answer wakes its waiter once, when its last byte is there; a
streamed one when its head is there, and then for chunks. A stream whose reader is slow stops reading from the
transport, so a fast server cannot fill memory.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator

from httptools import HttpParserError, HttpResponseParser

STREAM_BUFFER_BYTES = 1 << 20
"""Unread bytes of a stream at which reading pauses: 200 watch events of 5 kB."""


class Answer:
    """Status, headers (names in lower case) and body of an answer."""

    __slots__ = ("body", "headers", "status")

    def __init__(self) -> None:
        self.status = 0
        self.headers: dict[bytes, bytes] = {}
        self.body = b""


class ClosedUnansweredError(ConnectionError):
    """The connection ended before any byte of the answer came."""


class Connection(asyncio.Protocol):
    """A connection to one server; not for concurrent use."""

    def __init__(self) -> None:
        self.transport: asyncio.Transport | None = None
        self.closed = False
        self.served = 0
        """Answers received so far: more than zero means the connection came from the pool."""
        self.idle_since = 0.0
        self._parser = HttpResponseParser(self)
        self._waiter: asyncio.Future[Answer] | None = None
        self._answer = Answer()
        self._chunks: deque[bytes] = deque()
        self._buffered = 0
        self._paused = False
        self._streaming = False
        self._wake: asyncio.Future[None] | None = None
        self._complete = True
        self._answering = False
        self._head_seen = False
        self._error: Exception | None = None

    # Requests

    async def exchange(self, request: bytes) -> Answer:
        """Send a request and return the whole answer."""
        return await self._send(request, streaming=False)

    async def open_stream(self, request: bytes) -> Answer:
        """Send a request and return its answer without body; `chunks` gives the body."""
        return await self._send(request, streaming=True)

    async def chunks(self) -> AsyncIterator[bytes]:
        """Yield the body of a streamed answer as it comes, joined as far as it is there.

        Raises:
            ConnectionError: the connection broke before the end.
        """
        while True:
            if self._chunks:
                yield self._take()
            elif self._error is not None:
                raise self._error
            elif self._complete:
                return
            else:
                self._wake = asyncio.get_running_loop().create_future()
                await self._wake

    def close(self) -> None:
        """Close at once; what is unread is lost."""
        self.closed = True
        if self.transport is not None:
            self.transport.abort()

    @property
    def reusable(self) -> bool:
        """Tell whether another request may be sent."""
        return not self.closed and self._complete and self._error is None

    @property
    def answering(self) -> bool:
        """Tell whether any byte of the answer to the last request has come."""
        return self._answering

    async def _send(self, request: bytes, *, streaming: bool) -> Answer:
        if self.closed or self.transport is None:
            raise ClosedUnansweredError("connection is closed")
        self._answer = Answer()
        self._chunks.clear()
        self._buffered = 0
        self._streaming = streaming
        self._complete = self._answering = self._head_seen = False
        self._waiter = asyncio.get_running_loop().create_future()
        self.transport.write(request)
        return await self._waiter

    def _take(self) -> bytes:
        data = self._chunks[0] if len(self._chunks) == 1 else b"".join(self._chunks)
        self._chunks.clear()
        self._buffered = 0
        if self._paused and self.transport is not None and not self.closed:
            self._paused = False
            self.transport.resume_reading()
        return data

    # Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        self.transport = transport  # type: ignore[assignment]

    def data_received(self, data: bytes) -> None:
        """Feed the parser, which calls the methods below."""
        self._answering = True
        try:
            self._parser.feed_data(data)
        except HttpParserError as error:
            self._fail(ConnectionError(f"not an HTTP answer: {error}"))
            self.close()
        if self._chunks:
            self._notify()

    def connection_lost(self, error: Exception | None) -> None:
        """End what is open: completely if the answer lasts until the connection ends, else with an error."""
        self.closed = True
        if self._complete:
            return
        if self._head_seen and error is None and self._ends_with_connection():
            self.on_message_complete()
            return
        kind = ConnectionError if self._answering else ClosedUnansweredError
        self._fail(kind(f"connection lost: {error or 'closed by the server'}"))

    def _ends_with_connection(self) -> bool:
        headers = self._answer.headers
        return b"content-length" not in headers and b"transfer-encoding" not in headers

    def _fail(self, error: Exception) -> None:
        self._error = error
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_exception(error)
        self._notify()

    def _notify(self) -> None:
        if self._wake is not None and not self._wake.done():
            self._wake.set_result(None)

    # Parser

    def on_header(self, name: bytes, value: bytes) -> None:
        """Keep a header."""
        self._answer.headers[name.lower()] = value

    def on_headers_complete(self) -> None:
        """Keep the status and hand out the answer if it is streamed."""
        self._answer.status = self._parser.get_status_code()
        self._head_seen = True
        if self._streaming and self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(self._answer)

    def on_body(self, data: bytes) -> None:
        """Keep a piece of the body."""
        self._chunks.append(data)
        self._buffered += len(data)
        if self._streaming and self._buffered > STREAM_BUFFER_BYTES and not self._paused and self.transport is not None:
            self._paused = True
            self.transport.pause_reading()

    def on_message_complete(self) -> None:
        """Finish the answer."""
        self._complete = True
        self.served += 1
        if not self._parser.should_keep_alive():
            self.closed = True
        if self._streaming:
            self._notify()
        elif self._waiter is not None and not self._waiter.done():
            self._answer.body = self._take() if self._chunks else b""
            self._waiter.set_result(self._answer)
