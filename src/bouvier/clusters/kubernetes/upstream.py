"""Another Kubernetes API to which requests are passed on as they came, under the caller's name.

The connection proves who *we* are by the credentials of its kubeconfig; who *asks* is said by impersonation headers, so
the other cluster's own access rules decide and its audit log names the person. Whatever a client sends to say who it
is never leaves this platform, nor do identities that mean something else over there: hosts, service accounts and the
platform's own actors.

Source: https://kubernetes.io/docs/reference/access-authn-authz/authentication/#user-impersonation
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from urllib.parse import quote

from bouvier.client.endpoint import Endpoint
from bouvier.client.http.connection import Answer
from bouvier.client.http.pool import CONNECT_SECONDS, Pool
from bouvier.meta.errors import ApiError

DROPPED = frozenset(
    [
        "host",
        "authorization",
        "cookie",
        "connection",
        "upgrade",
        "content-length",
        "transfer-encoding",
        "expect",
        "accept-encoding",
        "te",
        "keep-alive",
        "proxy-authorization",
        "x-remote-user",
        "x-remote-group",
        "x-bouvier-console",
        "origin",
    ]
)
"""Headers that speak of this connection or of this platform."""
PASSED_BACK = ("warning", "retry-after", "audit-id", "cache-control", "etag", "last-modified")
MASTERS = "system:masters"
REST_SECONDS = 2.0
"""After a failure requests are refused at once for so long: an API that is away costs nobody a time-out each."""
HEAD_BYTES = 64 * 1024
SAFE = "/:@!$&'()*+,;=~-._"


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks."""

    name: str
    groups: Sequence[str] = ()
    extra: Sequence[tuple[str, Sequence[str]]] = ()


@dataclass(frozen=True, slots=True)
class Forwarded:
    """A request to pass on."""

    method: str
    path: str
    """Decoded, without the cluster's prefix."""
    query: str
    headers: Sequence[tuple[str, str]]
    caller: Caller
    body: bytes = b""
    upgrade: str = ""
    """Protocol that the client asks to upgrade to."""


@dataclass
class Upstream:
    """One API."""

    name: str
    endpoint: Endpoint
    pool: Pool = field(init=False)
    _away_until: float = 0.0
    _why: str = ""

    def __post_init__(self) -> None:
        self.pool = Pool(self.endpoint)

    async def exchange(self, request: Forwarded) -> Answer:
        """Pass a request on and return the whole answer.

        Raises:
            ApiError: ServiceUnavailable when the API is away.
        """
        self._check()
        try:
            return await self.pool.exchange(request.method, encode(self.endpoint, request))
        except ConnectionError as error:
            raise self.away(error) from error

    def stream(self, request: Forwarded) -> AbstractAsyncContextManager[tuple[Answer, AsyncIterator[bytes]]]:
        """Pass a request on whose answer goes on and on. Raises `ConnectionError` when entered."""
        self._check()
        return self.pool.stream(encode(self.endpoint, request))

    async def upgrade(self, request: Forwarded) -> tuple[int, bytes, asyncio.StreamReader, asyncio.StreamWriter]:
        """Ask for an upgrade; return status, head as received, and the connection behind it.

        Raises:
            ApiError: ServiceUnavailable when the API is away.
        """
        self._check()
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                reader, writer = await self._open()
                writer.write(encode(self.endpoint, request))
                head = await reader.readuntil(b"\r\n\r\n")
        except (OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError) as error:
            raise self.away(ConnectionError(str(error) or "no answer in time")) from error
        return int(head.split(b" ", 2)[1]), head, reader, writer

    async def _open(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        endpoint, tls = self.endpoint, self.pool.tls()
        name = (endpoint.server_name or endpoint.host) if tls else None
        return await asyncio.open_connection(
            endpoint.host, endpoint.port, ssl=tls, server_hostname=name, limit=HEAD_BYTES
        )

    def _check(self) -> None:
        if time.monotonic() < self._away_until:
            raise self._unavailable()

    def away(self, error: ConnectionError) -> ApiError:
        """Note that the API is away, and return what to tell the client."""
        self._away_until = time.monotonic() + REST_SECONDS
        self._why = str(error)
        return self._unavailable()

    def _unavailable(self) -> ApiError:
        """Return the refusal; without Retry-After, for which kubectl would wait in silence ten times."""
        return ApiError(
            "ServiceUnavailable",
            f'cluster "{self.name}" cannot be reached at {self.endpoint.url}: {self._why}; '
            f"check that its API runs and that its kubeconfig is still good (bouvier cluster show {self.name})",
        )

    def close(self) -> None:
        """Close every connection."""
        self.pool.close()


def encode(endpoint: Endpoint, request: Forwarded) -> bytes:
    """Return a request as sent to the other API (pure)."""
    target = endpoint.prefix + quote(request.path, safe=SAFE) + (f"?{request.query}" if request.query else "")
    lines = [f"{request.method} {target} HTTP/1.1", f"Host: {endpoint.authority}"]
    lines += [f"{name}: {value}" for name, value in passed_headers(request.headers)]
    if endpoint.token:
        lines.append(f"Authorization: Bearer {endpoint.token}")
    lines += [f"{name}: {value}" for name, value in identity(request.caller)]
    if request.upgrade:
        lines += ["Connection: Upgrade", f"Upgrade: {request.upgrade}"]
    if request.body or request.method not in ("GET", "HEAD"):
        lines.append(f"Content-Length: {len(request.body)}")
    return "\r\n".join([*lines, "", ""]).encode("latin-1", "replace") + request.body


def passed_headers(headers: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return the headers of a client that go on to the other API (pure)."""
    return [(name, value) for name, value in headers if name not in DROPPED and not name.startswith("impersonate-")]


def identity(caller: Caller) -> list[tuple[str, str]]:
    """Return the headers that say who asks (pure).

    Raises:
        ApiError: Forbidden for identities that would mean somebody else in another cluster.
    """
    if caller.name.startswith("system:"):
        raise ApiError("Forbidden", f'user "{caller.name}" has no meaning in another cluster')
    groups = [group for group in caller.groups if group == MASTERS or not group.startswith("system:")]
    lines = [("Impersonate-User", caller.name), *(("Impersonate-Group", group) for group in groups)]
    for key, values in caller.extra:
        lines += [(f"Impersonate-Extra-{quote(key, safe='')}", value) for value in values]
    if any(ord(letter) < 32 for _, value in lines for letter in value):
        raise ApiError("Forbidden", "the caller's name cannot be passed on")
    return lines


def passed_back(headers: Mapping[bytes, bytes]) -> dict[str, str]:
    """Return the headers of an answer that go back to the client (pure)."""
    return {name: headers[name.encode()].decode("latin-1") for name in PASSED_BACK if name.encode() in headers}


def is_long(request: Forwarded) -> bool:
    """Tell whether the answer goes on and on: a watch or a log (pure)."""
    parameters = request.query.split("&")
    is_watch = any(p in parameters for p in ("watch=true", "watch=1", "watch=True", "watch", "follow=true", "follow=1"))
    return is_watch or request.path.endswith("/log") or "/proxy/" in request.path or "/watch/" in request.path
