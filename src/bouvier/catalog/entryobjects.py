"""Entries as API objects, and back."""

from __future__ import annotations

from typing import Any

from bouvier.catalog.entries import Entry, EntryVersion, object_name
from bouvier.catalog.questions import question_of
from bouvier.kinds.catalog_v1 import catalogentries
from bouvier.meta.objects import Obj

CATALOG_LABEL = "catalog.bouvier.io/catalog"
MOST_CHARACTERS = 1_500_000
"""Of one entry: older versions beyond it are left out."""
_VERSION_NAMES = {"app_version": "appVersion", "upgrade_from": "upgradeFrom"}
_ENTRY_NAMES = {"project_url": "projectURL", "default_version": "defaultVersion"}


def entry_object(catalog: Obj, entry: Entry) -> Obj:
    """Return the CatalogEntry of an entry; it goes when its Catalog does."""
    name = catalog["metadata"]["name"]
    spec: dict[str, Any] = {"catalog": name}
    for field in Entry.__slots__:
        value = getattr(entry, field)
        if value and field != "versions":
            spec[_ENTRY_NAMES.get(field, field)] = value
    spec["versions"] = _within_limit(described_versions(entry))
    owner = {
        "apiVersion": catalog["apiVersion"],
        "kind": catalog["kind"],
        "name": name,
        "uid": catalog["metadata"]["uid"],
    }
    return {
        "apiVersion": catalogentries.RESOURCE.api_version,
        "kind": catalogentries.RESOURCE.kind,
        "metadata": {
            "name": object_name(name, entry.name),
            "labels": {CATALOG_LABEL: name},
            "ownerReferences": [owner],
        },
        "spec": spec,
    }


def described_versions(entry: Entry) -> list[dict[str, Any]]:
    """Return an entry's versions as an object describes them."""
    return [_version(one) for one in entry.versions]


def _within_limit(versions: list[dict[str, Any]]) -> list[dict[str, Any]]:
    kept: list[dict[str, Any]] = []
    size = 0
    for version in versions:
        size += len(repr(version))
        if kept and size > MOST_CHARACTERS:
            break
        kept.append(version)
    return kept


def _version(version: EntryVersion) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for field in EntryVersion.__slots__:
        value = getattr(version, field)
        if value and field != "questions":
            made[_VERSION_NAMES.get(field, field)] = value
    if version.questions:
        made["questions"] = [question.described() for question in version.questions]
    return made


def version_from(described: dict[str, Any]) -> EntryVersion:
    """Return the version that an object describes."""
    names = {wire: field for field, wire in _VERSION_NAMES.items()}
    fields = {names.get(name, name): value for name, value in described.items() if name != "questions"}
    return EntryVersion(**fields, questions=[question_of(one) for one in described.get("questions") or ()])
