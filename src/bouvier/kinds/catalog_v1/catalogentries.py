"""CatalogEntry: something that a catalog offers, with its versions and what each asks. Written by the platform.

Its name is `CATALOG.ENTRY`.
"""

from __future__ import annotations

from bouvier.kinds.catalog_v1.schemas import FLAG, NUMBER, TEXT, TEXTS, described, listed, objects
from bouvier.kinds.columns import AGE, NAME, cell, text
from bouvier.kinds.kind import Kind
from bouvier.meta.gvk import Resource
from bouvier.meta.objects import Obj

RESOURCE = Resource("catalog.bouvier.io", "v1", "catalogentries", "CatalogEntry", namespaced=False)
_REAL = {"type": "number"}
QUESTION = {
    "variable": TEXT,
    "type": TEXT,
    "label": TEXT,
    "description": TEXT,
    "required": FLAG,
    "default": TEXT,
    "options": TEXTS,
    "group": TEXT,
    "min": _REAL,
    "max": _REAL,
    "minLength": NUMBER,
    "maxLength": NUMBER,
    "validChars": TEXT,
    "invalidChars": TEXT,
    "showIf": described(TEXT, "Asked only when this holds: a=true&&b=x."),
}
_VERSION = {
    "version": TEXT,
    "path": TEXT,
    "url": TEXT,
    "digest": TEXT,
    "appVersion": TEXT,
    "description": TEXT,
    "created": TEXT,
    "deprecated": FLAG,
    "upgradeFrom": described(TEXT, "Versions that can be upgraded to this one."),
    "questions": listed(QUESTION, "variable", "type"),
}
_SPEC = objects(
    {
        "catalog": TEXT,
        "name": TEXT,
        "format": described(TEXT, "chart or compose."),
        "title": TEXT,
        "description": TEXT,
        "category": TEXT,
        "maintainer": TEXT,
        "license": TEXT,
        "projectURL": TEXT,
        "icon": described(TEXT, "Data URL."),
        "readme": TEXT,
        "values": described(TEXT, "values.yaml of the newest version."),
        "images": described(TEXTS, "Images that are made on the machine before it runs."),
        "defaultVersion": TEXT,
        "versions": listed(_VERSION, "version"),
    },
    "catalog",
    "name",
    "format",
    "versions",
)


def _newest(obj: Obj) -> str:
    spec = obj.get("spec") or {}
    versions = spec.get("versions") or [{}]
    return str(spec.get("defaultVersion") or versions[0].get("version", ""))


def _count(obj: Obj) -> int:
    return len((obj.get("spec") or {}).get("versions") or ())


KIND = Kind(
    resource=RESOURCE,
    singular="catalogentry",
    definition="",
    columns=(
        NAME,
        text("Format", "spec", "format"),
        cell("Version", _newest),
        cell("Versions", _count, kind="integer"),
        text("Category", "spec", "category"),
        AGE,
    ),
    schema=objects({"spec": _SPEC}, "spec"),
)
