"""Folders as volumes."""

import asyncio

import pytest

from bouvier.node.storage.driver import CannotHoldError, Order, RefusedError, StorageError
from bouvier.node.storage.local import LocalFolders
from bouvier.node.storage.sizes import show


def test_folders_are_made_once_copied_and_removed(tmp_path):
    """Making a volume again keeps it; a clone is a copy with modes; a half made one is thrown away."""
    folders = LocalFolders(tmp_path / "local")

    async def work():
        made = await folders.create(Order("a", 1))
        assert made.source == {"local": {"path": str(tmp_path / "local" / "a")}}
        assert folders.path("a").stat().st_mode & 0o777 == 0o777
        (folders.path("a") / "x").write_text("1")
        (folders.path("a") / "x").chmod(0o640)
        await folders.create(Order("a", 1))
        assert (folders.path("a") / "x").read_text() == "1"
        (tmp_path / "local" / ".b.new").mkdir()
        (tmp_path / "local" / ".b.new" / "rest").touch()
        await folders.create(Order("b", 1, from_volume="a"))
        assert [path.name for path in folders.path("b").iterdir()] == ["x"]
        assert (folders.path("b") / "x").stat().st_mode & 0o777 == 0o640
        await folders.remove("a")
        await folders.remove("a")
        assert [path.name for path in (tmp_path / "local").iterdir()] == ["b"]

    asyncio.run(work())


def test_what_cannot_be_is_refused(tmp_path):
    """More than the disk has, parameters, snapshots, a source that is elsewhere."""
    folders = LocalFolders(tmp_path / "local")

    async def refused(kind, words, order):
        with pytest.raises(kind, match=words):
            await folders.create(order)
        assert not folders.path("a").exists()

    async def work():
        await refused(CannotHoldError, "1Ei are asked for and .* are free on this host's disk", Order("a", 1 << 60))
        await refused(RefusedError, "unknown parameters: size", Order("a", 1, {"size": "1"}))
        await refused(RefusedError, "keeps no snapshots", Order("a", 1, from_snapshot="s"))
        await refused(StorageError, "not on this host", Order("a", 1, from_volume="z"))

    asyncio.run(work())


def test_sizes_for_people():
    """The largest unit with at least one."""
    assert [show(n) for n in (5, 2048, 3 << 29)] == ["5 bytes", "2Ki", "1.5Gi"]
