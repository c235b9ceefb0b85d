"""Reading an etcd cluster at one of our revisions: at the end of a transaction, or in its middle."""

from __future__ import annotations

import grpc.aio
from aetcd.rpc import kv_pb2, rpc_pb2

from bouvier.store.etcd import numbering, watching
from bouvier.store.etcd.connection import Connection
from bouvier.store.etcd.numbering import Keys, Mark
from bouvier.store.interface import CompactedError, Page, Stored

PAGE_KEYS = 2000
"""Keys read by one request: some MB, so that no answer holds up the channel."""


class Reader:
    """Reads keys of ours."""

    def __init__(self, connection: Connection, keys: Keys) -> None:
        self._connection = connection
        self._keys = keys

    async def get(self, key: str) -> Stored | None:
        """Return the present value of a key."""
        answer = await self._range(rpc_pb2.RangeRequest(key=self._keys.name(key)))
        return self._stored(answer.kvs[0]) if answer.kvs else None

    async def newest(self) -> int:
        """Return the revision of the newest transaction of all, by its first place; 0 where there is none.

        Whoever has seen one write of a transaction has seen all of it that was done.
        """
        for mark in (self._keys.mark, self._keys.former_mark):
            answer = await self._connection.range(rpc_pb2.RangeRequest(key=mark, keys_only=True))
            if answer.kvs:
                return numbering.number(answer.kvs[0].mod_revision)
        return 0

    async def began_behind(self, revision: int) -> bool:
        """Tell whether nothing of ours had been written at the end of a transaction: history before it is others'.

        Raises:
            CompactedError: that is forgotten.
        """
        at = numbering.etcd_revision(revision)
        marks = (self._keys.mark, self._keys.former_mark)
        answers = [await self._range(rpc_pb2.RangeRequest(key=mark, revision=at, keys_only=True)) for mark in marks]
        return not any(answer.kvs for answer in answers)

    async def at_end(self, prefix: str, at: int, limit: int = 0, after: str = "") -> Page:
        """Return values at the end of a transaction, named by its revision of etcd; 0 for the present.

        Raises:
            CompactedError: that is forgotten.
        """
        first, behind = self._keys.bounds(prefix)
        first = max(first, self._keys.name(after) + b"\0" if after else first, self._keys.first)
        items: list[Stored] = []
        more = False
        while first < behind:
            wanted = min(PAGE_KEYS, limit - len(items)) if limit else PAGE_KEYS
            request = rpc_pb2.RangeRequest(key=first, range_end=behind, revision=at, limit=wanted)
            answer = await self._range(request)
            items += [self._stored(pair) for pair in answer.kvs]
            more = answer.more
            if not more or (limit and len(items) >= limit):
                break
            first = answer.kvs[-1].key + b"\0"
        return Page(items, numbering.end_of(at) if at else 0, more)

    async def at_number(self, prefix: str, revision: int, limit: int = 0, after: str = "") -> Page:
        """Return values at one of our revisions.

        Raises:
            CompactedError: that is forgotten.
        """
        at = numbering.etcd_revision(revision)
        if not numbering.is_end(revision):
            mark = await self._mark_of(at)
            if revision < numbering.number(at, mark.writes - 1):
                return await self._within(mark, prefix, revision, limit, after)
        return (await self.at_end(prefix, at, limit, after))._replace(revision=revision)

    async def _within(self, mark: Mark, prefix: str, revision: int, limit: int, after: str) -> Page:
        """Return values in the middle of a transaction: those before it, and the first of its writes. Rare: read whole."""
        at = numbering.etcd_revision(revision)
        before = (await self.at_end(prefix, at - 1, 0, after)).items
        behind = (await self.at_end(prefix, at, 0, after)).items
        state = {item.key: item for item in behind if item.revision <= revision}
        present = {item.key for item in behind}
        for item in before:
            gone = numbering.number(at, mark.place_of_removal(self._keys.name(item.key)))
            if item.key not in state and (item.key in present or gone > revision):
                state[item.key] = item
        items = [state[key] for key in sorted(state)]
        return Page(items[:limit] if limit else items, revision, bool(limit) and len(items) > limit)

    async def _mark_of(self, at: int) -> Mark:
        """Return the mark of the transaction that made a revision of etcd; of somebody else's, that of one write."""
        answer = await self._range(rpc_pb2.RangeRequest(key=self._keys.mark, revision=at))
        if not answer.kvs or answer.kvs[0].mod_revision != at:
            return numbering.SINGLE
        return numbering.read_mark(answer.kvs[0].value)

    async def _range(self, request: rpc_pb2.RangeRequest) -> rpc_pb2.RangeResponse:
        try:
            return await self._connection.range(request)
        except grpc.aio.AioRpcError:
            raise CompactedError(await watching.oldest(self._connection, self._keys)) from None

    def _stored(self, pair: kv_pb2.KeyValue) -> Stored:
        place, value = numbering.taken(pair.value)
        return Stored(self._keys.key(pair.key), value, numbering.number(pair.mod_revision, place))
