"""One transaction of etcd for all writes that wait together, each judged alone.

Each write is a transaction inside the transaction, with its own comparison: who names an old revision is refused and
hinders nobody. A single write is a plain transaction, and writes the mark only when it is done. Pure: messages in, messages out.

Source: https://etcd.io/docs/v3.4/learning/api/#transaction
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import NamedTuple

from aetcd.rpc import rpc_pb2

from bouvier.store.etcd import numbering, wire
from bouvier.store.interface import RevisionMismatchError

MOST_WRITES = 126
"""etcd takes 128 operations (`--max-txn-ops`), those of the outer transaction (the mark and the writes) and of the largest
inner one (one) counted together."""
MOST_BYTES = 512 * 1024
"""Of values together; etcd takes requests of 1.5 MB (`--max-request-bytes`). A larger value goes alone."""


class Write(NamedTuple):
    """A write that waits for its turn."""

    name: bytes
    """The key as etcd knows it."""
    value: bytes | None
    expected: int
    """Revision of etcd that the key must have; 0 for a creation."""
    done: asyncio.Future[int]
    since: float = 0.0
    """When it was asked for, by the event loop's clock."""


def request_of(writes: Sequence[Write], mark: bytes) -> bytes:
    """Return the transaction of writes of different keys: a TxnRequest as bytes."""
    value = numbering.write_mark([write.name for write in writes], [write.value is None for write in writes])
    parts = [wire.put_always(mark, value)]
    if len(writes) == 1:
        parts += _attempt(writes[0], 0)
        return b"".join(parts)
    for place, write in enumerate(writes):
        attempt = _attempt(write, place)
        parts += wire.within(attempt), attempt.value
    return b"".join(parts)


def _attempt(write: Write, place: int) -> wire.Message:
    if write.value is None:
        return wire.delete(write.name, write.expected)
    return wire.write(write.name, write.expected, numbering.head_of(place), write.value)


def outcomes(count: int, answer: rpc_pb2.TxnResponse) -> list[int | RevisionMismatchError]:
    """Return, for each write, its revision or why it was refused."""
    if count == 1:
        return [_outcome(answer, answer.header.revision, 0)]
    revision = answer.header.revision
    return [_outcome(one.response_txn, revision, place) for place, one in enumerate(answer.responses[1:])]


def _outcome(answer: rpc_pb2.TxnResponse, revision: int, place: int) -> int | RevisionMismatchError:
    if answer.succeeded:
        return numbering.number(revision, place)
    found = answer.responses[0].response_range.kvs
    if not found:
        return RevisionMismatchError(0)
    return RevisionMismatchError(numbering.number(found[0].mod_revision, numbering.taken(found[0].value)[0]))
