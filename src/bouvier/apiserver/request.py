"""A request and its answers, free of any HTTP library's types."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple, Protocol
from urllib.parse import parse_qsl, unquote

from bouvier.apiserver.headers import Headers

if TYPE_CHECKING:
    from bouvier.apiserver.audit.records import Record


class User(NamedTuple):
    """Who calls."""

    name: str
    groups: tuple[str, ...]
    uid: str = ""
    extra: tuple[tuple[str, tuple[str, ...]], ...] = ()

    def info(self) -> dict[str, object]:
        """Return the `userInfo` form of the review kinds."""
        info: dict[str, object] = {"username": self.name, "groups": list(self.groups)}
        if self.uid:
            info["uid"] = self.uid
        if self.extra:
            info["extra"] = {key: list(values) for key, values in self.extra}
        return info


ANONYMOUS = User("system:anonymous", ("system:unauthenticated",))


class WebSocket(Protocol):
    """An accepted websocket. Text is str, binary is bytes."""

    protocol: str

    async def receive(self) -> bytes | str | None:
        """Return the next message, None after the peer closed."""

    async def send(self, message: bytes | str) -> None:
        """Send one message."""

    async def close(self, code: int = 1000, reason: str = "") -> None:
        """Close with a code."""


class Stream(Protocol):
    """A started chunked answer."""

    def write(self, data: bytes) -> None:
        """Queue bytes without waiting."""

    @property
    def unsent_bytes(self) -> int:
        """Bytes that the peer has not taken yet."""

    def abort(self) -> None:
        """Drop the connection."""


class ByteStream(Protocol):
    """One of many streams of a connection; each direction ends by itself."""

    identifier: int
    headers: dict[str, str]
    """By name in small letters."""

    def reply(self) -> None:
        """Accept the stream."""

    def refuse(self) -> None:
        """Refuse it instead."""

    async def receive(self) -> bytes | None:
        """Return what came next, None after the peer's last byte. Raises: ConnectionError when it was given up."""

    async def send(self, data: bytes) -> None:
        """Send bytes, waiting while the peer is slow. Raises: ConnectionError when it was given up."""

    def finish(self) -> None:
        """Tell the peer that nothing more comes; it may go on sending."""

    async def given_up(self) -> None:
        """Wait until the peer gave the stream up or has left."""


class StreamConnection(Protocol):
    """An accepted connection on which the peer opens streams."""

    protocol: str

    async def accept(self) -> ByteStream | None:
        """Return the next stream that the peer opens, None when there will be none."""

    async def gone(self) -> None:
        """Wait until the peer has left."""

    async def close(self) -> None:
        """End every stream, let the peer read the rest and leave, then close."""


class RawConnection(Protocol):
    """A connection that only bytes pass over."""

    async def receive(self) -> bytes | None:
        """Return what came next, None after the client has gone."""

    async def send(self, data: bytes) -> None:
        """Send bytes, waiting while the client is slow. Raises: ConnectionError when it has gone."""


class Seat(Protocol):
    """What a running request holds of the server."""

    def release(self) -> None:
        """Give it back; once is enough."""


class Exchange(Protocol):
    """What a transport offers beyond plain answers."""

    async def start_stream(self, status: int, headers: Mapping[str, str]) -> Stream:
        """Send the head of a chunked answer."""

    async def start_answer(self, status: int, headers: Mapping[str, str]) -> Stream:
        """Send a head made elsewhere; the body is chunked unless the head says how long it is."""

    async def accept_websocket(self, protocols: tuple[str, ...]) -> WebSocket:
        """Upgrade the connection, choosing the first of `protocols` that the client offers."""

    async def accept_spdy(self, protocols: tuple[str, ...]) -> StreamConnection:
        """Upgrade the connection to SPDY/3.1, itself or inside a websocket, with a stream protocol out of `protocols`."""

    async def hand_over(self, head: bytes) -> RawConnection:
        """Answer an upgrade with a head made elsewhere, and give the connection over to plain bytes."""


