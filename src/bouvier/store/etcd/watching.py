"""Following an etcd cluster: every change behind a revision, in order, over lost connections too."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing

import grpc.aio
from aetcd.rpc import kv_pb2, rpc_pb2

from bouvier.store.etcd.connection import Connection
from bouvier.store.interface import Batch, Change, CompactedError, StoreUnavailableError

RETRY_SECONDS = 0.5
"""Between attempts while no member can be reached; the channel's own waiting comes on top."""


async def follow(
    connection: Connection, first: bytes, behind: bytes, after_revision: int, root: int
) -> AsyncGenerator[Batch, None]:
    """Yield the changes of a range of keys behind a revision, without end.

    `root` is how many letters of each key come before the store's own.

    Raises:
        CompactedError: the history behind that revision is gone.
    """
    seen = after_revision
    while True:
        try:
            async with aclosing(_stream(connection, first, behind, seen)) as answers:
                async for answer in answers:
                    batch = [_change(event, root) for event in answer.events]
                    if batch:
                        seen = batch[-1].revision
                        yield batch
        except (grpc.aio.AioRpcError, StoreUnavailableError):
            pass
        # The member is gone or cut off, or accepts our token no more, which it does not say in any certain way.
        connection.forget_token()
        await asyncio.sleep(RETRY_SECONDS)


async def oldest(connection: Connection, first: bytes, behind: bytes) -> int:
    """Return the revision that history was compacted at, 0 when it is whole."""
    try:
        async with aclosing(_stream(connection, first, behind, 0)) as answers:
            async for answer in answers:
                if answer.created:
                    return 0
    except CompactedError as error:
        return error.oldest
    return 0


async def _stream(
    connection: Connection, first: bytes, behind: bytes, after_revision: int
) -> AsyncGenerator[rpc_pb2.WatchResponse, None]:
    stream = await connection.open_watch()
    try:
        wanted = rpc_pb2.WatchCreateRequest(key=first, range_end=behind, start_revision=after_revision + 1)
        await stream.write(rpc_pb2.WatchRequest(create_request=wanted))
        async for answer in stream:
            if answer.compact_revision:
                raise CompactedError(answer.compact_revision)
            yield answer
            if answer.canceled:
                return
    finally:
        stream.cancel()


def _change(event: kv_pb2.Event, root: int) -> Change:
    pair = event.kv
    value = None if event.type == kv_pb2.Event.DELETE else pair.value
    return Change(pair.mod_revision, pair.key.decode()[root:], value)
