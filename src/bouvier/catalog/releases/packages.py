"""The package that a release's spec asks for: from a catalog's entry, or from the archive within the spec."""

from __future__ import annotations

import asyncio
import base64
import binascii
from collections.abc import Callable
from typing import Any, NamedTuple

from bouvier.catalog.entries import (
    CatalogError,
    EntryVersion,
    Package,
    choose,
    default_version,
    newest_version,
    object_name,
)
from bouvier.catalog.entryobjects import version_from
from bouvier.catalog.helm.folders import package_of_archive
from bouvier.catalog.releases.plan import Refused
from bouvier.catalog.sources.library import Library
from bouvier.catalog.versions import parse_range, version_or_none
from bouvier.meta.objects import Obj


class Chosen(NamedTuple):
    """A package with what the catalog says of it."""

    package: Package
    version: EntryVersion | None = None
    """None for an archive."""
    images: tuple[str, ...] = ()


class Packages:
    """Finds packages for specs, over the caches of catalogs and entries."""

    def __init__(
        self, library: Library, catalog: Callable[[str], Obj | None], entry: Callable[[str], Obj | None]
    ) -> None:
        self._library, self._catalog, self._entry = library, catalog, entry

    async def choose(self, spec: dict[str, Any], installed: str = "") -> Chosen:
        """Return the package of a spec; `installed` is the version that it would replace.

        Raises:
            Refused: there is none, or it cannot replace what is installed.
        """
        try:
            if spec.get("archive"):
                return Chosen(
                    await asyncio.to_thread(package_of_archive, base64.b64decode(spec["archive"], validate=True))
                )
            return await self._from_catalog(spec, installed)
        except CatalogError as error:
            raise Refused("NoPackage", [str(error)]) from None
        except binascii.Error:
            raise Refused("NoPackage", ["spec.archive is not base64"]) from None

    async def _from_catalog(self, spec: dict[str, Any], installed: str) -> Chosen:
        catalog = self._catalog(spec["catalog"])
        if catalog is None:
            raise Refused("NoCatalog", [f"there is no catalog {spec['catalog']}: see bouvier catalog ls"])
        entry = self._entry(object_name(spec["catalog"], spec["entry"]))
        if entry is None:
            raise Refused("NoEntry", [f"the catalog {spec['catalog']} has no entry {spec['entry']}"])
        described = entry["spec"]
        wanted = spec.get("version") or (newest_version(described) if installed else default_version(described))
        version = version_from(choose(described["versions"], wanted, described["name"]))
        _check_upgrade(version, installed)
        source = catalog["spec"]["source"]
        package = await self._library.package(spec["catalog"], source, described, version)
        return Chosen(package, version, tuple(described.get("images") or ()))


def _check_upgrade(version: EntryVersion, installed: str) -> None:
    known = version_or_none(installed) if installed and installed != version.version else None
    if known and version.upgrade_from and not parse_range(version.upgrade_from).matches(known):
        raise Refused(
            "NoUpgradePath",
            [f"version {version.version} can only be reached from {version.upgrade_from}; {installed} is installed"],
        )
