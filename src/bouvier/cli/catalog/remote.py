"""What is to be installed, from what a user types: an entry, or a chart wherever it is."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from bouvier.catalog.entries import CatalogError, choose
from bouvier.catalog.entryobjects import described_versions
from bouvier.catalog.helm import repository
from bouvier.catalog.helm.errors import ChartError
from bouvier.catalog.helm.folders import archive_of_path
from bouvier.catalog.helm.loading import pack, read_folder
from bouvier.catalog.sources.archives import Archives
from bouvier.catalog.sources.dependencies import Place, complete
from bouvier.catalog.sources.download import download
from bouvier.catalog.sources.repositories import read_index_of
from bouvier.cli.catalog.wishes import MOST_ARCHIVE_BYTES, is_path, packed
from bouvier.cli.errors import CommandError

ARCHIVE_FOLDER = "chart"
"""Folder within an archive; its name says nothing."""


async def source_of(text: str, repo: str = "", version: str = "") -> dict[str, Any]:
    """Return the part of a spec that says what is installed.

    Raises:
        CommandError: it names nothing, or a chart that cannot be had.
    """
    if repo or is_path(text) or is_url(text):
        return {"archive": await chart_text(text, repo, version)}
    catalog, slash, entry = text.partition("/")
    if not slash or not catalog or not entry:
        raise CommandError(
            f"{text}: expected CATALOG/ENTRY, a chart's folder, a .tgz file or its URL",
            "what there is: bouvier catalog ls",
        )
    return {"catalog": catalog, "entry": entry} | ({"version": version} if version else {})


def is_url(text: str) -> bool:
    """Tell whether an argument is a URL."""
    return "://" in text


async def chart_text(text: str, repo: str = "", version: str = "") -> str:
    """Return a chart as a spec holds it: from this machine, from a URL, or by its name in a repository.

    Raises:
        CommandError: it cannot be had.
    """
    try:
        if repo:
            return packed(await _from_repository(text, repo, version), f"{repo} {text}")
        if is_url(text):
            return packed(await _from_url(text), text)
    except CatalogError as error:
        raise CommandError(str(error)) from None
    try:
        return packed(await _from_here(Path(text)), text)
    except CatalogError as error:
        raise CommandError(f"{text}: {error}") from None


async def _from_here(named: Path) -> bytes:
    """Return the archive of a chart on this machine; what a folder lacks of subcharts is fetched."""
    path, files = await asyncio.to_thread(_files_at, named)
    if files is None:
        return await asyncio.to_thread(archive_of_path, path)
    with tempfile.TemporaryDirectory(prefix="bouvier-charts-") as folder:
        whole = await complete(files, Place(path, Path("/")), Archives(Path(folder)))
    return pack(whole, ARCHIVE_FOLDER)


def _files_at(named: Path) -> tuple[Path, dict[str, bytes] | None]:
    """Return where a chart is, and its files when that is a folder."""
    path = named.expanduser()
    try:
        return path, read_folder(path) if path.is_dir() else None
    except (ChartError, OSError) as error:
        raise CatalogError(str(error)) from None


async def _from_url(url: str) -> bytes:
    if urlsplit(url).scheme == "oci":
        raise CatalogError(f"{url}: charts from OCI registries are not supported; name the URL of a .tgz file")
    return await download(url, MOST_ARCHIVE_BYTES)


async def _from_repository(name: str, repo: str, wanted: str) -> bytes:
    entries = await read_index_of(repo)
    entry = next((one for one in entries if one.name == name), None)
    if entry is None:
        have = ", ".join(one.name for one in entries[:10]) or "none"
        raise CatalogError(f"{repo} has no chart {name}; there are {have}")
    version = choose(described_versions(entry), wanted, name)
    data = await download(repository.absolute(repo, version["url"]), MOST_ARCHIVE_BYTES)
    repository.check_digest(data, version.get("digest", ""), f"{name} {version['version']}")
    return data
