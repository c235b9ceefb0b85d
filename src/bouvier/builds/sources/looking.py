"""Looking into a source before anything is made of it: what it is, and which files it has at its top."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

from bouvier.builds.sources import git
from bouvier.builds.sources.context import SourceError, inside


@dataclass(frozen=True)
class Look:
    """What a source is."""

    uri: str
    """Address of the repository; empty for a folder without one."""
    ref: str
    folder: Path | None
    """A folder to upload, for a source without a repository."""
    files: dict[str, str]
    """Names at the top of what is built; with the text of a Dockerfile."""


def is_repository(folder: Path) -> bool:
    """Tell whether a folder is a Git repository, with or without working files."""
    return (folder / ".git").exists() or ((folder / "HEAD").is_file() and (folder / "objects").is_dir())


async def look_at(source: str, context_dir: str, credentials: git.Credentials) -> Look:
    """Return what a source is; `source` is an address, with a branch after `#`, or a folder.

    Raises:
        SourceError, git.GitError: there is nothing to build there; the text says what to do.
    """
    address, _, ref = source.partition("#")
    folder = _folder_of(address)
    if folder is not None and not is_repository(folder):
        if ref:
            raise SourceError(f"{address} is not a Git repository, so there is no branch {ref}")
        return Look("", "", folder, _files(folder, context_dir))
    uri = str(folder) if folder is not None else address
    with tempfile.TemporaryDirectory(prefix="bouvier-look-") as place:
        copy = Path(place) / "source"
        repository = git.Repository(uri, ref, credentials=credentials)
        await git.fetch(repository, copy, Path(place) / "private", lambda _: None)
        return Look(uri, ref, None, _files(copy, context_dir))


def _folder_of(address: str) -> Path | None:
    """Return the folder that is meant, None for an address elsewhere."""
    folder = Path(address).expanduser()
    if "://" in address or (":" in address and not folder.exists()):
        return None
    if not folder.is_dir():
        raise SourceError(f"{address} is neither a folder nor the address of a repository")
    return folder.resolve()


def _files(folder: Path, context_dir: str) -> dict[str, str]:
    chosen = inside(folder, context_dir) if context_dir else folder
    if not chosen.is_dir():
        raise SourceError(f"--context-dir {context_dir} is not a folder of the source")
    found = {path.name: "" for path in chosen.iterdir()}
    dockerfile = chosen / "Dockerfile"
    if dockerfile.is_file():
        found["Dockerfile"] = dockerfile.read_text(errors="replace")
    return found
