"""Driver `local.bouvier.io`: a volume is a folder of the host below `DIR/volumes/local`.

The size of a claim is checked against the disk when it is made and is not enforced afterwards: whoever needs a limit
uses class `btrfs`. A clone is a copy, as consistent as the files were while it was read.
"""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path

from bouvier.node.storage.commands import run
from bouvier.node.storage.driver import ONE_HOST, CannotHoldError, Made, Order, RefusedError, StorageError, Traits
from bouvier.node.storage.sizes import show

_MODE = 0o777
"""As an emptyDir: any user of the pod may write; `fsGroup` narrows it down."""


class LocalFolders:
    """Folders of one host."""

    traits = Traits(ONE_HOST, can_clone=True, can_grow=True)

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def path(self, name: str) -> Path:
        """Return the folder of a volume."""
        return self._folder / name

    async def create(self, order: Order) -> Made:
        """Make a folder, empty or as a copy of another volume."""
        if order.from_snapshot:
            raise RefusedError("class local keeps no snapshots to restore from; use a class such as btrfs")
        if order.parameters:
            raise RefusedError(f"unknown parameters: {', '.join(sorted(order.parameters))}; class local has none")
        target = self.path(order.name)
        if not target.is_dir():
            self._check_room(order.size_bytes)
            await self._make(target, order.from_volume)
        return Made({"local": {"path": str(target)}})

    def _check_room(self, size_bytes: int) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        free = shutil.disk_usage(self._folder).free
        if size_bytes > free:
            raise CannotHoldError(
                f"{show(size_bytes)} are asked for and {show(free)} are free on this host's disk: "
                "ask for less, or free space"
            )

    async def _make(self, target: Path, source: str) -> None:
        fresh = target.with_name(f".{target.name}.new")
        await asyncio.to_thread(shutil.rmtree, fresh, ignore_errors=True)
        if not source:
            fresh.mkdir()
            fresh.chmod(_MODE)
        elif self.path(source).is_dir():
            await run("cp", "--archive", "--reflink=auto", "--no-target-directory", str(self.path(source)), str(fresh))
        else:
            raise StorageError(f"the volume {source} to copy from is not on this host")
        fresh.rename(target)

    async def remove(self, name: str) -> None:
        """Remove a folder."""
        target = self.path(name)
        doomed = target.with_name(f".{name}.old")
        if target.exists():
            target.rename(doomed)
        await asyncio.to_thread(shutil.rmtree, doomed, ignore_errors=True)

    async def resize(self, name: str, size_bytes: int) -> None:
        """Accept a larger size if the disk has room for it."""
        if not self.path(name).is_dir():
            raise StorageError(f"{self.path(name)} is not there")
        self._check_room(size_bytes)
