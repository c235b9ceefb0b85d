"""The client: every verb of the API on any resource.

Thin by design: one method a verb, objects as dicts, errors as `ApiError` or `ConnectionError`. Safe for concurrent use
by tasks of one loop. A cancelled call closes its connection; whether the server performed the request is then unknown.
"""

from __future__ import annotations

import random
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, aclosing, asynccontextmanager
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from bouvier import __version__
from bouvier.client import watching
from bouvier.client.endpoint import Endpoint
from bouvier.client.http.connection import Answer
from bouvier.client.http.messages import FIRST_ERROR_CODE, JSON, Query, Writer, decode, encode, error_of
from bouvier.client.http.pool import ANSWER_SECONDS, Pool
from bouvier.client.watching import Batch, WatchEvent
from bouvier.meta.errors import ApiError
from bouvier.meta.gvk import Resource
from bouvier.meta.objects import Obj, name_of, namespace_of

if TYPE_CHECKING:
    from bouvier.client.websocket import WebSocket

MERGE = "application/merge-patch+json"
JSON_PATCH = "application/json-patch+json"
STRATEGIC = "application/strategic-merge-patch+json"
APPLY = "application/apply-patch+yaml"
"""Server-side apply; JSON is YAML, so bodies are sent as JSON."""

PAGE_SIZE = 500
"""Objects fetched at once by `list_all`, as client-go: about 2 MB of pods."""
WATCH_SECONDS = (300, 600)
"""A watch is ended by the server after a random time in this range, so that reconnections spread; as client-go."""


@dataclass(slots=True)
class ObjList:
    """A collection, or one page of it."""

    items: list[Obj]
    resource_version: str
    continue_token: str = ""
    """Given to `list` to fetch the next page; empty on the last one."""
    remaining: int = 0
    """Objects after this page, as far as the server says."""


