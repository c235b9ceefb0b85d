"""Choices that the command makes for what a user leaves open."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bouvier.catalog.helm.repository import INDEX
from bouvier.catalog.releases.plan import current, latest
from bouvier.catalog.releases.revisions import DEPLOYED, FAILED, SUPERSEDED, Revision
from bouvier.catalog.sources.download import answers
from bouvier.cli.errors import CommandError


async def catalog_source(text: str, branch: str, path: str) -> dict[str, Any]:
    """Return the source of a catalog that a user names by a URL or a folder, or `builtin` for the platform's own.

    A folder is read as it stands, without commits, unless a branch is named. A URL over HTTP is a chart repository's when
    there is an index.yaml, otherwise Git's.

    Raises:
        CommandError: it is neither.
    """
    if text == "builtin":
        return {"builtin": True}
    local = _local_source(text, branch, path)
    if local:
        return local
    base = text.removesuffix("index.yaml").rstrip("/")
    could_be_charts = text.startswith(("http://", "https://")) and not (branch or path or text.endswith(".git"))
    if could_be_charts and await answers(f"{base}/{INDEX}"):
        return {"repository": {"url": base}}
    return _git(text, branch, path)


def _local_source(text: str, branch: str, path: str) -> dict[str, Any] | None:
    folder = Path(text).expanduser()
    if "://" in text:
        return None
    if folder.is_dir():
        is_git = bool(branch) or _is_bare(folder)
        return _git(str(folder.resolve()), branch, path) if is_git else {"folder": str((folder / path).resolve())}
    if ":" in text:
        return None
    raise CommandError(f"{text}: there is no such folder", "name a folder, a Git URL, or the URL of a chart repository")


def _git(url: str, branch: str, path: str) -> dict[str, Any]:
    return {"git": {"url": url} | ({"branch": branch} if branch else {}) | ({"path": path} if path else {})}


def _is_bare(folder: Path) -> bool:
    return (folder / "HEAD").is_file() and (folder / "objects").is_dir()


def previous_revision(revisions: Sequence[Revision], number: int | None, name: str) -> Revision:
    """Return the revision to go back to: the one named, else the one before the present, or the present when a newer failed.

    Raises:
        CommandError: there is none.
    """
    usable = [one for one in revisions if one.status in (DEPLOYED, SUPERSEDED)]
    if number is not None:
        found = next((one for one in usable if one.number == number), None)
        have = ", ".join(str(one.number) for one in usable) or "none"
        if found is None:
            raise CommandError(f"{name} has no revision {number} to go back to", f"there is {have}")
        return found
    present, newest = current(revisions), latest(revisions)
    if present and newest and newest.status == FAILED:
        return present
    before = [one for one in usable if present and one.number < present.number]
    if not before:
        raise CommandError(f"{name} has no earlier revision to go back to", f"see bouvier catalog show {name}")
    return max(before, key=lambda one: one.number)
