"""`/bouvier/v1/live`: every watch of one console page over one websocket.

A browser allows six connections to a host; a page has more live lists than that. The page sends
`{"id": 1, "watch": "/api/v1/pods", "query": "labelSelector=…"}` and receives first
`{"id": 1, "type": "LIST", "items": […]}`, then `{"id": 1, "type": "ADDED|MODIFIED|DELETED", "object": …}`; an
`{"id": 1, "error": Status}` ends that watch, `{"id": 1, "stop": true}` too. Access is checked for each watch.
`{"ping": …}` is answered by `{"pong": …}`: a browser sends no pings of its own, and a laptop that slept has to find out
that its connection is gone.
"""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Any

import orjson

from bouvier.apiserver.authn.authenticator import unauthorized
from bouvier.apiserver.authz.node import PREFIX as NODE_PREFIX
from bouvier.apiserver.authz.rules import MASTERS, Attributes
from bouvier.apiserver.authz.webhook import decided
from bouvier.apiserver.cache.entry import Entry
from bouvier.apiserver.cache.groups import WatchGroup
from bouvier.apiserver.cache.resource import ResourceCache
from bouvier.apiserver.context import Call, Context
from bouvier.apiserver.extras.passed_watch import PassedWatch
from bouvier.apiserver.headers import Headers
from bouvier.apiserver.request import ANONYMOUS, Answer, Request, Streamed, WebSocket, parse_target, split_cluster
from bouvier.apiserver.verbs.listing import selection_of
from bouvier.meta.errors import ApiError, bad_request

PATH = "/bouvier/v1/live"
MAX_WATCHES = 64
MAX_QUEUED = 20_000
"""Frames that may wait for a slow page; beyond that it is cut off and starts afresh."""


class LivePath:
    """Answers the path."""

    def __init__(self, context: Context) -> None:
        self._context = context

    async def live(self, request: Request) -> Answer:
        """Serve one page's websocket until it closes."""
        if request.user is ANONYMOUS:
            raise unauthorized()
        if request.headers.get("Upgrade", "").lower() != "websocket":
            raise bad_request("this path speaks websocket only")

        async def run() -> None:
            socket = await request.exchange.accept_websocket(())
            page = _Page(self._context, request, socket)
            self._context.closing.append(page.end)
            try:
                await page.serve()
            finally:
                self._context.closing.remove(page.end)

        return Streamed(run)


