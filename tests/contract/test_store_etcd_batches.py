"""Writes to etcd that go in one transaction: each is judged alone, has a number of its own, and none is lost to a reader."""

import asyncio
import random
from collections.abc import AsyncIterator

import grpc.aio
import pytest
from aetcd.rpc import rpc_pb2, rpc_pb2_grpc

from bouvier.store.etcd import numbering
from bouvier.store.etcd.address import EtcdAddress
from bouvier.store.etcd.store import EtcdStore
from bouvier.store.interface import Change, CompactedError, KeyExistsError, RevisionMismatchError, StoreUnavailableError
from tests.support.etcd import Etcd, running_etcd

WAIT_SECONDS = 30


async def told(store: EtcdStore, after: int, until: int, prefix: str = "") -> list[Change]:
    """Return the changes of keys behind a revision, until a watch has reached another one."""
    changes: list[Change] = []
    watch = store.watch(prefix, after)
    async with asyncio.timeout(WAIT_SECONDS):
        async for batch in watch:
            changes += batch
            if batch[-1].revision >= until:
                break
    await watch.aclose()
    return [change for change in changes if change.key]


async def some_of_each(store: EtcdStore) -> tuple[int, list[int]]:
    """Make two objects; then, in one transaction, create, update, remove one each, and create another."""
    old, gone = await store.create("/p/old", b"1"), await store.create("/p/gone", b"1")
    made = await asyncio.gather(
        store.create("/p/new", b"2"),
        store.update("/p/old", b"2", old),
        store.delete("/p/gone", gone),
        store.create("/p/other", b"2"),
    )
    return gone, made


async def test_numbers_are_the_same_for_all(pair: tuple[EtcdStore, EtcdStore]) -> None:
    """Writes of one transaction have growing numbers, and another server's watch, list and get show the same."""
    one, two = pair
    before, made = await some_of_each(one)
    assert len({numbering.etcd_revision(number) for number in made}) == 1, "they did not go together"
    assert made == sorted(set(made))
    wanted = [
        (made[0], "/p/new", b"2"),
        (made[1], "/p/old", b"2"),
        (made[2], "/p/gone", None),
        (made[3], "/p/other", b"2"),
    ]
    assert await told(two, before, made[-1]) == wanted
    assert await told(two, before, made[2], "/p/gone") == [wanted[2]]
    listed = {item.key: item.revision for item in (await two.list("/p/")).items}
    assert listed == {"/p/new": made[0], "/p/old": made[1], "/p/other": made[3]}
    assert (await two.get("/p/old")).revision == made[1]
    assert await two.update("/p/other", b"3", made[3]) > made[3]
    assert await one.newest() > made[3]


async def test_who_is_refused_hinders_nobody(pair: tuple[EtcdStore, EtcdStore]) -> None:
    """Of writes that go together those with a wrong expectation fail, each with the truth about its own key."""
    one, two = pair
    _, made = await some_of_each(one)
    results = await asyncio.gather(
        two.create("/p/new", b"x"),
        two.create("/p/fine", b"x"),
        two.update("/p/other", b"x", made[0]),
        two.update("/p/old", b"x", made[1] - numbering.PLACES),
        two.delete("/p/gone", made[1]),
        two.delete("/p/new", made[0]),
        return_exceptions=True,
    )
    assert isinstance(results[0], KeyExistsError)
    assert isinstance(results[3], RevisionMismatchError)
    assert results[3].current == made[1]
    assert isinstance(results[4], RevisionMismatchError)
    assert results[4].current == 0
    assert [change.key for change in await told(one, made[-1], await one.newest())] == ["/p/fine", "/p/other", "/p/new"]


