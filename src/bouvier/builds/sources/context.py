"""From a folder of sources to the tar archive that an engine builds from.

The archive is written to a file, because sources may be larger than memory should be. Links are kept as they are, never
followed, so that nothing from outside the folder gets in.
"""

from __future__ import annotations

import asyncio
import io
import tarfile
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

PIECE_BYTES = 256 * 1024


class SourceError(Exception):
    """A source cannot be used; the text says why."""


def write_archive(folder: Path, archive: Path, *, prefix: str = "", extra: Mapping[str, bytes] | None = None) -> None:
    """Write everything in `folder` but Git's own files, with further files by path; run it in a thread."""
    replaced = set(extra or ())
    with tarfile.open(archive, "w") as tar:
        for path in sorted(folder.rglob("*")):
            name = path.relative_to(folder)
            if name.parts[0] == ".git" or str(name) in replaced:
                continue
            tar.add(path, f"{prefix}{name}", recursive=False, filter=_plain)
        for place, content in (extra or {}).items():
            entry = tarfile.TarInfo(place)
            entry.size, entry.mode = len(content), 0o644
            tar.addfile(entry, io.BytesIO(content))


def _plain(entry: tarfile.TarInfo) -> tarfile.TarInfo | None:
    """Return an entry as root's, None for what no source holds (devices, pipes)."""
    if not (entry.isfile() or entry.isdir() or entry.issym() or entry.islnk()):
        return None
    entry.uid = entry.gid = 0
    entry.uname = entry.gname = "root"
    return entry


def unpack(archive: Path, folder: Path) -> None:
    """Unpack an uploaded archive, compressed or not; nothing in it can lead out of the folder.

    Raises:
        SourceError: it is no archive, or one with entries that lead elsewhere.
    """
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with tarfile.open(archive, "r:*") as tar:
            tar.extractall(folder, filter="data")
    except (tarfile.TarError, OSError, EOFError) as error:
        raise SourceError(f"the uploaded archive cannot be unpacked: {error}") from None


def inside(folder: Path, name: str) -> Path:
    """Return a folder or file within `folder`, links resolved.

    Raises:
        SourceError: it is not there, or a link leads out.
    """
    path = (folder / name.strip("/")).resolve()
    if not path.is_relative_to(folder.resolve()) or not path.exists():
        raise SourceError(f"the source has no {name}")
    return path


async def pieces(archive: Path) -> AsyncIterator[bytes]:
    """Yield a file piece by piece."""
    with archive.open("rb") as file:
        while piece := file.read(PIECE_BYTES):
            yield piece
            await asyncio.sleep(0)
