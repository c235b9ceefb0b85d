"""The working copies of catalogs on this host: fetched by source, read into entries, opened for packages.

Everything here can be fetched again: the folder may be removed at any time.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from typing import Any

from bouvier.catalog.entries import COMPOSE, CatalogError, Entry, EntryVersion, Package
from bouvier.catalog.helm import folders, repository
from bouvier.catalog.rancher import layout
from bouvier.catalog.sources import git
from bouvier.catalog.sources.archives import Archives
from bouvier.catalog.sources.dependencies import Place, complete
from bouvier.catalog.sources.repositories import archive_of, read_repository

RANCHER, CHARTS, REPOSITORY = "rancher", "charts", "repository"
ARCHIVES = ".archives"
"""Folder beside those of catalogs, whose names have no dot."""


@dataclass(slots=True)
class Contents:
    """What a catalog holds at one moment."""

    layout: str
    """`rancher`, `charts` or `repository`."""
    commit: str = ""
    entries: list[Entry] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


class Library:
    """The catalogs' folders below one folder of the data directory."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._archives = Archives(folder / ARCHIVES)
        self._reading: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        """By catalog: held while its files are read as a whole, or change."""

    async def refresh(self, name: str, source: dict[str, Any]) -> Contents:
        """Fetch a catalog and read it.

        Raises:
            CatalogError: it cannot be fetched, or is no catalog.
        """
        self._folder.mkdir(parents=True, exist_ok=True)
        commit = ""
        if "git" in source:
            wanted = source["git"]
            top = self.root(name, source, top=True)
            commit = await git.fetch(wanted["url"], wanted.get("branch", ""), top, self._reading[name])
        if "repository" in source:
            digest, entries, problems = await read_repository(source["repository"]["url"], self._archives)
            return Contents(REPOSITORY, digest, entries, problems)
        contents = await asyncio.to_thread(read_contents, self.root(name, source))
        contents.commit = commit
        return contents

    def root(self, name: str, source: dict[str, Any], *, top: bool = False) -> Path:
        """Return the folder that a catalog's paths start from; `top` is the repository's own."""
        if source.get("builtin"):
            return builtin_folder()
        if "folder" in source:
            return Path(source["folder"])
        folder = self._folder / name
        inner = str(source.get("git", {}).get("path", "")).strip("/")
        if top or not inner:
            return folder
        if not (folder / inner).resolve().is_relative_to(folder.resolve()):
            raise CatalogError(f"path: {inner} leads out of the repository")
        return folder / inner

    async def package(self, name: str, source: dict[str, Any], entry: dict[str, Any], version: EntryVersion) -> Package:
        """Return the files of one version of an entry.

        Raises:
            CatalogError: it cannot be had.
        """
        what = f"{name}/{entry['name']} {version.version}"
        if version.url:
            return await self._archive(source, entry["name"], version)
        root = self.root(name, source)
        read = layout.read_package if entry["format"] == COMPOSE else folders.read_package
        try:
            async with self._reading[name]:
                package = await asyncio.to_thread(read, root, entry["name"], version)
        except OSError as error:
            raise CatalogError(f"{what}: {error}") from None
        if package.format == COMPOSE:
            return package
        place = Place(root / version.path, self.root(name, source, top=True))
        return package._replace(files=await complete(package.files, place, self._archives))

    async def _archive(self, source: dict[str, Any], name: str, version: EntryVersion) -> Package:
        if "folder" in source:
            data = await asyncio.to_thread(_archive_in, Path(source["folder"]), version, f"{name} {version.version}")
        else:
            data = await archive_of(source["repository"]["url"], name, version, self._archives)
        return await asyncio.to_thread(folders.package_of_archive, data)


def _archive_in(folder: Path, version: EntryVersion, what: str) -> bytes:
    file = (folder / version.url.rpartition("/")[2]).resolve()
    if not file.is_file():
        raise CatalogError(f"{what}: {file.name} is not in the repository's folder")
    data = file.read_bytes()
    repository.check_digest(data, version.digest, what)
    return data


def builtin_folder() -> Path:
    """Return the catalog that is part of the program."""
    return Path(str(files("bouvier.catalog") / "builtin"))


def read_contents(root: Path) -> Contents:
    """Return what a folder holds: a catalog in Rancher's layout, a chart repository, or charts.

    Raises:
        CatalogError: none of these.
    """
    if not root.is_dir():
        raise CatalogError(f"there is no folder {root} on the server")
    if layout.is_layout(root):
        entries, problems = layout.read_catalog(root)
        return Contents(RANCHER, "", entries, problems)
    if (root / repository.INDEX).is_file():
        entries, problems = repository.read_index((root / repository.INDEX).read_text())
        return Contents(REPOSITORY, "", entries, problems)
    entries, problems = folders.read_catalog(root)
    if not entries and not problems:
        raise CatalogError(
            f"{root} is no catalog: expected templates/NAME/0/docker-compose.yml, an index.yaml, or folders with Chart.yaml"
        )
    return Contents(CHARTS, "", entries, problems)
