"""Release: an entry of a catalog, or a chart, installed with answers. Its revisions are Secrets that Helm can read.

Specs hold answers, and those passwords: they are sealed in the store.
"""

from __future__ import annotations

from bouvier.kinds.catalog_v1.release_spec import LONGEST_NAME, PROPERTIES, errors_of
from bouvier.kinds.catalog_v1.schemas import CONDITIONS, NUMBER, TEXT, TEXTS, described, listed, objects, root
from bouvier.kinds.columns import AGE, NAME, cell, number, text, value_at
from bouvier.kinds.kind import Kind
from bouvier.kinds.subresources import with_status
from bouvier.meta.errors import FieldError, invalid
from bouvier.meta.gvk import Resource
from bouvier.meta.objects import Obj

RESOURCE = Resource("catalog.bouvier.io", "v1", "releases", "Release")
_OBJECT = dict.fromkeys(("apiVersion", "kind", "namespace", "name", "lack"), TEXT)
_STATUS = objects(
    {
        "observedGeneration": NUMBER,
        "phase": described(TEXT, "Installing, Upgrading, RollingBack, Deployed, Failed or Uninstalling."),
        "revision": NUMBER,
        "chart": described(TEXT, "Name of the chart or template."),
        "version": TEXT,
        "appVersion": TEXT,
        "upgrade": described(TEXT, "A newer version of the catalog, if there is one."),
        "notes": described(TEXT, "What the chart says after it was installed."),
        "ignored": described(TEXTS, "Keys of a compose template that have no effect."),
        "objects": described(listed(_OBJECT, "kind", "name"), "What the release consists of; lack: what it waits for."),
        "history": listed(
            {
                "revision": NUMBER,
                "version": TEXT,
                "status": TEXT,
                "deployed": TEXT,
                "description": TEXT,
            },
            "revision",
        ),
        "conditions": CONDITIONS,
    }
)


def _validate(obj: Obj) -> list[FieldError]:
    errors = errors_of(obj.get("spec") or {})
    name = obj["metadata"].get("name", "")
    if len(name) > LONGEST_NAME:
        errors.append(invalid("metadata.name", name, f"must be no more than {LONGEST_NAME} characters"))
    return errors


def _origin(obj: Obj) -> str:
    spec = obj.get("spec") or {}
    if spec.get("catalog"):
        return f"{spec['catalog']}/{spec.get('entry', '')}"
    return str((obj.get("status") or {}).get("chart") or "archive")


def _lack(obj: Obj) -> str:
    for condition in value_at(obj, ("status", "conditions")) or ():
        if condition.get("type") == "Ready":
            return "" if condition.get("status") == "True" else str(condition.get("message", ""))
    return ""


KIND = Kind(
    resource=RESOURCE,
    singular="release",
    definition="",
    columns=(
        NAME,
        cell("Entry", _origin),
        text("Version", "status", "version"),
        number("Revision", "status", "revision"),
        text("Phase", "status", "phase"),
        cell("Waiting For", _lack),
        AGE,
    ),
    subresources=with_status(RESOURCE),
    has_generation=True,
    sealed=True,
    validate=_validate,
    name_rule="label",
    schema=root(objects(PROPERTIES), _STATUS),
)
