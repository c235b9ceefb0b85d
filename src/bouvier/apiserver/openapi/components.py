"""Which definitions a document holds: those of its kinds and all that they refer to.

A kind made at run time has no definition of its own, so it gets one here, named after its reversed group, with the
fields that every object has.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any, NamedTuple

from bouvier.apiserver.openapi.dialects import PRESERVES, Dialect, Schema, custom, native
from bouvier.kinds.definitions import OBJECT_META, closure, definitions
from bouvier.kinds.kind import Kind, Subresource

_META = "io.k8s.apimachinery.pkg.apis.meta.v1."
DELETE_OPTIONS = _META + "DeleteOptions"
STATUS = _META + "Status"
PATCH = _META + "Patch"
LIST_META = _META + "ListMeta"
_ALWAYS = (DELETE_OPTIONS, STATUS, PATCH)


class GroupVersionKind(NamedTuple):
    """What `x-kubernetes-group-version-kind` says."""

    group: str
    version: str
    kind: str


def gvk_of(kind: Kind) -> GroupVersionKind:
    """Return group, version and kind."""
    return GroupVersionKind(kind.resource.group, kind.resource.version, kind.resource.kind)


def name_of(kind: Kind) -> str:
    """Return the name of the kind's definition."""
    return kind.definition or _custom_name(kind)


def list_name_of(kind: Kind) -> str:
    """Return the name of the definition of the kind's list."""
    return name_of(kind) + "List"


def body_name_of(kind: Kind, sub: Subresource) -> str:
    """Return the name of the definition of a subresource's body, empty when there is none."""
    wanted = GroupVersionKind(sub.group, sub.version, sub.kind)
    return name_of(kind) if wanted == gvk_of(kind) else _native_names().get(wanted, "")


def components(kinds: Iterable[Kind], dialect: Dialect) -> dict[str, Schema]:
    """Return every definition that documents about these kinds refer to, by name."""
    found: dict[str, Mapping[str, Any]] = {}
    made: dict[str, Schema] = {}
    for name in _ALWAYS:
        found |= closure(name)
    for kind in kinds:
        for name in _native_roots(kind):
            if name not in found:
                found |= closure(name)
        if not kind.definition:
            made |= _custom_definitions(kind, dialect)
    schemas = {name: native(schema, dialect) for name, schema in found.items()} | made
    return dict(sorted(schemas.items()))


@cache
def _native_names() -> dict[GroupVersionKind, str]:
    """Return the names of the definitions of kinds; those of options, which are in every group, are left out."""
    names = {}
    for name, schema in definitions().items():
        listed = schema.get("x-kubernetes-group-version-kind") or []
        if len(listed) == 1:
            gvk = GroupVersionKind(listed[0]["group"], listed[0]["version"], listed[0]["kind"])
            names[gvk] = name
    return names


def _native_roots(kind: Kind) -> list[str]:
    names = [body_name_of(kind, sub) for sub in kind.subresources.values()]
    names += [kind.definition, kind.definition + "List"] if kind.definition else [OBJECT_META, LIST_META]
    return [name for name in names if name in definitions()]


def _custom_name(kind: Kind) -> str:
    reversed_group = ".".join(reversed(kind.resource.group.split(".")))
    return f"{reversed_group}.{kind.resource.version}.{kind.resource.kind}"


def _custom_definitions(kind: Kind, dialect: Dialect) -> dict[str, Schema]:
    gvk = gvk_of(kind)
    schema = _custom_schema(kind, dialect)
    schema["x-kubernetes-group-version-kind"] = [gvk._asdict()]
    item = dialect.reference(name_of(kind), {})
    list_schema = {
        "description": f"{gvk.kind}List is a list of {gvk.kind}",
        "type": "object",
        "required": ["items"],
        "properties": _object_fields(LIST_META, dialect) | {"items": {"type": "array", "items": item}},
        "x-kubernetes-group-version-kind": [gvk._replace(kind=f"{gvk.kind}List")._asdict()],
    }
    return {name_of(kind): schema, list_name_of(kind): list_schema}


def _custom_schema(kind: Kind, dialect: Dialect) -> Schema:
    """Return the schema of a custom kind; one that keeps unknown fields is no more than an object in version 2."""
    if kind.schema is None or (kind.schema.get(PRESERVES) and not dialect.has_logic):
        return {"type": "object"}
    schema = _with_embedded(custom(kind.schema, dialect), dialect)
    schema["properties"] = schema.get("properties", {}) | _object_fields(OBJECT_META, dialect)
    return schema


def _with_embedded(schema: Schema, dialect: Dialect) -> Schema:
    """Add what every object has to the schemas of objects within objects."""
    result = dict(schema)
    if "properties" in schema:
        result["properties"] = {name: _with_embedded(one, dialect) for name, one in schema["properties"].items()}
    for key in ("items", "additionalProperties"):
        if isinstance(schema.get(key), dict):
            result[key] = _with_embedded(schema[key], dialect)
    if schema.get("x-kubernetes-embedded-resource") and (dialect.has_logic or not schema.get(PRESERVES)):
        result["properties"] = result.get("properties", {}) | _object_fields(OBJECT_META, dialect)
        result["required"] = list(dict.fromkeys([*result.get("required", ()), "kind", "apiVersion"]))
    return result


def _object_fields(metadata: str, dialect: Dialect) -> dict[str, Schema]:
    return {
        "apiVersion": {"type": "string", "description": "Group and version of the schema of this object."},
        "kind": {"type": "string", "description": "Name of the schema of this object, in CamelCase."},
        "metadata": dialect.reference(metadata, {"description": "Standard metadata."}),
    }
