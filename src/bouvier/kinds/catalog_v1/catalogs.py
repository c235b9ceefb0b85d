"""Catalog: where applications come from, a Git repository, a folder on the server or a chart repository."""

from __future__ import annotations

from bouvier.kinds.catalog_v1.schemas import (
    CONDITIONS,
    FLAG,
    NUMBER,
    TEXT,
    TEXTS,
    described,
    objects,
    root,
)
from bouvier.kinds.columns import AGE, NAME, cell, number, text
from bouvier.kinds.kind import Kind
from bouvier.kinds.subresources import with_status
from bouvier.meta.errors import FieldError, invalid, required
from bouvier.meta.gvk import Resource
from bouvier.meta.objects import Obj, condition_of

RESOURCE = Resource("catalog.bouvier.io", "v1", "catalogs", "Catalog", namespaced=False)
SOURCES = ("git", "repository", "folder", "builtin")
SHORTEST_REFRESH_SECONDS = 30
_SOURCE = objects(
    {
        "git": objects(
            {
                "url": described(TEXT, "URL or path of the repository, without a password."),
                "branch": described(TEXT, "Branch or tag; the repository's own when absent."),
                "path": described(TEXT, "Folder within the repository that is the catalog."),
            },
            "url",
        ),
        "repository": objects({"url": described(TEXT, "Where the chart repository's index.yaml is.")}, "url"),
        "folder": described(TEXT, "Absolute path of a folder on the server."),
        "builtin": described(FLAG, "The catalog that is part of the platform."),
    }
)
_SPEC = objects(
    {
        "source": described(_SOURCE, "Exactly one of git, repository, folder, builtin."),
        "refreshSeconds": described(NUMBER, "Time between two looks at the source; 3600 when absent."),
        "description": TEXT,
    },
    "source",
)
_STATUS = objects(
    {
        "observedGeneration": NUMBER,
        "layout": described(TEXT, "rancher, charts or repository."),
        "commit": described(TEXT, "What was read: the commit, or a digest of the index."),
        "entries": described(NUMBER, "How many entries it has."),
        "problems": described(TEXTS, "Entries that cannot be used, and why."),
        "refreshed": described(TEXT, "When it was read last."),
        "mark": described(TEXT, "The annotation catalog.bouvier.io/refresh that was seen then."),
        "conditions": CONDITIONS,
    }
)


def _validate(obj: Obj) -> list[FieldError]:
    spec = obj.get("spec") or {}
    source = spec.get("source") or {}
    named = [name for name in SOURCES if source.get(name)]
    if len(named) != 1:
        return [invalid("spec.source", sorted(source), "must have exactly one of git, repository, folder, builtin")]
    errors = _source_errors(named[0], source[named[0]])
    if "." in obj["metadata"].get("name", ""):
        errors.append(invalid("metadata.name", obj["metadata"]["name"], "must not have a dot: entries are NAME.ENTRY"))
    seconds = spec.get("refreshSeconds")
    if seconds is not None and seconds < SHORTEST_REFRESH_SECONDS:
        errors.append(invalid("spec.refreshSeconds", seconds, f"must be at least {SHORTEST_REFRESH_SECONDS}"))
    return errors


def _source_errors(name: str, source: object) -> list[FieldError]:
    if name == "folder" and not str(source).startswith("/"):
        return [invalid("spec.source.folder", source, "must be an absolute path")]
    if isinstance(source, dict):
        url = source.get("url")
        if not url:
            return [required(f"spec.source.{name}.url")]
        if str(url).startswith("-"):
            return [invalid(f"spec.source.{name}.url", url, "must be a URL or a path")]
        if name == "repository" and not str(url).startswith(("http://", "https://")):
            return [invalid("spec.source.repository.url", url, "must begin with http:// or https://")]
    return []


def _source_text(obj: Obj) -> str:
    source = obj.get("spec", {}).get("source") or {}
    for name in ("git", "repository"):
        if source.get(name):
            return str(source[name].get("url", ""))
    return str(source.get("folder") or ("builtin" if source.get("builtin") else ""))


def _ready(obj: Obj) -> str:
    return str((condition_of(obj, "Ready") or {}).get("status", "Unknown"))


KIND = Kind(
    resource=RESOURCE,
    singular="catalog",
    definition="",
    columns=(
        NAME,
        cell("Source", _source_text),
        text("Layout", "status", "layout"),
        number("Entries", "status", "entries"),
        cell("Ready", _ready),
        AGE,
    ),
    subresources=with_status(RESOURCE),
    has_generation=True,
    validate=_validate,
    name_rule="label",
    schema=root(_SPEC, _STATUS),
)
