"""The store on an etcd cluster, shared by any number of API servers.

Each write is one transaction: the key if it is as expected, and beside it the mark `ROOT#last`, which makes "the
newest revision of ours" one cheap read. Revisions are etcd's own; other users of the same cluster leave gaps in them.

A write whose answer is lost may have happened. It is not tried again: the caller is told that nobody knows, and its
own retry meets the compare.
"""

from __future__ import annotations

from collections.abc import AsyncIterator

import grpc.aio
from aetcd.rpc import kv_pb2, rpc_pb2

from bouvier.store.etcd import watching
from bouvier.store.etcd.address import EtcdAddress
from bouvier.store.etcd.connection import Connection, is_compacted
from bouvier.store.etcd.newest import SharedQuestion
from bouvier.store.interface import Batch, CompactedError, KeyExistsError, Page, RevisionMismatchError, Stored

PAGE_KEYS = 2000
"""Keys read by one request: some MB, so that no answer holds up the channel."""
_EQUAL = rpc_pb2.Compare.EQUAL
_MOD = rpc_pb2.Compare.MOD


class EtcdStore:
    """A store that other processes write to as well. Make it with `await EtcdStore.open(address)`."""

    is_shared = True

    def __init__(self, connection: Connection, revision: int) -> None:
        self._connection = connection
        self._root = f"/{connection.address.root}"
        self._mark = f"{self._root}#last".encode()
        self._revision = revision
        self._newest = SharedQuestion(self._ask_newest)

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

    async def newest(self) -> int:
        """Return the revision of the newest durable write of all processes."""
        return await self._newest.answer()

    async def _ask_newest(self) -> int:
        answer = await self._connection.range(rpc_pb2.RangeRequest(key=self._mark, keys_only=True))
        if answer.kvs:
            self._reached(answer.kvs[0].mod_revision)
        return self._revision

    async def get(self, key: str, revision: int = 0) -> Stored | None:
        """Return the value of a key now or at an older revision."""
        answer = await self._range(rpc_pb2.RangeRequest(key=self._key(key), revision=revision))
        return self._stored(answer.kvs[0]) if answer.kvs else None

    async def list(self, prefix: str, revision: int = 0, limit: int = 0, after: str = "") -> Page:
        """Return the values with a prefix behind `after`, in key order."""
        at = revision or await self.newest()
        first, behind = self._bounds(prefix)
        if after:
            first = max(first, self._key(after) + b"\0")
        items: list[Stored] = []
        while True:
            wanted = min(PAGE_KEYS, limit - len(items)) if limit else PAGE_KEYS
            request = rpc_pb2.RangeRequest(key=first, range_end=behind, revision=at, limit=wanted)
            answer = await self._range(request)
            items += [self._stored(pair) for pair in answer.kvs]
            if not answer.more or (limit and len(items) >= limit):
                return Page(items, at, answer.more)
            first = answer.kvs[-1].key + b"\0"

    async def create(self, key: str, value: bytes) -> int:
        """Write a key that must have no value."""
        try:
            return await self._write(key, 0, value)
        except RevisionMismatchError:
            raise KeyExistsError(key) from None

    async def update(self, key: str, value: bytes, expected_revision: int) -> int:
        """Replace a value at the expected revision."""
        return await self._write(key, expected_revision or -1, value)

    async def delete(self, key: str, expected_revision: int) -> int:
        """Remove a key at the expected revision."""
        return await self._write(key, expected_revision or -1, None)

    async def watch(self, prefix: str, after_revision: int) -> AsyncIterator[Batch]:
        """Yield every change behind a revision, in batches, without end."""
        first, behind = self._bounds(prefix)
        async for batch in watching.follow(self._connection, first, behind, after_revision, len(self._root)):
            self._reached(batch[-1].revision)
            yield batch

    async def compact(self, revision: int) -> None:
        """Forget values superseded at or before a revision; another server may have done so already."""
        try:
            await self._connection.compact(rpc_pb2.CompactionRequest(revision=min(revision, self._revision)))
        except grpc.aio.AioRpcError as error:
            if not is_compacted(error):
                raise

    async def close(self) -> None:
        """Close the connection."""
        await self._connection.close()

    async def _write(self, key: str, expected: int, value: bytes | None) -> int:
        name = self._key(key)
        if value is None:
            change = rpc_pb2.RequestOp(request_delete_range=rpc_pb2.DeleteRangeRequest(key=name))
        else:
            change = rpc_pb2.RequestOp(request_put=rpc_pb2.PutRequest(key=name, value=value))
        mark = rpc_pb2.RequestOp(request_put=rpc_pb2.PutRequest(key=self._mark))
        look = rpc_pb2.RequestOp(request_range=rpc_pb2.RangeRequest(key=name, keys_only=True))
        compare = rpc_pb2.Compare(key=name, target=_MOD, result=_EQUAL, mod_revision=expected)
        request = rpc_pb2.TxnRequest(compare=[compare], success=[change, mark], failure=[look])
        answer = await self._connection.transaction(request)
        if not answer.succeeded:
            present = answer.responses[0].response_range.kvs
            raise RevisionMismatchError(present[0].mod_revision if present else 0)
        self._reached(answer.header.revision)
        return int(answer.header.revision)

    async def _range(self, request: rpc_pb2.RangeRequest) -> rpc_pb2.RangeResponse:
        try:
            return await self._connection.range(request)
        except grpc.aio.AioRpcError:
            raise CompactedError(await watching.oldest(self._connection, *self._bounds(""))) from None

    def _reached(self, revision: int) -> None:
        self._revision = max(self._revision, revision)

    def _key(self, key: str) -> bytes:
        return (self._root + key).encode()

    def _bounds(self, prefix: str) -> tuple[bytes, bytes]:
        """Return the first key with a prefix and the first one behind them all."""
        first = self._key(prefix or "/")
        return first, first[:-1] + bytes([first[-1] + 1])

    def _stored(self, pair: kv_pb2.KeyValue) -> Stored:
        return Stored(pair.key.decode()[len(self._root) :], pair.value, pair.mod_revision)
