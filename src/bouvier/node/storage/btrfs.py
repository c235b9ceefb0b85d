"""Driver `btrfs.bouvier.io`: subvolumes of one btrfs file system in a file, `DIR/volumes/btrfs.img`.

One file system for all volumes of the host makes snapshots, restores and clones instant and shares their blocks; a quota
group for each volume enforces its size: writing beyond it fails with EDQUOT ("Disk quota exceeded"). The file is sparse
and as large as the disk, takes only what is written, and gives back what is deleted. Sizes are promises: the sum of them
never exceeds what the disk can give. Snapshots are not counted, so a host that keeps many changed ones can still run out.

Layout: `volumes/NAME`, `snapshots/NAME` (read-only), `marks/NAME` (reverts that were carried out).
"""

from __future__ import annotations

import asyncio
import shutil
import time
from contextlib import suppress
from pathlib import Path

from bouvier.node.storage.commands import find, run
from bouvier.node.storage.driver import ONE_HOST, CannotHoldError, Made, Order, RefusedError, StorageError, Traits
from bouvier.node.storage.sizes import show

_MODE = 0o777
_BLOCK = 512
"""Unit of `st_blocks` (stat(2))."""
_GIB = 1 << 30
_LIMIT_COLUMN = 3
_LEAST_BYTES = _GIB
"""A file system smaller than this is hardly of use with btrfs' own needs taken off."""
DRIVER = "btrfs.bouvier.io"


