"""The btrfs driver on a real file system: limits, shared blocks, and reverts that are cut short anywhere."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from bouvier.node.storage.btrfs import BtrfsPool
from bouvier.node.storage.driver import CannotHoldError, Order, RefusedError


@pytest.fixture
def pool() -> Iterator[BtrfsPool]:
    if os.geteuid() != 0 or shutil.which("mkfs.btrfs", path=f"{os.environ['PATH']}:/usr/sbin:/sbin") is None:
        pytest.skip("needs root and btrfs-progs")
    if "btrfs" not in Path("/proc/filesystems").read_text():
        pytest.skip("needs a kernel with btrfs")
    with tempfile.TemporaryDirectory(prefix="bvb") as folder:
        made = BtrfsPool(Path(folder), "n1")
        yield made
        subprocess.run(["umount", "--lazy", f"{folder}/btrfs"], check=False, capture_output=True)


def _fill(path: Path, mebibytes: int) -> None:
    with path.open("wb") as file:
        for _ in range(mebibytes):
            file.write(os.urandom(1 << 20))
            file.flush()
            os.fsync(file.fileno())


async def test_volumes_snapshots_and_limits(pool: BtrfsPool) -> None:
    """A volume is made once, holds what it may, is kept, restored with another limit, and removed."""
    made = await pool.create(Order("a", 16 << 20))
    assert made.source["csi"]["volumeHandle"] == "n1/a"
    (pool.path("a") / "x").write_text("v1")
    await pool.create(Order("a", 16 << 20))
    assert (pool.path("a") / "x").read_text() == "v1"
    taken = await pool.take("a", "s")
    assert await pool.take("a", "s") == taken
    (pool.path("a") / "x").write_text("v2")
    await pool.create(Order("b", 32 << 20, from_snapshot="s"))
    await pool.create(Order("c", 16 << 20, from_volume="a"))
    assert [(pool.path(n) / "x").read_text() for n in "abc"] == ["v2", "v1", "v2"]
    assert [await pool.limit_of(n) for n in "abc"] == [16 << 20, 32 << 20, 16 << 20]
    with pytest.raises(OSError, match="[Qq]uota|space"):
        _fill(pool.path("a") / "big", 24)
    await pool.resize("a", 64 << 20)
    assert await pool.limit_of("a") == 64 << 20
    for name in ("a", "b", "c", "a"):
        await pool.remove(name)
    await pool.drop("s")
    assert list(pool.path("x").parent.iterdir()) == []


async def test_a_revert_is_carried_out_once_and_survives_cuts(pool: BtrfsPool) -> None:
    """Cut short between its renames it is completed; done, the same order changes nothing any more."""
    await pool.create(Order("a", 16 << 20))
    (pool.path("a") / "x").write_text("v1")
    await pool.take("a", "s")
    (pool.path("a") / "x").write_text("v2")
    pool.path("a").rename(pool.path(".a.old"))  # as when killed after the first rename
    await pool.revert("a", "s", "order-1")
    assert (pool.path("a") / "x").read_text() == "v1"
    assert not pool.path(".a.old").exists()
    assert await pool.limit_of("a") == 16 << 20
    (pool.path("a") / "x").write_text("v3")
    await pool.revert("a", "s", "order-1")
    assert (pool.path("a") / "x").read_text() == "v3"
    await pool.revert("a", "s", "order-2")
    assert (pool.path("a") / "x").read_text() == "v1"
    pool.forget_marks({"order-2"})
    with pytest.raises(RefusedError, match="snapshot z is not on this host"):
        await pool.revert("a", "z", "order-3")


async def test_promises_end_where_the_disk_does(pool: BtrfsPool) -> None:
    """What other volumes were promised cannot be promised again; nothing half made stays behind."""
    await pool.create(Order("a", 16 << 20))
    with pytest.raises(CannotHoldError, match="can still promise"):
        await pool.create(Order("b", 1 << 30, promised_bytes=1 << 60))
    assert [path.name for path in pool.path("a").parent.iterdir()] == ["a"]
