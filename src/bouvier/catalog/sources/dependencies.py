"""Subcharts that a chart names and does not bring: fetched from where it says they are, as `helm dependency build` does.

A `Chart.lock` says which versions. Only repositories over HTTP(S) and folders beside the chart (`file://`) are known.
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any, NamedTuple

from bouvier.catalog.documents.yaml_reading import YamlError, read_yaml
from bouvier.catalog.entries import CatalogError, Entry, EntryVersion
from bouvier.catalog.helm.dependencies import declared, find_subchart
from bouvier.catalog.helm.errors import ChartError
from bouvier.catalog.helm.loading import load_files, pack, read_folder
from bouvier.catalog.sources.archives import Archives
from bouvier.catalog.sources.repositories import archive_of, read_index_of
from bouvier.catalog.versions import parse_range, version_or_none

DEEPEST = 10
"""Folders that name folders that name folders."""


class Place(NamedTuple):
    """Where a chart is, when it is a folder on this host."""

    folder: Path
    root: Path
    """What `file://` must not lead out of."""
    depth: int = 0
    """How many folders have led here."""


async def complete(files: dict[str, bytes], place: Place, archives: Archives) -> dict[str, bytes]:
    """Return a chart's files with the subcharts that are missing.

    Raises:
        CatalogError: one cannot be had; the text names it.
    """
    try:
        chart = load_files(files)
        locked = _locked(files)
        missing = [entry for entry in declared(chart) if find_subchart(chart, entry) is None]
    except (ChartError, YamlError) as error:
        raise CatalogError(str(error)) from None
    found = dict(files)
    for entry in missing:
        name, source = str(entry["name"]), str(entry.get("repository") or "")
        if not source:
            continue  # rendering says what is missing, if it is needed at all
        wanted = locked.get(name) or str(entry.get("version") or "")
        try:
            found[f"charts/{name}-fetched.tgz"] = await _fetched(entry | {"version": wanted}, place, archives)
        except CatalogError as error:
            raise CatalogError(f"the dependency {name} {wanted} of {chart.name}: {error}") from None
    return found


def _locked(files: dict[str, bytes]) -> dict[str, str]:
    """Return the versions that the lock file names."""
    lock = read_yaml(files.get("Chart.lock", b"").decode(errors="replace"))
    listed = lock.get("dependencies") if isinstance(lock, dict) else None
    return {str(one["name"]): str(one["version"]) for one in listed or () if "name" in one and "version" in one}


async def _fetched(dependency: dict[str, Any], place: Place, archives: Archives) -> bytes:
    name, wanted, source = (str(dependency[key]) for key in ("name", "version", "repository"))
    if source.startswith(("http://", "https://")):
        entries = await read_index_of(source)
        version = _choose(next((one for one in entries if one.name == name), None), wanted, source)
        return await archive_of(source, name, version, archives)
    if source.startswith("file://"):
        return await _from_folder(name, source.removeprefix("file://"), place, archives)
    raise CatalogError(f"{source} is not supported: put the chart into charts/, or name a repository over https")


def _choose(entry: Entry | None, wanted: str, source: str) -> EntryVersion:
    """Return the newest version within a range."""
    for one in entry.versions if entry else ():
        version = version_or_none(one.version)
        if not wanted or one.version == wanted or (version and _is_within(wanted, version)):
            return one
    have = ", ".join(one.version for one in entry.versions[:10]) if entry else ""
    raise CatalogError(f"{source} has no such version" + (f"; there are {have}" if have else " and no such chart"))


def _is_within(wanted: str, version: Any) -> bool:
    try:
        return parse_range(wanted).matches(version)
    except ValueError:
        return False


async def _from_folder(name: str, path: str, place: Place, archives: Archives) -> bytes:
    folder = (place.folder / path).resolve()
    if not folder.is_relative_to(place.root.resolve()):
        raise CatalogError(f"file://{path} leads out of the catalog")
    if place.depth >= DEEPEST:
        raise CatalogError("charts name each other too deeply")
    try:
        files = await asyncio.to_thread(read_folder, folder)
    except (ChartError, OSError) as error:
        raise CatalogError(str(error)) from None
    return pack(await complete(files, Place(folder, place.root, place.depth + 1), archives), name)
