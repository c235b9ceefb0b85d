"""Mounting a share of an NFS server: the kernel's client does it, where the kernel has one."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from bouvier.meta.objects import Obj
from bouvier.node.storage.commands import find, run
from bouvier.node.storage.driver import CannotHoldError, StorageError

_KINDS = Path("/proc/filesystems")


class NfsMounts:
    """The shares that this host has mounted, a folder each, named as their volumes."""

    def __init__(self, root: Path) -> None:
        self._root = root

    async def mount(self, name: str, source: Obj, options: Sequence[str]) -> Path:
        """Mount `server` and `path` of a volume, if that is not so yet, and return the folder.

        Raises:
            CannotHoldError: this host has no NFS client.
            StorageError: the server refused or does not answer.
        """
        folder = self._root / name
        if not _is_mount(folder):
            await _check_host()
            await asyncio.to_thread(folder.mkdir, parents=True, exist_ok=True)
            words = ["-o", ",".join(options)] if options else []
            await run("mount", "-t", "nfs", *words, f"{source['server']}:{source['path']}", str(folder))
        return folder

    async def keep_only(self, used: set[str]) -> None:
        """Unmount the shares that nothing uses any more."""
        for folder in list(self._root.glob("*")):
            if folder.name not in used:
                with suppress(StorageError, OSError):
                    await _forget(folder)


async def _forget(folder: Path) -> None:
    if _is_mount(folder):
        await run("umount", str(folder))
    await asyncio.to_thread(folder.rmdir)


def _is_mount(path: Path) -> bool:
    return path.is_mount()


async def _check_host() -> None:
    with suppress(StorageError):
        await run("modprobe", "nfs")
    kinds = {line.split()[-1] for line in (await asyncio.to_thread(_KINDS.read_text)).splitlines()}
    if not kinds & {"nfs", "nfs4"}:
        raise CannotHoldError(
            "this host's kernel has no NFS client: mount the share elsewhere and use hostPath or local"
        )
    if find("mount.nfs") is None:
        raise CannotHoldError("mount.nfs is not installed on this host: apt-get install nfs-common")