class BtrfsPool:
    """The btrfs file system of one host; made at the first volume, mounted when needed."""

    traits = Traits(ONE_HOST, has_snapshots=True, can_clone=True, can_grow=True)

    def __init__(self, folder: Path, host: str) -> None:
        self._folder = folder
        self._host = host
        self._image = folder / "btrfs.img"
        self._root = folder / "btrfs"
        self._lock = asyncio.Lock()

    def path(self, name: str) -> Path:
        """Return the folder of a volume, once mounted."""
        return self._root / "volumes" / name

    def _snapshot(self, name: str) -> Path:
        return self._root / "snapshots" / name

    @property
    def exists(self) -> bool:
        """Tell whether the file system was ever made."""
        return self._image.exists()

    # The file system

    async def mount(self) -> None:
        """Make the file system if there is none, and mount it if it is not.

        Raises:
            CannotHoldError: this host cannot have one.
        """
        async with self._lock:
            if self._root.is_mount():
                return
            if not self.exists:
                await self._make_image()
            self._root.mkdir(parents=True, exist_ok=True)
            options = "loop,noatime,discard=async"
            try:
                await run("mount", "-t", "btrfs", "-o", options, str(self._image), str(self._root))
            except StorageError as error:
                raise CannotHoldError(f"cannot mount the btrfs file system of this host: {error}") from error
            await run("btrfs", "quota", "enable", str(self._root))
            for name in ("volumes", "snapshots", "marks"):
                (self._root / name).mkdir(exist_ok=True)

    async def _make_image(self) -> None:
        if find("mkfs.btrfs") is None:
            raise CannotHoldError("mkfs.btrfs is not installed on this host: apt-get install btrfs-progs")
        self._folder.mkdir(parents=True, exist_ok=True)
        fresh = self._image.with_suffix(".new")
        size = shutil.disk_usage(self._folder).total // _GIB * _GIB
        if size < _LEAST_BYTES:
            raise CannotHoldError(f"this host's disk of {show(size)} is too small for a btrfs file system")
        with fresh.open("wb") as file:
            file.truncate(size)
        fresh.chmod(0o600)
        await run("mkfs.btrfs", "--quiet", "--force", "--metadata", "single", str(fresh))
        fresh.rename(self._image)

    # Volumes

    async def create(self, order: Order) -> Made:
        """Make a subvolume, empty or from a snapshot or another volume, with its limit."""
        if order.parameters:
            raise RefusedError(f"unknown parameters: {', '.join(sorted(order.parameters))}; class btrfs has none")
        await self.mount()
        if not self.path(order.name).is_dir():
            self._check_room(order.size_bytes, order.promised_bytes)
            await self._make(order.name, self._origin(order), order.size_bytes)
        source = {"driver": DRIVER, "volumeHandle": f"{self._host}/{order.name}", "fsType": "btrfs"}
        return Made({"csi": source})

    def _origin(self, order: Order) -> Path | None:
        origin = None
        if order.from_snapshot:
            origin = self._snapshot(order.from_snapshot)
        elif order.from_volume:
            origin = self.path(order.from_volume)
        if origin is not None and not origin.is_dir():
            raise StorageError(f"{origin.name} to start from is not on this host")
        return origin

    def _check_room(self, size_bytes: int, promised_bytes: int) -> None:
        disk = shutil.disk_usage(self._folder).free + self._image.stat().st_blocks * _BLOCK
        left = max(0, disk - promised_bytes)
        if size_bytes > left:
            raise CannotHoldError(
                f"{show(size_bytes)} are asked for and this host's disk can still promise {show(left)} "
                f"({show(promised_bytes)} of {show(disk)} are promised to other volumes): ask for less, or free space"
            )

    async def _make(self, name: str, origin: Path | None, size_bytes: int) -> None:
        """Make a limited subvolume under another name first, so that a half made one is never taken for a whole."""
        fresh = self.path(f".{name}.new")
        await self._delete(fresh)
        if origin is None:
            await run("btrfs", "subvolume", "create", str(fresh))
            fresh.chmod(_MODE)
        else:
            await run("btrfs", "subvolume", "snapshot", str(origin), str(fresh))
        await run("btrfs", "qgroup", "limit", str(size_bytes), str(fresh))
        fresh.rename(self.path(name))

    async def remove(self, name: str) -> None:
        """Remove a subvolume."""
        if not self.exists:
            return
        await self.mount()
        for each in (name, f".{name}.new", f".{name}.old"):
            await self._delete(self.path(each))

    async def resize(self, name: str, size_bytes: int) -> None:
        """Raise the limit of a subvolume."""
        await self.mount()
        await run("btrfs", "qgroup", "limit", str(size_bytes), str(self.path(name)))

    async def room_for(self, more_bytes: int, promised_bytes: int) -> None:
        """Check that the disk can promise so much more.

        Raises:
            CannotHoldError: it cannot.
        """
        await self.mount()
        self._check_room(more_bytes, promised_bytes)

    async def _delete(self, path: Path) -> None:
        if not _is_there(path):
            return
        number = (await run("btrfs", "inspect-internal", "rootid", str(path))).strip()
        await run("btrfs", "subvolume", "delete", "--commit-after", str(path))
        with suppress(
            StorageError
        ):  # it may be in use until the kernel has cleared the blocks; then it only stays listed
            await run("btrfs", "qgroup", "destroy", f"0/{number}", str(self._root))

    # Snapshots

    async def take(self, volume: str, snapshot: str) -> int:
        """Keep the present state of a volume."""
        await self.mount()
        target = self._snapshot(snapshot)
        if not target.is_dir():
            if not self.path(volume).is_dir():
                raise StorageError(f"volume {volume} is not on this host")
            await run("btrfs", "subvolume", "snapshot", "-r", str(self.path(volume)), str(target))
        shown = await run("btrfs", "subvolume", "show", str(target))
        return _creation_time(shown)

    async def drop(self, snapshot: str) -> None:
        """Remove a snapshot."""
        if self.exists:
            await self.mount()
            await self._delete(self._snapshot(snapshot))

    async def limit_of(self, name: str) -> int:
        """Return the size limit of a volume in bytes, 0 for none."""
        await self.mount()
        shown = await run("btrfs", "qgroup", "show", "--raw", "-r", "-f", str(self.path(name)))
        words = shown.splitlines()[-1].split()  # id, referenced, exclusive, limit, and the path in newer versions
        return int(words[_LIMIT_COLUMN]) if words[_LIMIT_COLUMN].isdigit() else 0

    async def revert(self, volume: str, snapshot: str, mark: str) -> None:
        """Put a volume's contents back to a snapshot, once for each mark."""
        await self.mount()
        done = self._root / "marks" / mark
        if done.exists():
            return
        target, old = self.path(volume), self.path(f".{volume}.old")
        if old.is_dir() and not target.is_dir():  # killed between the two renames
            old.rename(target)
        if not self._snapshot(snapshot).is_dir():
            raise RefusedError(f"snapshot {snapshot} is not on this host")
        size_bytes = await self.limit_of(volume)
        fresh = self.path(f".{volume}.new")
        await self._delete(fresh)
        await run("btrfs", "subvolume", "snapshot", str(self._snapshot(snapshot)), str(fresh))
        await run("btrfs", "qgroup", "limit", str(size_bytes) if size_bytes else "none", str(fresh))
        await self._delete(old)
        target.rename(old)
        fresh.rename(target)
        done.touch()
        await self._delete(old)

    def forget_marks(self, known: set[str]) -> None:
        """Remove the marks of reverts that nobody knows any more."""
        if self._root.is_mount():
            for path in (self._root / "marks").iterdir():
                if path.name not in known:
                    with suppress(OSError):
                        path.unlink()


def _is_there(path: Path) -> bool:
    return path.is_dir()


def _creation_time(shown: str) -> int:
    """Return the creation time in the text of `btrfs subvolume show`, in nanoseconds; it is exact to the second."""
    for line in shown.splitlines():
        key, _, value = line.partition(":")
        if key.strip() == "Creation time":
            moment = time.strptime(value.strip()[:19], "%Y-%m-%d %H:%M:%S")
            return int(time.mktime(moment)) * 1_000_000_000
    return time.time_ns()