async def test_several_writes_of_one_key(pair: tuple[EtcdStore, EtcdStore]) -> None:
    """They happen in the order in which they were asked for."""
    one, two = pair
    first = await one.create("/p/a", b"1")
    results = await asyncio.gather(
        one.delete("/p/a", first),
        one.create("/p/a", b"2"),
        one.create("/p/b", b"1"),
        one.create("/p/a", b"3"),
        return_exceptions=True,
    )
    assert isinstance(results[3], KeyExistsError)
    changes = await told(two, first, await two.newest())
    assert [(c.key, c.value) for c in changes if c.key == "/p/a"] == [("/p/a", None), ("/p/a", b"2")]


async def test_nothing_done_is_progress_too(pair: tuple[EtcdStore, EtcdStore]) -> None:
    """Where all writes of a transaction are refused, whoever follows still learns that it is as far as all are."""
    one, two = pair
    first = await one.create("/p/a", b"1")
    watch = two.watch("", first)
    results = await asyncio.gather(one.create("/p/a", b"2"), one.update("/p/b", b"2", first), return_exceptions=True)
    assert all(isinstance(result, Exception) for result in results)
    async with asyncio.timeout(WAIT_SECONDS):
        batch = await anext(watch)
    await watch.aclose()
    assert [(change.key, change.value) for change in batch] == [("", None)]
    assert batch[-1].revision >= await two.newest() > first


async def test_from_the_middle_of_a_transaction(pair: tuple[EtcdStore, EtcdStore]) -> None:
    """Whoever has seen a part of it is told the rest, and sees the state of that moment."""
    one, two = pair
    before, made = await some_of_each(one)
    everything = await told(two, before, made[-1])
    for seen in range(3):
        assert await told(two, made[seen], made[-1]) == everything[seen + 1 :]
    states = [{item.key: item.value for item in (await two.list("/p/", revision=at)).items} for at in (before, *made)]
    replayed = {"/p/old": b"1", "/p/gone": b"1"}
    assert states[0] == replayed
    for change, state in zip(everything, states[1:], strict=True):
        replayed = {key: value for key, value in (replayed | {change.key: change.value}).items() if value is not None}
        assert state == replayed
    page = await two.list("/p/", revision=made[0], limit=2)
    assert ([item.key for item in page.items], page.more) == (["/p/gone", "/p/new"], True)
    rest = await two.list("/p/", revision=made[0], after="/p/new")
    assert [(item.key, item.value) for item in rest.items] == [("/p/old", b"1")]
    assert await two.get("/p/old", made[0]) == ("/p/old", b"1", before - numbering.PLACES)
    assert await two.get("/p/other", made[2]) is None


@pytest.fixture
async def alone() -> AsyncIterator[tuple[EtcdStore, EtcdStore]]:
    """Two processes' views of the same keys, on an etcd whose history nobody else needs."""
    with running_etcd() as own:
        address = own.address()
        one, two = await EtcdStore.open(address), await EtcdStore.open(address)
        yield one, two
        await one.close()
        await two.close()


async def test_compaction_at_the_middle_of_a_transaction(alone: tuple[EtcdStore, EtcdStore]) -> None:
    """It leaves the transaction whole for those who have seen a part of it, and refuses those from before."""
    one, two = alone
    before, made = await some_of_each(one)
    await one.compact(made[1])
    assert [change.key for change in await told(two, made[1], made[-1])] == ["/p/gone", "/p/other"]
    with pytest.raises(CompactedError) as refused:
        await told(two, before - 1, made[-1])
    assert before <= refused.value.oldest < made[0]
    assert (await told(two, refused.value.oldest, made[-1]))[0].key == "/p/new"
    last = await one.create("/p/last", b"1")
    await one.compact(last)
    for revision in (*made[:-1], before):
        with pytest.raises(CompactedError):
            await told(two, revision, last)
    assert len((await two.list("/p/", revision=last)).items) == 4


