"""The store on an etcd cluster, shared by any number of API servers.

What waits together is written by one transaction (`writer`), and beside it the mark of the store, which makes "the newest
revision of ours" one cheap read. Revisions are etcd's own with the place in the transaction behind (`numbering`); other
users of the same cluster leave gaps in them.

An expected revision must be one that the store has given for that key: etcd compares its own part of the number.
"""

from __future__ import annotations

from collections.abc import AsyncIterator

import grpc.aio
from aetcd.rpc import rpc_pb2

from bouvier.store.etcd import numbering, watching
from bouvier.store.etcd.address import EtcdAddress
from bouvier.store.etcd.connection import Connection, is_compacted
from bouvier.store.etcd.newest import SharedQuestion
from bouvier.store.etcd.numbering import Keys
from bouvier.store.etcd.reading import Reader
from bouvier.store.etcd.writer import Writer
from bouvier.store.interface import Batch, CompactedError, KeyExistsError, Page, RevisionMismatchError, Stored

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
        self._reader = Reader(connection, self._keys)
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
        self._reached(await self._reader.newest())
        return self._revision

    async def get(self, key: str, revision: int = 0) -> Stored | None:
        """Return the value of a key now or at an older revision."""
        if not revision:
            return await self._reader.get(key)
        items = (await self._reader.at_number(key, revision, limit=1)).items
        return items[0] if items and items[0].key == key else None

    async def list(self, prefix: str, revision: int = 0, limit: int = 0, after: str = "") -> Page:
        """Return the values with a prefix behind `after`, in key order."""
        if revision:
            return await self._reader.at_number(prefix, revision, limit, after)
        return await self._reader.at_end(prefix, numbering.etcd_revision(await self.newest()), limit, after)

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
        async for batch in self._changes(after_revision):
            self._reached(batch[-1].revision)
            chosen = batch if not prefix else [change for change in batch if change.key.startswith(prefix)]
            if chosen:
                yield chosen

    async def _changes(self, after_revision: int) -> AsyncIterator[Batch]:
        try:
            async for batch in watching.follow(self._connection, self._keys, after_revision):
                yield batch
        except CompactedError as error:
            if after_revision or not await self._reader.began_behind(error.oldest):
                raise
            # An etcd that others have used for long, and a store that begins.
            async for batch in watching.follow(self._connection, self._keys, error.oldest):
                yield batch

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

    def _reached(self, revision: int) -> None:
        self._revision = max(self._revision, revision)


def _expected(revision: int) -> int:
    return numbering.etcd_revision(revision) or NOBODY
