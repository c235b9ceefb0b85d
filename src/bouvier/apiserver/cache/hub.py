"""The whole watch cache: one resource cache for each resource of each logical cluster, fed by the store.

Readers never touch the store but for old revisions. A write is answered after its change has passed through
here, so a client reads its own writes.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import NamedTuple

import structlog

from bouvier.apiserver import codec
from bouvier.apiserver.cache.entry import Entry
from bouvier.apiserver.cache.groups import WatchGroup
from bouvier.apiserver.cache.resource import ResourceCache
from bouvier.apiserver.sealing.sealer import MissingKeyError, Sealer, SealError
from bouvier.store.interface import Change, CompactedError, Store, Stored

BOOT_HISTORY = 5000
"""Writes replayed at start so that watchers of the process before can resume: some MB, some ms."""


class StoreKey(NamedTuple):
    """The parts of a store key."""

    cluster: str
    group: str
    plural: str
    namespace: str
    name: str

    def text(self) -> str:
        """Return the key as stored."""
        return f"/{self.cluster}/{self.group or 'core'}/{self.plural}/{self.namespace}/{self.name}"

    @classmethod
    def parse(cls, text: str) -> StoreKey:
        """Return the parts of a stored key."""
        _, cluster, group, plural, namespace, name = text.split("/", 5)
        return cls(cluster, "" if group == "core" else group, plural, namespace, name)


log = structlog.get_logger(__name__)

Listener = Callable[[StoreKey, bytes | None], None]


class CacheHub:
    """Keeps every resource cache up to date and tells watchers."""

    def __init__(self, store: Store, sealer: Sealer) -> None:
        self.store = store
        self.revision = 0
        self._sealer = sealer
        self._resources: dict[tuple[str, str, str], ResourceCache] = {}
        self._start = 0
        self.compacted = 0
        """The store has forgotten what was before this revision: no list goes on from there, as clients expect."""
        self._waiting: list[tuple[int, asyncio.Future[None]]] = []
        self._listeners: dict[tuple[str, str], list[Listener]] = {}
        self._live: AsyncIterator[list[Change]] | None = None

    def listen(self, group: str, plural: str, listener: Listener) -> None:
        """Call a function at each change of a resource (of any cluster), right when it is applied."""
        self._listeners.setdefault((group, plural), []).append(listener)

    def resource(self, cluster: str, group: str, plural: str) -> ResourceCache:
        """Return the cache of a resource, made on first use."""
        key = (cluster, group, plural)
        cache = self._resources.get(key)
        if cache is None:
            cache = self._resources[key] = ResourceCache(self._start)
        return cache

    def find(self, cluster: str, group: str, plural: str, key: str) -> Entry | None:
        """Return an object by `NAMESPACE/NAME`; asking leaves no trace, whatever a stranger asks for."""
        cache = self._resources.get((cluster, group, plural))
        return None if cache is None else cache.entries.get(key)

    def entries_of(self, cluster: str) -> list[tuple[StoreKey, int]]:
        """Return key and revision of everything that a logical cluster holds."""
        return [
            (StoreKey(cluster, group, plural, entry.namespace, entry.name), entry.revision)
            for (owner, group, plural), cache in self._resources.items()
            if owner == cluster
            for entry in cache.entries.values()
        ]

    def count(self) -> int:
        """Return how many objects there are."""
        return sum(len(cache.entries) for cache in self._resources.values())

    async def load(self) -> None:
        """Fill the cache from the store and prepare to follow it.

        Raises:
            SealError: a sealed value cannot be opened.

        """
        start = self.store.earlier(BOOT_HISTORY)
        try:
            self._live, page = await self._open(start)
        except CompactedError as compacted:
            start = compacted.oldest
            self._live, page = await self._open(start)
        self._start = self.revision = start
        self._load(page)
        while self.revision < self.store.revision:
            self._apply(await anext(self._live), must_open=True)

    def _load(self, page: list[Stored]) -> None:
        missing: list[MissingKeyError] = []
        for stored in page:
            try:
                plain = self._sealer.open(stored.key, stored.value)
            except MissingKeyError as error:
                missing.append(error)
                continue
            key = StoreKey.parse(stored.key)
            value = codec.with_revision(plain, stored.revision)
            self.resource(key.cluster, key.group, key.plural).load(
                Entry(key.namespace, key.name, value, stored.revision)
            )
            self._tell(key, value)
        if missing:
            raise MissingKeyError(missing[0].key, missing[0].store_key, len(missing))

    async def _open(self, start: int) -> tuple[AsyncIterator[list[Change]], list[Stored]]:
        """Return the changes behind a revision and the state at it."""
        page = await self.store.list("", revision=start) if start else None
        live = self.store.watch("", start)
        if not start and self.store.revision:
            # The first step tells whether the history reaches back so far.
            first = await anext(live)
            return _after(first, live), []
        return live, page.items if page else []

    async def follow(self) -> None:
        """Apply the store's changes until cancelled."""
        assert self._live is not None
        async for batch in self._live:
            self._apply(batch)

    def _apply(self, batch: list[Change], *, must_open: bool = False) -> None:
        dirty: list[WatchGroup] = []
        for change in batch:
            if not change.key:
                continue
            key = StoreKey.parse(change.key)
            value = None
            if change.value is not None:
                try:
                    value = codec.with_revision(self._sealer.open(change.key, change.value), change.revision)
                except SealError as error:
                    if must_open:
                        raise
                    # Written by another server, with a key that this one lacks: everything else must go on.
                    log.error("a change cannot be read", error=str(error))  # noqa: TRY400
                    continue
            cache = self.resource(key.cluster, key.group, key.plural)
            cache.apply(change.revision, key.namespace, key.name, value, dirty)
            self._tell(key, value)
        self.revision = batch[-1].revision
        self._wake()
        for group in dirty:
            group.flush()

    def _tell(self, key: StoreKey, value: bytes | None) -> None:
        for listener in self._listeners.get((key.group, key.plural), ()):
            listener(key, value)

    def _wake(self) -> None:
        if not self._waiting:
            return
        later = []
        for revision, future in self._waiting:
            if revision > self.revision:
                later.append((revision, future))
            elif not future.done():
                future.set_result(None)
        self._waiting = later

    async def fresh(self) -> None:
        """Wait until the cache has everything that any server had acknowledged before this call."""
        if self.store.is_shared:
            await self.reached(await self.store.newest())

    async def reached(self, revision: int) -> None:
        """Wait until the cache has applied a revision."""
        if self.revision >= revision:
            return
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        waiting = (revision, future)
        self._waiting.append(waiting)
        try:
            await future
        except asyncio.CancelledError:
            self._waiting = [one for one in self._waiting if one is not waiting]
            raise


async def _after(first: list[Change], rest: AsyncIterator[list[Change]]) -> AsyncIterator[list[Change]]:
    yield first
    async for batch in rest:
        yield batch
