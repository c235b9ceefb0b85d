"""Stack: Compose and rancher-compose texts whose services roll out, roll back and are removed together.

The texts are kept as they were given; whether they are understood stands in the status. A Stack can hold secrets (its
variables and files), so it is sealed in the store.
"""

from __future__ import annotations

from typing import Any

from bouvier.kinds import fields, subresources
from bouvier.kinds.columns import AGE, NAME, cell, number, value_at
from bouvier.kinds.fields import Errors
from bouvier.kinds.kind import Kind
from bouvier.meta.errors import FieldError, required
from bouvier.meta.gvk import Resource
from bouvier.meta.objects import Obj, condition_of

STACKS = Resource("stacks.bouvier.io", "v1", "stacks", "Stack")
HISTORY_LIMIT = 10
LONGEST_NAME = 40
"""Leaves room for what is appended to make the names of secrets and revisions."""

_TEXT = {"type": "string"}
_TEXTS = {"type": "array", "items": _TEXT}
_TEXT_MAP = {"type": "object", "additionalProperties": _TEXT}


def _object(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties}


_SPEC = _object(
    compose=_TEXT,
    overrides=_TEXTS,
    rancherCompose=_TEXT,
    environment=_TEXT_MAP,
    files=_TEXT_MAP,
    profiles=_TEXTS,
    baseFolder=_TEXT,
    paused={"type": "boolean"},
    pinned={"type": "object", "additionalProperties": {"type": "integer", "format": "int64"}},
    revisionHistoryLimit={"type": "integer", "format": "int32"},
) | {"required": ["compose"]}
_SERVICE = _object(
    name=_TEXT,
    kind=_TEXT,
    state=_TEXT,
    message=_TEXT,
    ready={"type": "integer"},
    desired={"type": "integer"},
    images=_TEXTS,
    needs=_TEXTS,
)
_CONDITION = _object(type=_TEXT, status=_TEXT, reason=_TEXT, message=_TEXT, lastTransitionTime=_TEXT)
_STATUS = _object(
    observedGeneration={"type": "integer", "format": "int64"},
    revision={"type": "integer", "format": "int64"},
    goodRevision={"type": "integer", "format": "int64"},
    services={"type": "array", "items": _SERVICE},
    conditions={"type": "array", "items": _CONDITION},
    ignored={"type": "array", "items": _object(path=_TEXT, reason=_TEXT)},
)
_SCHEMA = _object(apiVersion=_TEXT, kind=_TEXT, metadata={"type": "object"}, spec=_SPEC, status=_STATUS) | {
    "required": ["spec"]
}


def default(obj: Obj) -> None:
    """Fill the length of the history."""
    obj.get("spec", {}).setdefault("revisionHistoryLimit", HISTORY_LIMIT)


def validate(obj: Obj) -> list[FieldError]:
    """Check what can be checked without reading the texts."""
    return list(_errors(obj))


def _errors(obj: Obj) -> Errors:
    spec = obj.get("spec") or {}
    if len(obj["metadata"].get("name", "")) > LONGEST_NAME:
        yield fields.invalid(
            "metadata.name", obj["metadata"]["name"], f"must be no more than {LONGEST_NAME} characters"
        )
    if not str(spec.get("compose") or "").strip():
        yield required("spec.compose")
    yield from fields.positive("spec.revisionHistoryLimit", spec.get("revisionHistoryLimit"))


def _ready(obj: Obj) -> str:
    services = value_at(obj, ("status", "services")) or []
    return f"{sum(1 for one in services if one.get('state') in ('ready', 'ended'))}/{len(services)}"


def _state(obj: Obj) -> str:
    condition = condition_of(obj, "Ready") or {}
    return str(condition.get("message") or "is being read")


KIND = Kind(
    resource=STACKS,
    singular="stack",
    definition="",
    categories=("all",),
    name_rule="label",
    schema=_SCHEMA,
    subresources=subresources.with_status(STACKS),
    has_generation=True,
    sealed=True,
    default=default,
    validate=validate,
    columns=(NAME, cell("Ready", _ready), number("Revision", "status", "revision"), cell("State", _state), AGE),
)
