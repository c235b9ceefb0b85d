"""Following an etcd cluster: every change behind a revision, in order, over lost connections too.

All keys of ours are followed, whoever asks for which, because the mark of a transaction says where its removals stand.
A transaction is always told as a whole: etcd never cuts one, but where an answer is too large, and says so then.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Iterable
from contextlib import aclosing

import grpc.aio
from aetcd.rpc import kv_pb2, rpc_pb2

from bouvier.store.etcd import numbering
from bouvier.store.etcd.connection import Connection
from bouvier.store.etcd.numbering import Keys
from bouvier.store.interface import Batch, Change, CompactedError, StoreUnavailableError

RETRY_SECONDS = 0.5
"""Between attempts while no member can be reached; the channel's own waiting comes on top."""


async def follow(connection: Connection, keys: Keys, after_revision: int) -> AsyncGenerator[Batch, None]:
    """Yield the changes of all keys of ours behind a revision, without end; a batch ends with a transaction.

    Raises:
        CompactedError: the history behind that revision is gone.
    """
    seen = after_revision
    while True:
        try:
            async with aclosing(_whole(connection, keys, seen)) as answers:
                async for events in answers:
                    batch = [change for change in changes_of(events, keys) if change.revision > seen]
                    # What was told is told to its end, also where the last writes of it were refused.
                    seen = numbering.end_of(events[-1].kv.mod_revision)
                    if batch:
                        yield batch
        except (grpc.aio.AioRpcError, StoreUnavailableError):
            pass
        # The member is gone or cut off, or accepts our token no more, which it does not say in any certain way.
        connection.forget_token()
        await asyncio.sleep(RETRY_SECONDS)


def changes_of(events: Iterable[kv_pb2.Event], keys: Keys) -> Batch:
    """Return the changes of whole transactions.

    One whose writes were all refused is a change of no key: its mark tells that all servers are so far.
    """
    changes: Batch = []
    name_of_mark, root = keys.mark, len(keys.root)
    mark, marked, alone = numbering.SINGLE, 0, 0
    for event in events:
        pair = event.kv
        name, revision = pair.key, pair.mod_revision
        if name == name_of_mark:
            if alone:
                changes.append(Change(numbering.number(alone), "", None))
            mark, marked, alone = numbering.read_mark(pair.value), revision, revision
            continue
        alone = 0
        if event.type == kv_pb2.Event.DELETE:
            # Earlier versions had their mark elsewhere, and one write a transaction.
            place, value = mark.place_of_removal(name) if revision == marked else 0, None
        else:
            place, value = numbering.taken(pair.value)
        changes.append(Change(numbering.number(revision, place), name.decode()[root:], value))
    if alone:
        changes.append(Change(numbering.number(alone), "", None))
    return changes


async def oldest(connection: Connection, keys: Keys) -> int:
    """Return the revision that history was compacted at, 0 when it is whole."""
    try:
        async with aclosing(_stream(connection, keys, 0)) as answers:
            async for answer in answers:
                if answer.created:
                    return 0
    except CompactedError as error:
        return error.oldest
    return 0


async def _whole(connection: Connection, keys: Keys, after_revision: int) -> AsyncGenerator[list[kv_pb2.Event], None]:
    """Yield the events of whole transactions."""
    begun: list[kv_pb2.Event] = []
    async with aclosing(_stream(connection, keys, after_revision)) as answers:
        async for answer in answers:
            events = [*begun, *answer.events]
            begun = []
            if answer.fragment and events:
                last = events[-1].kv.mod_revision
                cut = next(at for at, event in enumerate(events) if event.kv.mod_revision == last)
                events, begun = events[:cut], events[cut:]
            if events:
                yield events


async def _stream(
    connection: Connection, keys: Keys, after_revision: int
) -> AsyncGenerator[rpc_pb2.WatchResponse, None]:
    stream = await connection.open_watch()
    # etcd takes a start at its compacted revision, whose removals it has forgotten. Asking for the revision before the
    # first that is wanted makes it say so.
    wanted = numbering.etcd_revision(after_revision + 1)
    first, behind = keys.bounds("")
    try:
        request = rpc_pb2.WatchCreateRequest(
            key=first, range_end=behind, start_revision=max(1, wanted - 1), fragment=True
        )
        await stream.write(rpc_pb2.WatchRequest(create_request=request))
        async for answer in stream:
            if answer.compact_revision:
                raise CompactedError(numbering.end_of(answer.compact_revision))
            yield answer
            if answer.canceled:
                return
    finally:
        stream.cancel()