async def test_a_store_that_begins_where_others_have_compacted(alone: tuple[EtcdStore, EtcdStore]) -> None:
    """Its watch from the beginning works, since none of its own history is lost; later compactions count."""
    one, _ = alone
    for name in "abc":
        last = await one.create(f"/p/{name}", b"1")
    await one.compact(last)
    members = one._connection.address.members
    fresh = await EtcdStore.open(EtcdAddress(members, "fresh", secure=False))
    watch = fresh.watch("", 0)
    pending = asyncio.ensure_future(anext(watch))
    first = await fresh.create("/p/a", b"1")
    async with asyncio.timeout(WAIT_SECONDS):
        assert await pending == [(first, "/p/a", b"1")]
    await watch.aclose()
    assert await told(fresh, 0, first) == [(first, "/p/a", b"1")]
    second = await fresh.update("/p/a", b"2", await fresh.update("/p/a", b"1", first))
    await fresh.compact(second)
    with pytest.raises(CompactedError):
        await told(fresh, 0, second)
    await fresh.close()


async def test_more_than_one_transaction_takes(pair: tuple[EtcdStore, EtcdStore]) -> None:
    """Hundreds of writes at once, small or so large that few go together, are all done and in order."""
    one, two = pair
    start = await one.create("/p/start", b"")
    small = await asyncio.gather(*(one.create(f"/p/{number:03d}", b"v") for number in range(400)))
    large = await asyncio.gather(*(one.create(f"/q/{number}", bytes(300_000)) for number in range(10)))
    assert small == sorted(set(small))
    assert len({numbering.etcd_revision(number) for number in small}) == 4
    changes = await told(two, start, max(large))
    assert [change.revision for change in changes] == sorted([*small, *large])


async def test_an_etcd_that_takes_less() -> None:
    """Limits below etcd's own are found out: the writes are split until they are taken."""
    with running_etcd(options=("--max-txn-ops", "10", "--max-request-bytes", "20000")) as narrow:
        store = await EtcdStore.open(narrow.address())
        await asyncio.gather(*(store.create(f"/p/{number:02d}", bytes(5000)) for number in range(60)))
        assert len((await store.list("/p/")).items) == 60
        await store.close()


async def test_what_earlier_versions_wrote(etcd: Etcd) -> None:
    """Values without a place and the mark where it was are read, followed, compared and replaced."""
    address = etcd.address()
    async with grpc.aio.insecure_channel(f"127.0.0.1:{etcd.port}") as channel:
        keys = rpc_pb2_grpc.KVStub(channel)
        revisions = [await write_as_before(keys, address, f"/local/core/x//{name}", b'{"a":1}') for name in "ab"]
    store = await EtcdStore.open(address)
    first, second = (numbering.number(revision) for revision in revisions)
    assert store.revision == await store.newest() == second
    assert await told(store, 0, second) == [
        (first, "/local/core/x//a", b'{"a":1}'),
        (second, "/local/core/x//b", b'{"a":1}'),
    ]
    third = await store.update("/local/core/x//a", b'{"a":2}', first)
    await store.delete("/local/core/x//b", second)
    assert (await store.list("", revision=third)).items == [
        ("/local/core/x//a", b'{"a":2}', third),
        ("/local/core/x//b", b'{"a":1}', second),
    ]
    assert [item.key for item in (await store.list("")).items] == ["/local/core/x//a"]
    assert await store.newest() > third
    await store.close()


async def write_as_before(keys: rpc_pb2_grpc.KVStub, address: EtcdAddress, key: str, value: bytes) -> int:
    """Write as versions did that had one write a transaction; return etcd's revision."""
    puts = [
        rpc_pb2.RequestOp(request_put=rpc_pb2.PutRequest(key=f"/{address.root}{key}".encode(), value=value)),
        rpc_pb2.RequestOp(request_put=rpc_pb2.PutRequest(key=f"/{address.root}#last".encode())),
    ]
    return int((await keys.Txn(rpc_pb2.TxnRequest(success=puts))).header.revision)