class Client:
    """One user's view of one logical cluster."""

    def __init__(self, endpoint: Endpoint, user_agent: str = "") -> None:
        self.endpoint = endpoint
        self.user_agent = user_agent or f"bouvier/{__version__}"
        self._pool = Pool(endpoint)
        self._writer = Writer(endpoint, self.user_agent)

    @classmethod
    def connect(cls, endpoint: Endpoint, *, user_agent: str = "") -> Client:
        """Return a client of the endpoint; connections are opened when they are needed.

        The part of `user_agent` before the first `/` is the default field manager of what this client writes.
        """
        return cls(endpoint, user_agent)

    def acting_as(self, user: str, groups: Sequence[str] = ()) -> Client:
        """Return another client of the endpoint that impersonates a user; close it too.

        Source: Kubernetes "User impersonation".

        Raises:
            ValueError: the name is empty or holds control characters.
        """
        return Client(replace(self.endpoint, impersonate=(user, *groups)), self.user_agent)

    async def close(self) -> None:
        """Close every connection; calls and streams in progress fail with ConnectionError."""
        self._pool.close()

    # Reading

    async def get(self, resource: Resource, name: str, namespace: str = "") -> Obj:
        """Return one object."""
        return await self.request("GET", resource.path(namespace, name))

    async def list(
        self,
        resource: Resource,
        namespace: str = "",
        *,
        label_selector: str = "",
        field_selector: str = "",
        limit: int = 0,
        continue_token: str = "",
    ) -> ObjList:
        """Return the objects of one namespace or of all; with `limit` one page of at most so many."""
        query = _selectors(label_selector, field_selector)
        if limit:
            query["limit"] = limit
        if continue_token:
            query["continue"] = continue_token
        return _as_list(resource, await self.request("GET", resource.path(namespace), query=query))

    async def list_all(
        self, resource: Resource, namespace: str = "", *, label_selector: str = "", field_selector: str = ""
    ) -> ObjList:
        """Return all objects, fetched in pages of one and the same revision.

        When the revision expires between two pages, the whole collection is fetched in one piece.
        """
        fetch = partial(self.list, resource, namespace, label_selector=label_selector, field_selector=field_selector)
        page = await fetch(limit=PAGE_SIZE)
        items = page.items
        while page.continue_token:
            try:
                page = await fetch(limit=PAGE_SIZE, continue_token=page.continue_token)
            except ApiError as error:
                if error.reason not in {"Expired", "Gone"}:
                    raise
                return await fetch()
            items += page.items
        return ObjList(items, page.resource_version)

    async def watch(
        self,
        resource: Resource,
        namespace: str = "",
        *,
        resource_version: str = "",
        label_selector: str = "",
        field_selector: str = "",
    ) -> AsyncIterator[WatchEvent]:
        """Yield changes after `resource_version` until the server ends the watch (after minutes; just watch again).

        Without `resource_version` every existing object comes first as `ADDED`.

        Raises:
            ApiError: `Expired` when the version is too old: list, then watch from there.
            ConnectionError: the connection broke.
        """
        batches = self.watch_batches(
            resource,
            namespace,
            resource_version=resource_version,
            label_selector=label_selector,
            field_selector=field_selector,
        )
        async with aclosing(batches):
            async for batch in batches:
                for event in batch:
                    yield event

    async def watch_batches(
        self,
        resource: Resource,
        namespace: str = "",
        *,
        resource_version: str = "",
        label_selector: str = "",
        field_selector: str = "",
    ) -> AsyncGenerator[Batch]:
        """Yield what `watch` yields, as many events together as arrived together."""
        query = _selectors(label_selector, field_selector)
        query |= {"watch": "true", "allowWatchBookmarks": "true", "timeoutSeconds": random.randint(*WATCH_SECONDS)}  # noqa: S311 - spreads load
        if resource_version:
            query["resourceVersion"] = resource_version
        async with self.stream("GET", resource.path(namespace), query=query) as chunks:
            async for batch in watching.events(chunks):
                yield batch

    # Writing

    async def create(
        self,
        resource: Resource,
        obj: Obj,
        *,
        namespace: str = "",
        dry_run: bool = False,
        subresource: str = "",
        name: str = "",
    ) -> Obj:
        """Create an object (in its own namespace unless another is given) or post to a subresource of `name`."""
        path = resource.path(namespace or namespace_of(obj), name, subresource)
        return await self.request("POST", path, query={"dryRun": "All"} if dry_run else None, body=obj)

    async def update(self, resource: Resource, obj: Obj, *, subresource: str = "") -> Obj:
        """Replace an object, if it still has the resourceVersion that `obj` carries."""
        path = resource.path(namespace_of(obj), name_of(obj), subresource)
        return await self.request("PUT", path, body=obj)

    async def patch(
        self,
        resource: Resource,
        name: str,
        body: Any,
        *,
        namespace: str = "",
        kind: str = MERGE,
        subresource: str = "",
        manager: str = "",
        force: bool = False,
    ) -> Obj:
        """Patch an object; `kind` is MERGE, JSON_PATCH, STRATEGIC or APPLY (which needs `manager`)."""
        query: dict[str, str | int | list[str]] = {}
        if manager:
            query["fieldManager"] = manager
        if force:
            query["force"] = "true"
        path = resource.path(namespace, name, subresource)
        return await self.request("PATCH", path, query=query, body=body, content_type=kind)

    async def delete(
        self,
        resource: Resource,
        name: str,
        namespace: str = "",
        *,
        propagation: str = "",
        grace_seconds: int | None = None,
        uid: str = "",
        resource_version: str = "",
    ) -> Obj:
        """Delete an object, only if it still has the `uid` and `resource_version` given; return it or a Status."""
        body: Obj = {"kind": "DeleteOptions", "apiVersion": "v1"}
        if propagation:
            body["propagationPolicy"] = propagation
        if grace_seconds is not None:
            body["gracePeriodSeconds"] = grace_seconds
        preconditions = {"uid": uid, "resourceVersion": resource_version}
        if uid or resource_version:
            body["preconditions"] = {field: value for field, value in preconditions.items() if value}
        return await self.request("DELETE", resource.path(namespace, name), body=body)

    # Any path

    async def request(
        self, method: str, path: str, *, query: Query | None = None, body: Any = None, content_type: str = JSON
    ) -> Obj:
        """Send a request to any path of the logical cluster and return the JSON of the answer."""
        answer = await self.raw(method, path, query=query, body=body, content_type=content_type)
        return decode(answer)  # type: ignore[no-any-return]

    async def raw(
        self,
        method: str,
        path: str,
        *,
        query: Query | None = None,
        body: Any = None,
        content_type: str = JSON,
        accept: str = JSON,
        answer_seconds: float = ANSWER_SECONDS,
    ) -> Answer:
        """Send a request and return the answer undecoded, refusals too; for text, Tables and health checks."""
        data = self._writer.request(
            method, path, query=query, body=encode(body), content_type=content_type, accept=accept
        )
        return await self._pool.exchange(method, data, answer_seconds)

    def stream(
        self, method: str, path: str, *, query: Query | None = None, accept: str = "*/*"
    ) -> AbstractAsyncContextManager[AsyncIterator[bytes]]:
        """Open a long answer, such as followed logs, as chunks; leaving the context closes it."""
        return self._stream(self._writer.request(method, path, query=query, accept=accept))

    @asynccontextmanager
    async def _stream(self, request: bytes) -> AsyncIterator[AsyncIterator[bytes]]:
        async with self._pool.stream(request) as (answer, chunks):
            if answer.status >= FIRST_ERROR_CODE:
                body = b"".join([chunk async for chunk in chunks])
                raise error_of(answer.status, answer.headers, body)
            yield chunks

    async def websocket(
        self, path: str, *, query: Query | None = None, protocols: Sequence[str] = (), heartbeat_seconds: float = 0
    ) -> WebSocket:
        """Open a websocket, offering the subprotocols; with `heartbeat_seconds` a silent peer is found dead.

        Raises:
            ApiError: the server refused it, with the reason that it gave.
        """
        from bouvier.client.websocket import connect  # noqa: PLC0415 - 10 MB that only some processes need

        target = self._writer.target(path, query)
        return await connect(
            self.endpoint,
            target,
            protocols,
            user_agent=self.user_agent,
            tls=self._pool.tls(),
            heartbeat_seconds=heartbeat_seconds,
        )


def _selectors(label_selector: str, field_selector: str) -> dict[str, str | int | list[str]]:
    given = {"labelSelector": label_selector, "fieldSelector": field_selector}
    return {name: text for name, text in given.items() if text}


def _as_list(resource: Resource, document: Obj) -> ObjList:
    """Read a list; items get the kind that Kubernetes leaves out of them."""
    items = document.get("items") or []
    if items and "kind" not in items[0]:
        for item in items:
            item["apiVersion"] = resource.api_version
            item["kind"] = resource.kind
    metadata = document.get("metadata") or {}
    return ObjList(
        items,
        metadata.get("resourceVersion") or "",
        metadata.get("continue") or "",
        metadata.get("remainingItemCount") or 0,
    )
