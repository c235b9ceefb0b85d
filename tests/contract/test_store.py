"""What every store must do, run against each back end."""

import asyncio
import threading
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bouvier.store.etcd.store import EtcdStore
from bouvier.store.interface import CompactedError, KeyExistsError, RevisionMismatchError, Store
from bouvier.store.memory import MemoryStore
from bouvier.store.sqlite.store import SqliteStore
from tests.support.etcd import Etcd


async def make_store(kind: str, folder: Path, etcd: Etcd) -> Store:
    if kind == "memory":
        return MemoryStore()
    if kind == "etcd":
        return await EtcdStore.open(etcd.address())
    return await SqliteStore.open(folder / "store.db")


@pytest.fixture(params=["memory", "sqlite", "etcd"])
async def store(request: pytest.FixtureRequest, tmp_path: Path, etcd: Etcd) -> AsyncIterator[Store]:
    made = await make_store(request.param, tmp_path, etcd)
    yield made
    await made.close()


async def take(watch: AsyncIterator[list], count: int) -> list:
    taken: list = []
    async with asyncio.timeout(10):
        while len(taken) < count:
            taken += await anext(watch)
    return taken


async def test_create_then_get(store: Store) -> None:
    """A created value is found at its revision."""
    revision = await store.create("/a/x", b"1")

    assert await store.get("/a/x") == ("/a/x", b"1", revision)
    assert store.revision == revision


async def test_create_twice_is_refused(store: Store) -> None:
    """A key with a value cannot be created again."""
    await store.create("/a", b"1")

    with pytest.raises(KeyExistsError):
        await store.create("/a", b"2")


async def test_update_needs_the_current_revision(store: Store) -> None:
    """A stale writer is refused and told the current revision."""
    first = await store.create("/a", b"1")
    second = await store.update("/a", b"2", first)

    with pytest.raises(RevisionMismatchError) as refused:
        await store.update("/a", b"3", first)

    assert refused.value.current == second
    assert (await store.get("/a")).value == b"2"


async def test_writing_a_missing_key_is_refused(store: Store) -> None:
    """Neither update nor delete makes a key."""
    for attempt in (store.update("/a", b"1", 7), store.update("/a", b"1", 0), store.delete("/a", 0)):
        with pytest.raises(RevisionMismatchError):
            await attempt
    assert await store.get("/a") is None


async def test_delete_and_create_again(store: Store) -> None:
    """After a removal the key is free."""
    first = await store.create("/a", b"1")
    await store.delete("/a", first)

    assert await store.get("/a") is None
    assert await store.create("/a", b"2") > first


async def test_list_pages_in_key_order(store: Store) -> None:
    """Pages follow each other without gap or overlap, and see one prefix only."""
    for name in "edcba":
        await store.create(f"/p/{name}", name.encode())
    await store.create("/q/a", b"other")

    first = await store.list("/p/", limit=2)
    rest = await store.list("/p/", revision=first.revision, after=first.items[-1].key)

    assert [i.key for i in first.items] == ["/p/a", "/p/b"]
    assert first.more
    assert [i.key for i in rest.items] == ["/p/c", "/p/d", "/p/e"]
    assert not rest.more


async def test_list_at_an_older_revision(store: Store) -> None:
    """A list at a revision shows the state of that moment."""
    a = await store.create("/p/a", b"1")
    b = await store.create("/p/b", b"1")
    await store.update("/p/a", b"2", a)
    await store.delete("/p/b", b)

    then = await store.list("/p/", revision=b)
    now = await store.list("/p/")

    assert [(i.key, i.value, i.revision) for i in then.items] == [("/p/a", b"1", a), ("/p/b", b"1", b)]
    assert [(i.key, i.value) for i in now.items] == [("/p/a", b"2")]