class _Page:
    """The watches of one websocket."""

    def __init__(self, context: Context, request: Request, socket: WebSocket) -> None:
        self._context = context
        self._request = request
        self._socket = socket
        self._watches: dict[int, _LiveWatch | PassedWatch] = {}
        self._queue: asyncio.Queue[bytes | None] = asyncio.Queue()

    def end(self) -> None:
        """Close after what is queued."""
        self._queue.put_nowait(None)

    def push(self, frame: bytes) -> None:
        """Queue one message."""
        if self._queue.qsize() > MAX_QUEUED:
            self.end()
            return
        self._queue.put_nowait(frame)

    async def serve(self) -> None:
        sender = asyncio.create_task(self._send(), name="live-send")
        receiver = asyncio.create_task(self._receive(), name="live-receive")
        try:
            await asyncio.wait((sender, receiver), return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (sender, receiver):
                task.cancel()
            await asyncio.gather(sender, receiver, return_exceptions=True)
            for watch in self._watches.values():
                watch.stop()
            await self._socket.close()

    async def _send(self) -> None:
        while (frame := await self._queue.get()) is not None:
            await self._socket.send(frame.decode())

    async def _receive(self) -> None:
        while (message := await self._socket.receive()) is not None:
            try:
                order = orjson.loads(message)
                if "ping" in order:
                    self.push(orjson.dumps({"pong": order["ping"]}))
                    continue
                identifier = int(order["id"])
            except (ValueError, KeyError, TypeError):
                continue
            try:
                await decided(partial(self._obey, identifier, order))
            except ApiError as error:
                self.push(orjson.dumps({"id": identifier, "error": error.status()}))

    def _obey(self, identifier: int, order: dict[str, Any]) -> None:
        present = self._watches.pop(identifier, None)
        if present is not None:
            present.stop()
        if order.get("stop"):
            return
        if len(self._watches) >= MAX_WATCHES:
            raise ApiError("TooManyRequests", f"one page may have {MAX_WATCHES} watches at a time")
        watch = self._open(identifier, order)
        watch.start()
        self._watches[identifier] = watch

    def _open(self, identifier: int, order: dict[str, Any]) -> _LiveWatch | PassedWatch:
        cluster, path = split_cluster(str(order.get("watch", "")))
        directory, base = self._context.clusters, self._request
        if cluster != base.cluster and not is_known_everywhere(base):
            raise ApiError(
                "Forbidden", f'user "{base.user.name}" is known in "{base.cluster}" only, not in "{cluster}"'
            )
        found = directory.check(cluster)
        if found is None or directory.proxy is None or not directory.is_proxied(cluster):
            return _LiveWatch(self, identifier, self._call(cluster, path, order))
        query = str(order.get("query", ""))
        request = Request("GET", path, query, Headers([]), _nothing, base.exchange, cluster=cluster, user=base.user)
        return PassedWatch(self.push, identifier, request, found, directory.proxy)

    def _call(self, cluster: str, path: str, order: dict[str, Any]) -> Call:
        """Return the watch that is asked for, after the same check as over HTTP."""
        target = parse_target(path)
        base = self._request
        kind = self._context.kinds.find(cluster, target.group, target.version, target.plural) if target else None
        if target is None or kind is None:
            raise ApiError("NotFound", f"nothing to watch at {path}")
        request = Request(
            "GET",
            path,
            str(order.get("query", "")),
            Headers([("user-agent", base.headers.get("user-agent"))]),
            base.read,
            base.exchange,
            remote=base.remote,
            cluster=cluster,
            user=base.user,
        )
        self._context.auditor.begin(request, "watch", target)
        wanted = Attributes("watch", target.group, target.plural, target.namespace, target.name)
        self._context.auditor.check(self._context.authorizer, request, wanted)
        return Call(self._context, request, kind, target)


def is_known_everywhere(request: Request) -> bool:
    """Tell whether a caller is the same in every cluster: by a certificate (not a host's) or a session.

    Accounts, keys and join tokens belong to one cluster; somebody else may have their name in another.
    """
    if MASTERS in request.user.groups:
        return True
    return request.headers.get("Authorization") is None and not request.user.name.startswith(NODE_PREFIX)


async def _nothing() -> bytes:
    return b""


class _LiveWatch:
    """One watch as a member of its group."""

    def __init__(self, page: _Page, identifier: int, call: Call) -> None:
        self._page = page
        self._prefix = b'{"id":%d,' % identifier
        self._call = call
        self._cache: ResourceCache = call.cache
        self._group: WatchGroup = self._cache.group(selection_of(call), "live", _frame)

    def start(self) -> None:
        """Send the present objects and join, without a gap between."""
        self._call.context.auditor.start(self._call.request)
        items = b",".join(entry.value for entry in self._cache.select(self._group.selection))
        revision = self._call.context.hub.revision
        self._page.push(self._prefix + b'"type":"LIST","resourceVersion":"%d","items":[%b]}' % (revision, items))
        self._group.join(self)

    def send(self, frames: bytes) -> None:
        """Queue each frame with this watch's number."""
        for frame in frames.split(b"\n"):
            if frame:
                self._page.push(self._prefix + frame)

    def stop(self) -> None:
        """Leave the group."""
        self._call.context.auditor.left(self._call.request)
        self._group.members.discard(self)
        self._cache.leave(self._group)


def _frame(kind: str, entry: Entry) -> bytes:
    return b'"type":"%b","object":%b}\n' % (kind.encode(), entry.value)
