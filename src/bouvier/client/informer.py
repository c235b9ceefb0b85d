"""A live copy of a collection: list once, then watch, for ever.

Handlers are called synchronously, in the order of the changes, after the copy has taken the change in: they should only
note keys. What happened while the connection was away is found by listing again, so a handler may see several changes
as one, but never misses the last state. A handler that raises is logged and costs nobody else anything.

Objects are kept decoded, without `managedFields` (a quarter of a typical object, of use to nobody in here).
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from contextlib import aclosing
from typing import Literal

from bouvier.client.backoff import Backoff
from bouvier.client.cache import Cache, IndexFunction
from bouvier.client.rest import Client
from bouvier.client.watching import WatchEvent
from bouvier.meta.errors import ApiError
from bouvier.meta.gvk import Resource
from bouvier.meta.objects import Key, Obj, key_of

EventType = Literal["ADDED", "MODIFIED", "DELETED"]
Handler = Callable[[EventType, Obj | None, Obj], None]
"""Called as `(type, old, new)`: `old` is None for ADDED only; for DELETED `new` is the last state known."""

BACKOFF_SECONDS = (0.1, 5.0)
"""First and longest delay between attempts: a restarted local API server answers within a second or two."""

_log = logging.getLogger(__name__)


class Informer:
    """A live copy of the objects of one resource."""

    def __init__(
        self,
        client: Client,
        resource: Resource,
        *,
        namespace: str = "",
        field_selector: str = "",
        label_selector: str = "",
        indexes: Mapping[str, IndexFunction] | None = None,
    ) -> None:
        self.resource = resource
        self.synced = asyncio.Event()
        """Set once the first list has been taken in and all handlers have seen it."""
        self._client = client
        self._namespace = namespace
        self._selectors = {"field_selector": field_selector, "label_selector": label_selector}
        self._cache = Cache()
        self._handlers: list[Handler] = []
        self._version = ""
        self._backoff = Backoff(*BACKOFF_SECONDS)
        for name, function in (indexes or {}).items():
            self._cache.add_index(name, function)

    # Users

    def add_handler(self, handler: Handler) -> None:
        """Call the handler for every change from now on, after an ADDED for every object that is there already."""
        self._handlers.append(handler)
        for obj in list(self._cache.objects.values()):
            _call(handler, "ADDED", None, obj)

    def add_index(self, name: str, function: IndexFunction) -> None:
        """Keep another index; giving the same one again does nothing."""
        self._cache.add_index(name, function)

    def get(self, key: str) -> Obj | None:
        """Return the object with the key `namespace/name` (or `name`), if it is known."""
        return self._cache.objects.get(Key(key))

    def items(self, namespace: str = "") -> list[Obj]:
        """Return the objects of a namespace, or all."""
        return self._cache.in_namespace(namespace) if namespace else list(self._cache.objects.values())

    def indexed(self, index: str, value: str) -> list[Obj]:
        """Return the objects that an index holds under a value."""
        return self._cache.indexed(index, value)

    def index_values(self, index: str) -> list[str]:
        """Return the values that occur in an index."""
        return self._cache.values(index)

    # Work

    async def run(self) -> None:
        """List and watch until cancelled."""
        while True:
            try:
                if not self._version:
                    await self._list()
                await self._watch()
            except ApiError as error:
                await self._after_refusal(error)
            except ConnectionError as error:
                _log.debug("%s: %s", self.resource.group_resource, error)
                await asyncio.sleep(self._backoff.next_seconds())

    async def _after_refusal(self, error: ApiError) -> None:
        if error.reason in {"Expired", "Gone"}:
            self._version = ""
            if not self._backoff.failures:
                self._backoff.failures = 1
                return
        else:
            _log.warning("cannot list or watch %s: %s", self.resource.group_resource, error)
        await asyncio.sleep(max(self._backoff.next_seconds(), error.retry_after_seconds))

    async def _list(self) -> None:
        found = await self._client.list_all(self.resource, self._namespace, **self._selectors)
        gone = set(self._cache.objects)
        for obj in found.items:
            gone.discard(key_of(obj))
            self._take(obj)
        for key in gone:
            self._drop(key, self._cache.objects[key])
        self._version = found.resource_version
        self.synced.set()

    async def _watch(self) -> None:
        """Follow changes until the server ends the watch."""
        started = asyncio.get_running_loop().time()
        batches = self._client.watch_batches(
            self.resource, self._namespace, resource_version=self._version, **self._selectors
        )
        async with aclosing(batches):
            async for batch in batches:
                self._backoff.reset()
                for event in batch:
                    self._apply(event)
        if asyncio.get_running_loop().time() - started < 1:
            await asyncio.sleep(self._backoff.next_seconds())

    def _apply(self, event: WatchEvent) -> None:
        obj = event.object
        if event.type == "DELETED":
            self._drop(key_of(obj), obj)
        elif event.type != "BOOKMARK":
            self._take(obj)
        self._version = obj["metadata"].get("resourceVersion") or self._version

    def _take(self, obj: Obj) -> None:
        metadata = obj["metadata"]
        metadata.pop("managedFields", None)
        old = self._cache.objects.get(key_of(obj))
        if old is not None and old["metadata"].get("resourceVersion") == metadata.get("resourceVersion"):
            return
        if old is not None and old["metadata"].get("uid") != metadata.get("uid"):
            self._drop(key_of(old), old)
            old = None
        self._cache.put(obj)
        self._tell("ADDED" if old is None else "MODIFIED", old, obj)

    def _drop(self, key: Key, last: Obj) -> None:
        old = self._cache.remove(key)
        if old is not None:
            self._tell("DELETED", old, last)

    def _tell(self, event_type: EventType, old: Obj | None, new: Obj) -> None:
        for handler in self._handlers:
            _call(handler, event_type, old, new)


class InformerSet:
    """The informers of one process: one for each resource and selector, however many users it has."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._informers: dict[tuple[Resource, str, str, str], Informer] = {}
        self._added = asyncio.Event()
        self._running: dict[Informer, asyncio.Task[None]] = {}

    def forget(self, informer: Informer) -> None:
        """End an informer that nobody uses any more."""
        self._informers = {key: each for key, each in self._informers.items() if each is not informer}
        task = self._running.pop(informer, None)
        if task is not None:
            task.cancel()

    def informer(
        self,
        resource: Resource,
        *,
        namespace: str = "",
        field_selector: str = "",
        label_selector: str = "",
        indexes: Mapping[str, IndexFunction] | None = None,
    ) -> Informer:
        """Return the shared informer for these arguments, with these indexes too."""
        key = (resource, namespace, field_selector, label_selector)
        informer = self._informers.get(key)
        if informer is None:
            informer = self._informers[key] = Informer(
                self._client,
                resource,
                namespace=namespace,
                field_selector=field_selector,
                label_selector=label_selector,
            )
            self._added.set()
        for name, function in (indexes or {}).items():
            informer.add_index(name, function)
        return informer

    async def run(self) -> None:
        """Run every informer, also those asked for later, until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            while True:
                self._added.clear()
                for informer in self._informers.values():
                    if informer not in self._running:
                        name = f"informer {informer.resource.group_resource}"
                        self._running[informer] = tasks.create_task(informer.run(), name=name)
                await self._added.wait()

    async def wait_synced(self) -> None:
        """Wait until every informer asked for so far has its first list."""
        for informer in list(self._informers.values()):
            await informer.synced.wait()


def _call(handler: Handler, event_type: EventType, old: Obj | None, new: Obj) -> None:
    try:
        handler(event_type, old, new)
    except Exception:
        _log.exception("a handler of %s failed", new.get("kind"))
