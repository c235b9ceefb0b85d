"""A chart repository: `index.yaml` over HTTP(S) or in a folder, and the archives that it names.

Source: https://helm.sh/docs/topics/chart_repository/
"""

from __future__ import annotations

import hashlib
from typing import Any
from urllib.parse import urljoin

from bouvier.catalog.documents.yaml_reading import YamlError, read_yaml
from bouvier.catalog.entries import CHART, CatalogError, Entry, EntryVersion, newest_first
from bouvier.catalog.versions import version_or_none

INDEX = "index.yaml"
MOST_VERSIONS = 200
"""Of one chart, newest first: an object of the API holds no more."""


def read_index(text: str) -> tuple[list[Entry], list[str]]:
    """Return the entries of an `index.yaml`, and a line for each version that cannot be used.

    Raises:
        CatalogError: it is no index.
    """
    try:
        found = read_yaml(text)
    except YamlError as error:
        raise CatalogError(f"{INDEX}: {error}") from None
    charts = found.get("entries") if isinstance(found, dict) else None
    if not isinstance(charts, dict):
        raise CatalogError(f"{INDEX}: expected a mapping with entries: this is no chart repository")
    entries: list[Entry] = []
    problems: list[str] = []
    for name, listed in sorted(charts.items()):
        usable = [one for one in listed or () if isinstance(one, dict) and _is_usable(one)]
        if not usable:
            problems.append(f"{name}: no version with a version number and a url")
            continue
        if usable[0].get("type") != "library":
            entries.append(_entry(name, usable))
    return entries, problems


def _is_usable(listed: dict[str, Any]) -> bool:
    urls = listed.get("urls")
    return bool(version_or_none(str(listed.get("version", ""))) and isinstance(urls, list) and urls)


def _entry(name: str, listed: list[dict[str, Any]]) -> Entry:
    versions = newest_first([_version(one) for one in listed])[:MOST_VERSIONS]
    newest = next(one for one in listed if str(one["version"]) == versions[0].version)
    return Entry(
        name=name,
        format=CHART,
        title=name,
        description=str(newest.get("description") or ""),
        project_url=str(newest.get("home") or ""),
        maintainer=", ".join(
            str(one.get("name", "")) for one in newest.get("maintainers") or () if isinstance(one, dict)
        ),
        category=str((newest.get("annotations") or {}).get("category") or ""),
        versions=versions,
    )


def _version(listed: dict[str, Any]) -> EntryVersion:
    return EntryVersion(
        version=str(listed["version"]),
        url=str(listed["urls"][0]),
        digest=str(listed.get("digest") or "").removeprefix("sha256:"),
        app_version=str(listed.get("appVersion") or ""),
        description=str(listed.get("description") or ""),
        created=str(listed.get("created") or ""),
        deprecated=listed.get("deprecated") is True,
    )


def absolute(base: str, url: str) -> str:
    """Return the URL of an archive, which an index may name relative to itself."""
    return urljoin(base.rstrip("/") + "/", url)


def check_digest(data: bytes, digest: str, what: str) -> None:
    """Refuse a download that is not what the index says.

    Raises:
        CatalogError: the digests differ.
    """
    found = hashlib.sha256(data).hexdigest()
    if digest and digest.lower() != found:
        raise CatalogError(f"{what}: its digest is sha256:{found}, the repository's index says sha256:{digest}")