async def test_watch_tells_history_then_news(store: Store) -> None:
    """A watch from the past misses nothing and goes on live."""
    a = await store.create("/p/a", b"1")
    await store.update("/p/a", b"2", a)
    watch = store.watch("/p/", a)
    past = await take(watch, 1)

    await store.create("/q/z", b"unseen")
    b = await store.create("/p/b", b"3")
    await store.delete("/p/b", b)
    news = await take(watch, 2)
    await watch.aclose()

    assert [(c.key, c.value) for c in past] == [("/p/a", b"2")]
    assert [(c.key, c.value) for c in news] == [("/p/b", b"3"), ("/p/b", None)]


async def test_compaction_keeps_the_present(store: Store) -> None:
    """After compaction the present is whole, and the dropped past is refused."""
    a = await store.create("/p/a", b"1")
    b = await store.update("/p/a", b"2", a)
    gone = await store.create("/p/b", b"1")
    last = await store.delete("/p/b", gone)
    await store.compact(last)

    assert [(i.key, i.revision) for i in (await store.list("/p/")).items] == [("/p/a", b)]
    with pytest.raises(CompactedError):
        await store.list("/p/", revision=a)
    with pytest.raises(CompactedError):
        await anext(store.watch("/p/", a))


async def test_concurrent_writers_of_one_key(store: Store) -> None:
    """Of several writers with the same expectation exactly one wins."""
    first = await store.create("/a", b"0")
    results = await asyncio.gather(
        *(store.update("/a", str(n).encode(), first) for n in range(20)), return_exceptions=True
    )

    assert sum(isinstance(r, int) for r in results) == 1


async def test_sqlite_keeps_everything_over_a_restart(tmp_path: Path) -> None:
    """Values, revision and compaction mark survive closing the file."""
    before = await SqliteStore.open(tmp_path / "s.db")
    a = await before.create("/p/a", b"1")
    await before.update("/p/a", b"2", a)
    await before.compact(before.revision)
    revision = before.revision
    await before.close()

    after = await SqliteStore.open(tmp_path / "s.db")

    assert after.revision == revision
    assert (await after.get("/p/a")).value == b"2"
    assert await after.create("/p/b", b"3") == revision + 1
    await after.close()


async def test_sqlite_key_removed_and_made_again_in_one_transaction(tmp_path: Path) -> None:
    """Writes of one key that wait together leave the state of the last one, also over a restart."""
    before = await SqliteStore.open(tmp_path / "s.db")
    first = await before.create("/p/a", b"1")
    gate = threading.Event()
    before._writer.run_between(lambda _db: gate.wait())
    writes = asyncio.gather(before.delete("/p/a", first), before.create("/p/a", b"2"))
    await asyncio.sleep(0)
    gate.set()
    _, second = await writes
    await before.close()

    after = await SqliteStore.open(tmp_path / "s.db")

    assert await after.update("/p/a", b"3", second) == second + 1
    await after.close()


Step = st.tuples(st.sampled_from(["create", "update", "delete"]), st.sampled_from("abc"), st.binary(max_size=3))


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(Step, max_size=25), cut=st.integers(0, 25))
def test_all_stores_agree(tmp_path_factory: pytest.TempPathFactory, etcd: Etcd, steps: list, cut: int) -> None:
    """Any sequence of writes leaves the same state, history and revisions in every back end."""

    async def run(kind: str) -> list:
        store = await make_store(kind, tmp_path_factory.mktemp("s"), etcd)
        for verb, key, value in steps:
            present = await store.get(key)
            expected = present.revision if present else 0
            try:
                if verb == "create":
                    await store.create(key, value)
                elif verb == "update":
                    await store.update(key, value, expected)
                else:
                    await store.delete(key, expected)
            except (KeyExistsError, RevisionMismatchError):
                pass
        at = min(cut, store.revision)
        page = await store.list("", revision=at) if at else None
        history = await take(store.watch("", 0), store.revision)
        seen = [page, history, (await store.list("")).items, store.revision]
        await store.close()
        return seen

    assert asyncio.run(run("memory")) == asyncio.run(run("sqlite"))
