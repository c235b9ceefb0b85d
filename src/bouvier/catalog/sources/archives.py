"""Downloaded charts, kept on this host: what was fetched once can be installed when its repository is out of reach.

A file for each archive, named by a digest of its URL and of the digest that the index names; the least recently used go when
all of them together become too large. The folder may be removed at any time.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import os
from pathlib import Path

from bouvier.catalog.entries import CatalogError
from bouvier.catalog.helm.repository import check_digest
from bouvier.catalog.sources.download import download

MOST_ARCHIVE_BYTES = 16 * 1024 * 1024
MOST_BYTES = 512 * 1024 * 1024
"""Of all archives: a large public repository's newest versions, several times over."""


class Archives:
    """The archives below one folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def get(self, url: str, digest: str, what: str) -> bytes:
        """Return an archive: as it was fetched before when the index names its digest, else as it is now.

        Without a digest it is downloaded, since it may have changed, and only taken from here when that fails.

        Raises:
            CatalogError: it cannot be had, or is not what the index says.
        """
        file = self._folder / f"{hashlib.sha256(f'{url} {digest}'.encode()).hexdigest()[:32]}.tgz"
        known = await asyncio.to_thread(_read, file, digest)
        if known is not None and digest:
            return known
        try:
            data = await download(url, MOST_ARCHIVE_BYTES)
        except CatalogError:
            if known is None:
                raise
            return known
        check_digest(data, digest, what)
        await asyncio.to_thread(self._write, file, data)
        return data

    def _write(self, file: Path, data: bytes) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        fresh = file.with_suffix(".new")
        fresh.write_bytes(data)
        fresh.rename(file)
        self._make_room()

    def _make_room(self) -> None:
        files = sorted(self._folder.glob("*.tgz"), key=lambda one: one.stat().st_mtime)
        total = sum(one.stat().st_size for one in files)
        while files and total > MOST_BYTES:
            oldest = files.pop(0)
            total -= oldest.stat().st_size
            oldest.unlink(missing_ok=True)


def _read(file: Path, digest: str) -> bytes | None:
    """Return a kept archive, None when there is none, or it is damaged."""
    try:
        data = file.read_bytes()
        check_digest(data, digest, file.name)
    except (OSError, CatalogError):
        return None
    with contextlib.suppress(OSError):
        os.utime(file)  # it was used
    return data
