"""Follows the metadata alone of a collection: list, then watch, for ever. Keeps nothing but keys.

A client-side Informer keeps whole objects; the garbage collector needs a few fields of every object there is.
Source: https://kubernetes.io/docs/reference/using-api/api-concepts/#metadata-only-fetches
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from contextlib import aclosing

from bouvier.client import watching
from bouvier.client.backoff import Backoff
from bouvier.client.http.messages import Query, decode
from bouvier.client.rest import PAGE_SIZE, Client
from bouvier.meta.errors import ApiError
from bouvier.meta.gvk import Resource
from bouvier.meta.objects import Obj, uid_of

METADATA = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1"
METADATA_LIST = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"
BACKOFF_SECONDS = (0.2, 10.0)
WATCH_SECONDS = 540

_log = logging.getLogger(__name__)


class MetadataWatch:
    """One resource's metadata; `changed(obj)` and `removed(uid)` are called in order."""

    def __init__(
        self, client: Client, resource: Resource, changed: Callable[[Obj], None], removed: Callable[[str], None]
    ) -> None:
        self.resource = resource
        self.synced = asyncio.Event()
        """Set once the first list has been told."""
        self.refused = asyncio.Event()
        """Set once the server refused to list: nobody should wait for this resource."""
        self._client = client
        self._changed = changed
        self._removed = removed
        self._known: set[str] = set()
        self._version = ""
        self._backoff = Backoff(*BACKOFF_SECONDS)

    async def run(self) -> None:
        """Follow until cancelled."""
        while True:
            try:
                if not self._version:
                    await self._list()
                await self._watch()
            except ApiError as error:
                self._version = ""
                if error.reason not in ("Expired", "Gone"):
                    self.refused.set()
                    _log.info("cannot watch metadata of %s: %s", self.resource.group_resource, error)
                await asyncio.sleep(self._backoff.next_seconds())
            except ConnectionError:
                await asyncio.sleep(self._backoff.next_seconds())

    async def _list(self) -> None:
        gone, query = set(self._known), {"limit": str(PAGE_SIZE)}
        while True:
            answer = await self._client.raw("GET", self.resource.path(), query=query, accept=METADATA_LIST)
            page = decode(answer)
            for obj in page.get("items") or ():
                gone.discard(uid_of(obj))
                self._take(obj)
            metadata = page.get("metadata") or {}
            if not metadata.get("continue"):
                break
            query["continue"] = metadata["continue"]
        for uid in gone:
            self._drop(uid)
        self._version = metadata.get("resourceVersion") or ""
        self.synced.set()

    async def _watch(self) -> None:
        query: Query = {
            "watch": "true",
            "allowWatchBookmarks": "true",
            "resourceVersion": self._version,
            "timeoutSeconds": WATCH_SECONDS,
        }
        began = asyncio.get_running_loop().time()
        async with self._client.stream("GET", self.resource.path(), query=query, accept=METADATA) as chunks:
            async with aclosing(watching.events(chunks)) as batches:  # type: ignore[type-var]
                async for batch in batches:
                    self._backoff.reset()
                    for event in batch:
                        self._apply(event)
        if asyncio.get_running_loop().time() - began < 1:
            await asyncio.sleep(self._backoff.next_seconds())

    def _apply(self, event: watching.WatchEvent) -> None:
        self._version = event.object["metadata"].get("resourceVersion") or self._version
        if event.type == "DELETED":
            self._drop(uid_of(event.object))
        elif event.type != "BOOKMARK":
            self._take(event.object)

    def _take(self, obj: Obj) -> None:
        self._known.add(uid_of(obj))
        self._changed(obj)

    def _drop(self, uid: str) -> None:
        self._known.discard(uid)
        self._removed(uid)
