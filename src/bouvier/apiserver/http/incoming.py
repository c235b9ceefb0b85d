"""Requests as they arrive: httptools parses, limits are kept, and what is complete is handed on.

A head or a body that is too large or comes too slowly is refused while it is still being received.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import NamedTuple, Protocol
from urllib.parse import unquote

import httptools

from bouvier.apiserver.headers import Headers
from bouvier.apiserver.http.guard import Guard
from bouvier.apiserver.request import split_cluster

MAX_HEADER_BYTES = 64 * 1024
MAX_BODY_BYTES = 3 * 1024 * 1024
"""As the original: etcd's limit of 1.5 MiB twice, for the JSON around it."""
UPLOAD_PATH, UPLOAD_BYTES = b"/instantiatebinary", 128 * 1024 * 1024
"""Sources of builds are uploaded in one body."""
PROXY_PATH = b"/proxy"
"""What is passed on has no limit of its own in the original."""
HEAD_SECONDS, BODY_SECONDS, UPLOAD_SECONDS = 32.0, 60.0, 600.0
"""Time for a head, as the original's 32 s; for a body, as it gives a whole request; and for the sources of a build."""
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


class Receiver(Protocol):
    """The connection that requests arrive on."""

    last_used: float

    @property
    def has_certificate(self) -> bool:
        """Tell whether the client has shown a certificate."""

    def received(self) -> None:
        """Take the request that is complete."""

    def refuse(self, status: int, message: str) -> None:
        """Say why what arrives is not taken, and close."""

    def go_on(self, line: bytes) -> None:
        """Tell a client that waits for it to send the body."""


class Named(NamedTuple):
    """What a request line says."""

    method: str
    cluster: str
    path: str
    query: str


class Incoming:
    """Collects one request after the other."""

    def __init__(self, receiver: Receiver, guard: Guard) -> None:
        self._receiver, self._guard = receiver, guard
        self.parser = httptools.HttpRequestParser(self)
        self.headers = Headers([])
        """Those of the newest request whose head is complete."""
        self.deadline = 0.0
        """When the part of a request that is being received must be complete; 0 between requests."""
        self.is_refused = False
        """Whether what still comes is thrown away."""
        self._url = b""
        self._pairs: list[tuple[str, str]] = []
        self._header_bytes = 0
        self._body: list[bytes] = []
        self._body_bytes = 0
        self._body_limit = MAX_BODY_BYTES
        self._held = 0
        """Bytes of the bodies that are received and not answered yet."""

    def named(self) -> Named:
        """Return what the complete request is about."""
        path, _, query = self._url.decode("latin-1").partition("?")
        cluster, path = split_cluster(path)
        return Named(self.parser.get_method().decode(), cluster, unquote(path) if "%" in path else path, query)

    def reader(self) -> Callable[[], Awaitable[bytes]]:
        """Return what gives the body of the complete request."""
        body = b"".join(self._body) if len(self._body) != 1 else self._body[0]

        async def read() -> bytes:
            return body

        return read

    def may_keep(self) -> bool:
        """Tell whether the connection stays open after the complete request."""
        return bool(self.parser.should_keep_alive() or self.parser.should_upgrade())

    def refuse_all(self) -> None:
        """Throw away what still comes."""
        self.is_refused, self.deadline, self._body = True, 0.0, []

    def let_go(self) -> None:
        """Forget what the bodies held: they are answered, or nobody waits for the answers."""
        if self._held:
            self._guard.held_bytes -= self._held
            self._held = 0

    # ---- callbacks of the parser

    def on_message_begin(self) -> None:
        """Start a request."""
        self._url = b""
        self._pairs = []
        self._header_bytes = 0
        self._body = []
        self._body_bytes = 0
        self._body_limit = MAX_BODY_BYTES
        self.deadline = self._receiver.last_used + HEAD_SECONDS

    def on_url(self, url: bytes) -> None:
        """Collect the path."""
        self._url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        """Collect one header."""
        self._header_bytes += len(name) + len(value)
        if self._header_bytes < MAX_HEADER_BYTES:
            self._pairs.append((name.decode("latin-1").lower(), value.decode("latin-1")))

    def on_headers_complete(self) -> None:
        """Look at what decides before the body arrives."""
        if self.is_refused:
            return
        if self._header_bytes >= MAX_HEADER_BYTES:
            self._receiver.refuse(431, f"the headers are larger than {MAX_HEADER_BYTES} bytes")
            return
        headers = self.headers = Headers(self._pairs)
        path = self._url.partition(b"?")[0]
        is_upload = path.endswith((UPLOAD_PATH, PROXY_PATH)) or PROXY_PATH + b"/" in path
        if is_upload and (self._receiver.has_certificate or headers.get("authorization")):
            self._body_limit = UPLOAD_BYTES
        is_upload = self._body_limit == UPLOAD_BYTES
        self.deadline = self._receiver.last_used + (UPLOAD_SECONDS if is_upload else BODY_SECONDS)
        length = headers.get("content-length")
        if length.isdecimal() and int(length) > self._body_limit:
            self._receiver.refuse(413, f"Request entity too large: limit is {self._body_limit}")
        elif length.isdecimal() and not self._guard.has_room(int(length)):
            self._receiver.refuse(429, "the server is receiving too much at once, please try again later")
        elif headers.get("expect").lower() == "100-continue":
            self._receiver.go_on(CONTINUE)

    def on_body(self, body: bytes) -> None:
        """Collect the body."""
        if self.is_refused:
            return
        self._body_bytes += len(body)
        if self._body_bytes > self._body_limit:
            self._receiver.refuse(413, f"Request entity too large: limit is {self._body_limit}")
        elif not self._guard.has_room(len(body)):
            self._receiver.refuse(429, "the server is receiving too much at once, please try again later")
        else:
            self._body.append(body)
            self._held += len(body)
            self._guard.held_bytes += len(body)

    def on_message_complete(self) -> None:
        """Hand the request on."""
        self.deadline = 0.0
        if not self.is_refused:
            self._receiver.received()
