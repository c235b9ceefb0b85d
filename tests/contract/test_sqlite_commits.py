"""How the SQLite store commits: on the loop or in a thread, many writes at once, and the log carried over meanwhile."""

import asyncio
import sqlite3
from pathlib import Path

import pytest

from bouvier.store.interface import Change, KeyExistsError, RevisionMismatchError, StoreUnavailableError
from bouvier.store.sqlite import checkpoints, writer
from bouvier.store.sqlite.commits import BATCH_WRITES, STATEMENT_ROWS
from bouvier.store.sqlite.store import SqliteStore

WAVES, WAVE = 40, 64


@pytest.fixture(params=["on the loop", "in a thread"])
def where(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Where commits happen: a disk is slow when its commits take longer than a bound, which may be none."""
    if request.param == "in a thread":
        monkeypatch.setattr(writer, "SLOW_SECONDS", -1.0)
    else:
        monkeypatch.setattr(writer, "SLOW_SECONDS", float("inf"))
    return str(request.param)


async def test_each_write_gets_its_own_answer(tmp_path: Path, where: str) -> None:
    """Of writes that are committed together each has a revision of its own, and a refused one refuses no other."""
    store = await SqliteStore.open(tmp_path / "store.db")
    await store.create("/a/taken", b"0")
    for count in (*STATEMENT_ROWS, BATCH_WRITES + 3, 3 * BATCH_WRITES):
        keys = [f"/{count}/{number:04d}" for number in range(count)]
        start = store.revision
        writes = [store.create(key, key.encode()) for key in keys]
        *revisions, refused, changed = await asyncio.gather(
            *writes,
            store.create("/a/taken", b"1"),
            store.update(keys[-1], b"new", start + count),
            return_exceptions=True,
        )
        assert revisions == list(range(start + 1, start + count + 1))
        assert isinstance(refused, KeyExistsError)
        assert changed == start + count + 1
        page = await store.list(f"/{count}/")
        assert [item.value for item in page.items] == [*(key.encode() for key in keys[:-1]), b"new"]
    await store.close()


async def test_changes_are_told_in_order_and_before_their_writers(tmp_path: Path, where: str) -> None:
    """A watch has every change once and in order; whoever has its revision finds it in what was told."""
    store = await SqliteStore.open(tmp_path / "store.db")
    told: list[Change] = []

    async def follow() -> None:
        async for batch in store.watch("", 0):
            told.extend(batch)

    following = asyncio.ensure_future(follow())
    for wave in range(10):
        await asyncio.gather(*(store.create(f"/x/{wave}-{number}", b"v") for number in range(WAVE)))
        assert store.revision == (wave + 1) * WAVE
    await store.close()
    await following
    assert [change.revision for change in told] == list(range(1, 10 * WAVE + 1))


async def test_a_broken_disk_refuses_and_loses_nothing(tmp_path: Path, where: str) -> None:
    """When the file cannot be written the writers learn it, and the store goes on when it can again."""
    store = await SqliteStore.open(tmp_path / "store.db")
    first = await store.create("/x/1", b"v")
    other = sqlite3.connect(tmp_path / "store.db", isolation_level=None)
    other.execute("CREATE TRIGGER full BEFORE INSERT ON log BEGIN SELECT RAISE(ABORT, 'disk full'); END")
    results = await asyncio.gather(
        store.create("/x/2", b"v"), store.update("/x/1", b"w", first), return_exceptions=True
    )
    assert all(isinstance(result, StoreUnavailableError) and "disk full" in str(result) for result in results)
    other.execute("DROP TRIGGER full")
    other.close()
    assert await store.update("/x/1", b"w", first) == first + 1
    with pytest.raises(RevisionMismatchError):
        await store.update("/x/1", b"z", first)
    await store.close()


async def test_the_log_is_carried_over_while_writes_go_on(
    tmp_path: Path, where: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The log beside the file stays short however much is written, and nothing that was acknowledged is lost."""
    monkeypatch.setattr(checkpoints, "CHECKPOINT_PAGES", 100)
    path = tmp_path / "store.db"
    store = await SqliteStore.open(path)
    value = b"x" * 4000
    for wave in range(WAVES):
        await asyncio.gather(*(store.create(f"/x/{wave:03d}-{number:02d}", value) for number in range(WAVE)))
    beside = path.with_name(path.name + "-wal")
    assert beside.stat().st_size < WAVES * WAVE * len(value) / 2
    await store.close()
    again = await SqliteStore.open(path)
    assert len((await again.list("/x/")).items) == WAVES * WAVE
    await again.close()


async def test_jobs_and_writes_take_turns(tmp_path: Path, where: str) -> None:
    """Compaction goes on between commits, and neither waits for the other for ever."""
    store = await SqliteStore.open(tmp_path / "store.db")
    revision = 0
    for number in range(200):
        revision = await (store.update("/x/1", b"%d" % number, revision) if revision else store.create("/x/1", b"0"))
    _, *written = await asyncio.gather(store.compact(150), *(store.create(f"/y/{n}", b"v") for n in range(WAVE)))
    assert written == list(range(revision + 1, revision + WAVE + 1))
    stored = await store.get("/x/1")
    assert stored is not None
    assert stored.value == b"199"
    await store.close()
