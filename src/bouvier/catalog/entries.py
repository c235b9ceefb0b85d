"""What a catalog offers: entries with versions, and the packages behind them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from bouvier.catalog.questions import Question
from bouvier.catalog.versions import Version, parse_version, version_or_none

CHART, COMPOSE = "chart", "compose"
README_CHARACTERS = 60_000
ICON_BYTES = 64 * 1024
"""Larger icons are left out: entries are listed often, and an object may have 3 MiB."""


class CatalogError(Exception):
    """A catalog cannot be read, or does not have what is asked for; the text says what to do."""


@dataclass(slots=True)
class EntryVersion:
    """One version of an entry."""

    version: str
    path: str = ""
    """Folder within the catalog; empty when it is downloaded."""
    url: str = ""
    digest: str = ""
    """SHA-256 of the download in hex, if the repository names it."""
    app_version: str = ""
    description: str = ""
    created: str = ""
    questions: list[Question] = field(default_factory=list)
    upgrade_from: str = ""
    """Range of versions that may be upgraded to this one; empty: any."""
    deprecated: bool = False


@dataclass(slots=True)
class Entry:
    """Something that can be installed."""

    name: str
    format: str
    """`chart` or `compose`."""
    title: str = ""
    description: str = ""
    category: str = ""
    maintainer: str = ""
    license: str = ""
    project_url: str = ""
    icon: str = ""
    """Data URL."""
    readme: str = ""
    default_version: str = ""
    versions: list[EntryVersion] = field(default_factory=list)
    """Newest first."""
    values: str = ""
    """`values.yaml` of the newest version, with its comments."""
    images: list[str] = field(default_factory=list)
    """Images that are made on the machine before it runs (`bouvier images seed NAME`)."""


class Package(NamedTuple):
    """The files of one version, ready to be rendered."""

    format: str
    name: str
    version: str
    files: dict[str, bytes]
    questions: tuple[Question, ...] = ()


_SLUG = re.compile(r"[^a-z0-9.-]+")


def object_name(catalog: str, entry: str) -> str:
    """Return the name of the API object of an entry."""
    return f"{catalog}.{_SLUG.sub('-', entry.lower()).strip('-.')}"


def newest_first(versions: list[EntryVersion]) -> list[EntryVersion]:
    """Return versions in order, those that are no semantic version last, in the order that they came in."""
    known = [one for one in versions if version_or_none(one.version)]
    known.sort(key=lambda one: parse_version(one.version), reverse=True)
    return known + [one for one in versions if version_or_none(one.version) is None]


def default_version(entry: dict[str, Any]) -> str:
    """Return the version that an entry's spec offers first: as a Rancher catalog says, else the newest."""
    return str(entry.get("defaultVersion") or newest_version(entry))


def newest_version(entry: dict[str, Any]) -> str:
    """Return the newest version of an entry's spec: of compose templates the first, of charts none before its release.

    Raises:
        CatalogError: it has none.
    """
    versions = entry["versions"]
    if entry["format"] == COMPOSE and versions:
        return str(versions[0]["version"])
    return str(choose(versions, "", entry["name"])["version"])


def is_newer(entry: dict[str, Any], one: str, other: str) -> bool:
    """Tell whether one version of an entry's spec is newer than another, which may no longer be among them.

    Rancher's catalogs number their versions' folders, whatever the versions are called.
    """
    order = [version["version"] for version in entry["versions"]]
    if entry["format"] == COMPOSE and one in order and other in order:
        return order.index(one) < order.index(other)
    left, right = version_or_none(one), version_or_none(other)
    return bool(left and right and left > right)


def choose(versions: list[dict[str, Any]], wanted: str, entry: str) -> dict[str, Any]:
    """Return the version that is asked for, without a wish the newest that is no pre-release.

    Raises:
        CatalogError: there is none.
    """
    if wanted:
        exact = [one for one in versions if one["version"] == wanted or one["version"] == f"v{wanted}"]
        same = [one for one in versions if _parsed(one) is not None and _parsed(one) == version_or_none(wanted)]
        if exact or same:
            return (exact or same)[0]
        have = ", ".join(one["version"] for one in versions[:10])
        raise CatalogError(f"{entry} has no version {wanted}; there are {have}")
    if not versions:
        raise CatalogError(f"{entry} has no versions")
    stable = [one for one in versions if (version := _parsed(one)) is None or not version.prerelease]
    return (stable or versions)[0]


def _parsed(version: dict[str, Any]) -> Version | None:
    return version_or_none(version["version"])
