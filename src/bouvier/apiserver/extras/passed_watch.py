"""A watch of the live path in a cluster whose requests are passed on: its own list and watch, put into our frames.

A watch that ends, as every watch does now and then, is listed anew; a refusal ends it with the other API's own words.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import orjson

from bouvier.apiserver.clusters.directory import Proxy
from bouvier.apiserver.headers import Headers
from bouvier.apiserver.request import Request, Response, Streamed
from bouvier.meta.errors import ApiError
from bouvier.meta.objects import Obj

AGAIN_SECONDS = 1.0
_ACCEPT = Headers([("accept", "application/json")])
GONE = 410


class PassedWatch:
    """One watch of a page, served by another API."""

    def __init__(
        self, push: Callable[[bytes], None], identifier: int, request: Request, cluster: Obj, proxy: Proxy
    ) -> None:
        self._push, self._prefix = push, b'{"id":%d,' % identifier
        self._request, self._cluster, self._proxy = request, cluster, proxy
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to list and watch."""
        self._task = asyncio.create_task(self._run(), name="live-passed")

    def stop(self) -> None:
        """End."""
        if self._task is not None:
            self._task.cancel()

    async def _run(self) -> None:
        while True:
            try:
                revision = await self._list()
                await self._watch(revision)
            except ApiError as error:
                if error.code != GONE:
                    self._push(self._prefix + b'"error":%b}' % orjson.dumps(error.status()))
                    return
            await asyncio.sleep(AGAIN_SECONDS)

    async def _list(self) -> str:
        answer = await self._proxy(self._asking(self._request.query_text), self._cluster)
        if not isinstance(answer, Response):
            raise ApiError("InternalError", "the other API answers a list with a stream")
        document = orjson.loads(answer.body)
        if answer.status >= 400:
            raise ApiError.from_status(document)
        revision = str(document["metadata"].get("resourceVersion", ""))
        items = b",".join(orjson.dumps(item) for item in document.get("items") or ())
        self._push(self._prefix + b'"type":"LIST","resourceVersion":%b,"items":[%b]}' % (orjson.dumps(revision), items))
        return revision

    async def _watch(self, revision: str) -> None:
        query = "&".join(part for part in (self._request.query_text, "watch=1", f"resourceVersion={revision}") if part)
        asking = self._asking(query)
        exchange: Any = _Exchange(self._line)  # only streams are asked for
        asking.exchange = exchange
        answer = await self._proxy(asking, self._cluster)
        if isinstance(answer, Streamed):
            await answer.run()
            return
        raise ApiError.from_status(orjson.loads(answer.body))

    def _asking(self, query: str) -> Request:
        return replace(self._request, query_text=query, headers=_ACCEPT, _query=None)

    def _line(self, line: bytes) -> None:
        event = orjson.loads(line)
        if event["type"] == "ERROR":
            raise ApiError.from_status(event["object"])
        if event["type"] in ("ADDED", "MODIFIED", "DELETED"):
            kind = orjson.dumps(event["type"])
            self._push(self._prefix + b'"type":%b,"object":%b}' % (kind, orjson.dumps(event["object"])))


class _Exchange:
    """Takes a stream's bytes and passes whole lines on."""

    unsent_bytes = 0

    def __init__(self, take: Callable[[bytes], None]) -> None:
        self._take = take
        self._rest = b""
        self._status = 200

    async def start_stream(self, status: int, _headers: Mapping[str, str]) -> _Exchange:
        """Note how the answer begins."""
        self._status = status
        return self

    def write(self, data: bytes) -> None:
        """Take the lines that are complete."""
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            if not line.strip():
                continue
            if self._status >= 400:
                raise ApiError.from_status(orjson.loads(line))
            self._take(line)

    def abort(self) -> None:
        """There is no connection of our own to drop."""