@dataclass(slots=True)
class Request:
    """A request whose head is read; the body is read when asked for."""

    method: str
    path: str
    """Path as sent, without the query and without a cluster prefix, percent-decoded."""
    query_text: str
    headers: Headers
    read: Callable[[], Awaitable[bytes]]
    """Return the body. Raises `ApiError` RequestEntityTooLarge."""
    exchange: Exchange
    certificate: User | None = None
    """User of a verified client certificate."""
    is_proxied: bool = False
    """Whether a trusted proxy hands the request on; its headers name the user."""
    remote: str = ""
    cluster: str = "local"
    user: User = ANONYMOUS
    warnings: list[str] = field(default_factory=list)
    annotations: dict[str, str] | None = None
    """What admission notes for the audit log."""
    caller: User | None = None
    """Who called, when `user` is somebody that the caller acts as."""
    audit: Record | None = None
    """What the audit log will say of the request; None when it is not recorded."""
    audit_id: str = ""
    """Answered as `Audit-ID`."""
    is_weighed: bool = False
    """Whether the audit policy has been asked."""
    seat: Seat | None = None
    """What flow control gave."""
    head_lines: bytes = b""
    """Header lines of the answer, ready for the wire."""
    _query: dict[str, str] | None = None

    @property
    def query(self) -> dict[str, str]:
        """Parameters; of a repeated one the last."""
        if self._query is None:
            self._query = dict(_pairs(self.query_text)) if self.query_text else {}
        return self._query

    def release(self) -> None:
        """Let others have the seats of this request: it is answered, or lasts without costing more."""
        if self.seat is not None:
            self.seat.release()
            self.seat = None

    def flag(self, name: str) -> bool:
        """Tell whether a parameter is set to anything but `false` and `0`: Kubernetes' reading of booleans."""
        value = self.query.get(name) if self.query_text else None
        return value is not None and value.lower() not in ("false", "0")

    def set_query(self, text: str) -> None:
        """Ask with other parameters."""
        self.query_text, self._query = text, None

    def annotate(self, key: str, value: str) -> None:
        """Note something for the audit log; the first value of a key stays."""
        if self.annotations is None:
            self.annotations = {}
        self.annotations.setdefault(key, value)

    def query_list(self, name: str) -> list[str]:
        """Return every value of a repeatable parameter."""
        return [value for key, value in _pairs(self.query_text) if key == name]


class Response(NamedTuple):
    """A complete answer."""

    status: int
    body: bytes
    content_type: str = "application/json"
    headers: Mapping[str, str] | None = None
    pieces: Iterator[bytes] | None = None
    """In place of `body`, one that is made as it is sent: long lists, which nobody wants to hold as a whole."""

    def whole(self) -> bytes:
        """Return the body, using up its pieces."""
        return self.body if self.pieces is None else b"".join(self.pieces)


class Streamed(NamedTuple):
    """An answer that goes on: the transport starts it and then runs `run` until it ends."""

    run: Callable[[], Awaitable[None]]
    keeps_seat: bool = False
    """Whether it releases the request's seats itself, or else its end does."""


Answer = Response | Streamed
"""Streamed answers write through `Request.exchange` themselves."""


class Target(NamedTuple):
    """What the path of a resource request names."""

    group: str
    version: str
    plural: str
    namespace: str
    name: str
    subresource: str
    rest: str
    """What follows the subresource (proxy paths)."""


def split_cluster(path: str) -> tuple[str, str]:
    """Return `(cluster, path)` of a path that may start with `/clusters/NAME`."""
    if not path.startswith("/clusters/"):
        return "local", path
    name, _, rest = path[len("/clusters/") :].partition("/")
    return name, "/" + rest


LONGEST_REMEMBERED = 512
"""Characters of a path or query that is remembered: longer ones are rare, and strangers could fill the memory with them."""
_REMEMBERED = 4096
"""Clients ask for the same few paths, with the same parameters, all day."""


def parse_target(path: str) -> Target | None:
    """Return the resource that a path under `/api/v1` or `/apis/GROUP/VERSION` names, None for other paths."""
    return _known_target(path) if len(path) <= LONGEST_REMEMBERED else _target(path)


def _pairs(query: str) -> tuple[tuple[str, str], ...]:
    return _known_pairs(query) if len(query) <= LONGEST_REMEMBERED else _parsed(query)


def _parsed(query: str) -> tuple[tuple[str, str], ...]:
    return tuple(parse_qsl(query, keep_blank_values=True))


_known_pairs = lru_cache(_REMEMBERED)(_parsed)


def _target(path: str) -> Target | None:
    parts = path.split("/")
    if path.startswith("/api/") and len(parts) >= 4:
        group, version, rest = "", parts[2], parts[3:]
    elif path.startswith("/apis/") and len(parts) >= 5:
        group, version, rest = parts[2], parts[3], parts[4:]
    else:
        return None
    namespace = ""
    if rest[0] == "namespaces" and len(rest) >= 3 and rest[2] not in ("status", "finalize"):
        namespace, rest = rest[1], rest[2:]
    if not rest[0]:
        return None
    plural, name, subresource = [*rest, "", ""][:3]
    if not namespace and (plural == "namespaces" or (plural, group) == ("projects", "project.openshift.io")):
        namespace = name
    return Target(group, version, plural, unquote(namespace), unquote(name), subresource, "/".join(rest[3:]))


_known_target = lru_cache(_REMEMBERED)(_target)

BodyStream = AsyncIterator[bytes]