async def test_a_watch_over_a_lost_connection_misses_no_part(etcd: Etcd, pair: tuple[EtcdStore, EtcdStore]) -> None:
    """After etcd was killed between two transactions a watch goes on with the next one, whole and once."""
    one, two = pair
    before, made = await some_of_each(one)
    watch = two.watch("", before)
    seen: list[Change] = []
    async with asyncio.timeout(60):
        while not seen or seen[-1].revision < made[-1]:
            seen += await anext(watch)
        pending = asyncio.create_task(anext(watch))
        await asyncio.sleep(0)
        etcd.kill()
        etcd.start_again()
        more = await asyncio.gather(one.create("/p/x", b"1"), one.delete("/p/new", made[0]))
        seen += await pending
    await watch.aclose()
    assert [change.revision for change in seen] == [*made, *more]


async def test_every_list_is_what_the_watch_adds_up_to(etcd: Etcd) -> None:
    """Whatever goes together, the state at each number is the sum of the changes so far, and a watch from there the rest."""
    for seed in range(10):
        address = etcd.address()
        one, two = await EtcdStore.open(address), await EtcdStore.open(address)
        await write_at_random(one, two, random.Random(seed))
        newest = await one.newest()
        changes = await told(two, 0, newest)
        state: dict[str, tuple[bytes, int]] = {}
        for at, change in enumerate(changes):
            state.pop(change.key, None)
            if change.value is not None:
                state[change.key] = (change.value, change.revision)
            page = await one.list("", revision=change.revision)
            assert {item.key: (item.value, item.revision) for item in page.items} == state, f"seed {seed}"
            if at + 1 < len(changes):
                assert await told(one, change.revision, newest) == changes[at + 1 :], f"seed {seed}"
        await one.close()
        await two.close()


async def write_at_random(one: EtcdStore, two: EtcdStore, dice: random.Random) -> None:
    """Write some rounds of what goes together, by two servers at the same time; some of it must be refused."""
    for _ in range(4):
        present = {item.key: item.revision for item in (await one.list("/p/")).items}
        writes = [
            step(
                dice.choice((one, one, two)), dice.choice(("create", "update", "delete")), dice.choice("abcd"), present
            )
            for _ in range(dice.randint(1, 6))
        ]
        await asyncio.gather(*writes, return_exceptions=True)
    await one.create("/p/end", b"")


async def step(store: EtcdStore, verb: str, name: str, present: dict[str, int]) -> int:
    key = f"/p/{name}"
    if verb == "create":
        return await store.create(key, b"made")
    if verb == "update":
        return await store.update(key, b"changed", present.get(key, 0))
    return await store.delete(key, present.get(key, 0))


async def test_nobody_waits_for_the_failure_of_others(etcd: Etcd, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where etcd is away, writes that had to wait for each other are refused together, and a caller who left is not written."""
    store = await EtcdStore.open(etcd.address())
    etcd.kill()
    for module in ("connection", "writer"):
        monkeypatch.setattr(f"bouvier.store.etcd.{module}.CALL_SECONDS", 0.5)
    sent: list[bytes] = []
    send = store._connection.transaction
    monkeypatch.setattr(store._connection, "transaction", lambda request: (sent.append(request), send(request))[1])
    writes = [asyncio.create_task(store.create("/p/a", b"1")) for _ in range(40)]
    results = await asyncio.gather(*writes, return_exceptions=True)
    assert all(isinstance(result, StoreUnavailableError) for result in results)
    assert len(sent) < len(writes)
    etcd.start_again()
    monkeypatch.undo()
    first = await store.create("/p/b", b"1")
    left = asyncio.create_task(store.update("/p/b", b"2", first))
    other = asyncio.create_task(store.update("/p/c", b"2", first))
    second = asyncio.create_task(store.update("/p/b", b"3", first))
    await asyncio.sleep(0)
    left.cancel()
    assert await second > first
    assert (await store.get("/p/b")).value == b"3"
    await asyncio.gather(left, other, return_exceptions=True)
    await store.close()
