"""The store on an etcd cluster, shared by any number of API servers.

What waits together is written by one transaction (`writer`), and beside it the mark of the store, which makes "the newest
revision of ours" one cheap read. Revisions are etcd's own with the place in the transaction behind (`numbering`); other
users of the same cluster leave gaps in them.

An expected revision must be one that the store has given for that key: etcd compares its own part of the number.
"""

from __future__ import annotations

from collections.abc import AsyncIterator

import grpc.aio
from aetcd.rpc import kv_pb2, rpc_pb2

from bouvier.store.etcd import numbering, watching
from bouvier.store.etcd.address import EtcdAddress
from bouvier.store.etcd.connection import Connection, is_compacted
from bouvier.store.etcd.newest import SharedQuestion
from bouvier.store.etcd.numbering import Keys, Mark
from bouvier.store.etcd.writer import Writer
from bouvier.store.interface import Batch, CompactedError, KeyExistsError, Page, RevisionMismatchError, Stored

PAGE_KEYS = 2000
"""Keys read by one request: some MB, so that no answer holds up the channel."""
WRITES_A_TRANSACTION = 8
"""Taken for the mean where writes are to be counted back: history of up to sixteen times as many is then read."""
NOBODY = -1
"""A revision that no key has."""


class EtcdStore:
    """A store that other processes write to as well. Make it with `await EtcdStore.open(address)`."""

    is_shared = True

    def __init__(self, connection: Connection, revision: int) -> None:
        self._connection = connection
        self._keys = Keys(f"/{connection.address.root}")
        self._revision = revision
        self._newest = SharedQuestion(self._ask_newest)
        self._writer = Writer(connection, self._keys.mark, self._reached)

    @classmethod
    async def open(cls, address: EtcdAddress) -> EtcdStore:
        """Connect and find out where the store stands.

        Raises:
            StoreUnavailableError: no member answers.
        """
        store = cls(Connection(address), 0)
        try:
            await store.newest()
        except BaseException:
            await store.close()
            raise
        return store

    @property
    def revision(self) -> int:
        """Revision of the newest durable write that this process knows of."""
        return self._revision

    def earlier(self, writes: int) -> int:
        """Return a revision about so many writes ago, at the end of a transaction."""
        back = numbering.etcd_revision(self._revision) - max(1, writes // WRITES_A_TRANSACTION)
        return numbering.end_of(back) if back > 0 else 0

    async def newest(self) -> int:
        """Return the revision of the newest durable write of all processes."""
        return await self._newest.answer()

    async def _ask_newest(self) -> int:
        for mark in (self._keys.mark, self._keys.former_mark):
            answer = await self._connection.range(rpc_pb2.RangeRequest(key=mark, keys_only=True))
            if answer.kvs:
                # Whoever has seen one write of a transaction has seen all that were done.
                self._reached(numbering.number(answer.kvs[0].mod_revision))
                break
        return self._revision

    async def get(self, key: str, revision: int = 0) -> Stored | None:
        """Return the value of a key now or at an older revision."""
        if revision:
            items = (await self.list(key, revision, limit=1)).items
            return items[0] if items and items[0].key == key else None
        answer = await self._range(rpc_pb2.RangeRequest(key=self._keys.name(key)))
        return self._stored(answer.kvs[0]) if answer.kvs else None

    async def list(self, prefix: str, revision: int = 0, limit: int = 0, after: str = "") -> Page:
        """Return the values with a prefix behind `after`, in key order."""
        at = numbering.etcd_revision(revision or await self.newest())
        if revision and not numbering.is_end(revision):
            mark = await self._mark_of(at)
            if revision < numbering.number(at, mark.writes - 1):
                return await self._within(mark, prefix, revision, limit, after)
        items, more = await self._list(prefix, at, limit, after)
        return Page(items, revision or (numbering.end_of(at) if at else 0), more)

    async def _list(self, prefix: str, at: int, limit: int, after: str) -> tuple[list[Stored], bool]:
        """Return values at a revision of etcd, and whether more remain."""
        first, behind = self._keys.bounds(prefix)
        # The mark is no value of ours, and comes before all that are.
        first = max(first, self._keys.name(after) + b"\0" if after else first, self._keys.mark + b"\0")
        items: list[Stored] = []
        while first < behind:
            wanted = min(PAGE_KEYS, limit - len(items)) if limit else PAGE_KEYS
            request = rpc_pb2.RangeRequest(key=first, range_end=behind, revision=at, limit=wanted)
            answer = await self._range(request)
            items += [self._stored(pair) for pair in answer.kvs]
            if not answer.more or (limit and len(items) >= limit):
                return items, answer.more
            first = answer.kvs[-1].key + b"\0"
        return items, False

    async def _mark_of(self, at: int) -> Mark:
        """Return the mark of the transaction that made a revision of etcd; of somebody else's it is that of one write."""
        answer = await self._range(rpc_pb2.RangeRequest(key=self._keys.mark, revision=at))
        if not answer.kvs or answer.kvs[0].mod_revision != at:
            return numbering.SINGLE
        return numbering.read_mark(answer.kvs[0].value)

    async def _within(self, mark: Mark, prefix: str, revision: int, limit: int, after: str) -> Page:
        """Return values in the middle of a transaction: as before it, with the first of its writes. Rare, so read whole."""
        at = numbering.etcd_revision(revision)
        before, _ = await self._list(prefix, at - 1, 0, after)
        behind, _ = await self._list(prefix, at, 0, after)
        state = {item.key: item for item in behind if item.revision <= revision}
        present = {item.key for item in behind}
        for item in before:
            gone = numbering.number(at, mark.place_of_removal(self._keys.name(item.key)))
            if item.key not in state and (item.key in present or gone > revision):
                state[item.key] = item
        items = [state[key] for key in sorted(state)]
        return Page(items[:limit] if limit else items, revision, bool(limit) and len(items) > limit)

    async def create(self, key: str, value: bytes) -> int:
        """Write a key that must have no value."""
        try:
            return await self._writer.submit(self._keys.name(key), value, 0)
        except RevisionMismatchError:
            raise KeyExistsError(key) from None

    async def update(self, key: str, value: bytes, expected_revision: int) -> int:
        """Replace a value at the expected revision."""
        return await self._writer.submit(self._keys.name(key), value, _expected(expected_revision))

    async def delete(self, key: str, expected_revision: int) -> int:
        """Remove a key at the expected revision."""
        return await self._writer.submit(self._keys.name(key), None, _expected(expected_revision))

    async def watch(self, prefix: str, after_revision: int) -> AsyncIterator[Batch]:
        """Yield every change behind a revision, in batches, without end."""
        async for batch in watching.follow(self._connection, self._keys, after_revision):
            self._reached(batch[-1].revision)
            chosen = batch if not prefix else [change for change in batch if change.key.startswith(prefix)]
            if chosen:
                yield chosen

    async def compact(self, revision: int) -> None:
        """Forget values superseded at or before a revision; another server may have done so already."""
        # The transaction itself stays whole, for those who have seen a part of it.
        at = numbering.etcd_revision(min(revision, self._revision)) - 1
        if at < 1:
            return
        try:
            await self._connection.compact(rpc_pb2.CompactionRequest(revision=at))
        except grpc.aio.AioRpcError as error:
            if not is_compacted(error):
                raise

    async def close(self) -> None:
        """Finish accepted writes and close the connection."""
        await self._writer.close()
        await self._connection.close()

    async def _range(self, request: rpc_pb2.RangeRequest) -> rpc_pb2.RangeResponse:
        try:
            return await self._connection.range(request)
        except grpc.aio.AioRpcError:
            raise CompactedError(await watching.oldest(self._connection, self._keys)) from None

    def _reached(self, revision: int) -> None:
        self._revision = max(self._revision, revision)

    def _stored(self, pair: kv_pb2.KeyValue) -> Stored:
        place, value = numbering.taken(pair.value)
        return Stored(self._keys.key(pair.key), value, numbering.number(pair.mod_revision, place))


def _expected(revision: int) -> int:
    return numbering.etcd_revision(revision) or NOBODY
