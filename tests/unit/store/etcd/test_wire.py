"""Transactions made as bytes: etcd's own generated classes read in them what was meant."""

import asyncio

from aetcd.rpc import rpc_pb2
from hypothesis import given
from hypothesis import strategies as st

from bouvier.store.etcd import numbering
from bouvier.store.etcd.transactions import Write, request_of

MARK = b"/farm/#last"
Writes = st.lists(
    st.tuples(st.text(max_size=200), st.none() | st.binary(max_size=40_000), st.integers(-1, 2**62)),
    min_size=1,
    max_size=8,
    unique_by=lambda write: write[0],
)


def told(request: bytes) -> rpc_pb2.TxnRequest:
    """Return a transaction as etcd reads it."""
    read: rpc_pb2.TxnRequest = rpc_pb2.TxnRequest.FromString(request)
    return read


def writes_of(asked: list[tuple[str, bytes | None, int]]) -> list[Write]:
    loop = asyncio.new_event_loop()
    writes = [Write(f"/farm/{key}".encode(), value, expected, loop.create_future()) for key, value, expected in asked]
    loop.close()
    return writes


@given(Writes)
def test_every_write_is_a_transaction_of_its_own(asked: list[tuple[str, bytes | None, int]]) -> None:
    """Each key is compared, written or removed, and read where it is refused; the mark comes first."""
    writes = writes_of(asked)
    whole = told(request_of(writes, MARK))
    mark = whole.success[0].request_put
    assert mark.key == MARK
    if len(writes) == 1:
        inner = [rpc_pb2.TxnRequest(compare=whole.compare, success=whole.success[1:], failure=whole.failure)]
    else:
        assert (len(whole.compare), len(whole.failure)) == (0, 0)
        inner = [operation.request_txn for operation in whole.success[1:]]
    assert [attempt_of(write, place) for place, write in enumerate(writes)] == inner
    removed = {w.name.decode(): at for at, w in enumerate(writes) if w.value is None}
    if len(writes) > 1:
        assert numbering.read_mark(mark.value) == numbering.Mark(len(writes), removed)


def attempt_of(write: Write, place: int) -> rpc_pb2.TxnRequest:
    name = write.name
    if write.value is None:
        change = rpc_pb2.RequestOp(request_delete_range=rpc_pb2.DeleteRangeRequest(key=name))
    else:
        stored = numbering.head_of(place) + write.value
        assert numbering.taken(stored) == (place, write.value)
        change = rpc_pb2.RequestOp(request_put=rpc_pb2.PutRequest(key=name, value=stored))
    compare = rpc_pb2.Compare(key=name, target="MOD", result="EQUAL", mod_revision=write.expected)
    look = rpc_pb2.RequestOp(request_range=rpc_pb2.RangeRequest(key=name))
    return rpc_pb2.TxnRequest(compare=[compare], success=[change], failure=[look])


@given(st.integers(1, 2**55), st.integers(0, 127), st.integers(1, 2**55), st.integers(0, 127))
def test_numbers_sort_as_transactions_and_places(first: int, place: int, second: int, other: int) -> None:
    """Of two numbers the one of the later transaction is larger, of one transaction that of the later write."""
    assert (numbering.number(first, place) < numbering.number(second, other)) == ((first, place) < (second, other))
    assert numbering.etcd_revision(numbering.number(first, place)) == first
    assert numbering.number(first, place) <= numbering.end_of(first) < numbering.number(first + 1)
    assert numbering.number(first, place) < 2**63


@given(st.sampled_from([b'{"apiVersion":"v1"}', b"\x00s2local:1:sealed", b"\x00s1old", b""]))
def test_values_of_earlier_versions_have_the_first_place(value: bytes) -> None:
    """What they wrote, plain or sealed, is told from what has a place."""
    assert numbering.taken(value) == (0, value)
