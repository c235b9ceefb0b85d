"""When a schema is structural: every field has one type, in one place.

Source: https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#specifying-a-structural-schema
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from bouvier.kinds import fields
from bouvier.kinds.apiextensions_v1.extensions import check_keywords, check_root
from bouvier.kinds.custom import schema_problem
from bouvier.kinds.decoding import check_value
from bouvier.kinds.fields import Errors
from bouvier.kinds.rules.checks import check_schema_rules
from bouvier.meta.errors import forbidden_field, required

_SCHEMA = "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaProps"
_TYPES = ("array", "boolean", "integer", "number", "object", "string")
_LOGICAL = ("allOf", "anyOf", "oneOf", "not")
_NOT_IN_LOGIC = ("description", "type", "default", "additionalProperties", "nullable")
_UNSUPPORTED = ("$ref", "dependencies", "definitions", "patternProperties", "additionalItems", "deprecated", "id")
_LIST_TYPES = ("atomic", "map", "set")
_MAP_TYPES = ("atomic", "granular")

Schema = Mapping[str, Any]


def validate_structural(path: str, schema: Schema) -> Errors:
    """Check the schema of one version."""
    errors = list(_wrong_types(path, schema)) or list(_root(path, schema))
    yield from errors
    problem = "" if errors else schema_problem(schema)
    if problem:
        yield fields.invalid(path, "", problem)
    if not errors:
        yield from check_schema_rules(path, schema)


def _root(path: str, schema: Schema) -> Errors:
    if schema.get("type") != "object":
        yield fields.invalid(f"{path}.type", schema.get("type") or "", "must be object at the root")
    if schema.get("nullable"):
        yield forbidden_field(f"{path}.nullable", "nullable cannot be true at the root")
    yield from check_root(path, schema)
    yield from _place(path, schema)


def _wrong_types(path: str, schema: Schema) -> Errors:
    """Check the parts that decoding leaves open, because they may be a schema or something else."""
    for field in ("items", "additionalProperties"):
        part = schema.get(field)
        if part is None or (isinstance(part, bool) and field == "additionalProperties"):
            continue
        if not isinstance(part, Mapping):
            yield fields.invalid(f"{path}.{field}", part, "must be a schema")
            continue
        errors = check_value(_SCHEMA, part).errors
        yield from (error._replace(field=f"{path}.{field}.{error.field}") for error in errors)
        if not errors:
            yield from _wrong_types(f"{path}.{field}", part)
    for name, child in (schema.get("properties") or {}).items():
        yield from _wrong_types(f"{path}.properties[{name}]", child)
    for place, part in _logical_parts(path, schema):
        yield from _wrong_types(place, part)


def _logical_parts(path: str, schema: Schema) -> Iterator[tuple[str, Schema]]:
    for field in _LOGICAL:
        parts = schema.get(field) or []
        if isinstance(parts, list):
            yield from ((f"{path}.{field}[{index}]", part) for index, part in enumerate(parts))
        else:
            yield f"{path}.{field}", parts


def _place(path: str, schema: Schema) -> Errors:
    yield from _type(path, schema)
    for field in _UNSUPPORTED:
        if schema.get(field):
            yield forbidden_field(f"{path}.{field}", f"{field} is not supported")
    properties, values = schema.get("properties"), schema.get("additionalProperties")
    if properties and values not in (None, False):
        detail = "additionalProperties and properties are mutual exclusive"
        yield forbidden_field(f"{path}.additionalProperties", detail)
    if values is False:
        yield forbidden_field(f"{path}.additionalProperties", "additionalProperties cannot be set to false")
    if schema.get("uniqueItems"):
        yield forbidden_field(
            f"{path}.uniqueItems", "uniqueItems cannot be set to true since the runtime complexity becomes quadratic"
        )
    yield from _lists(path, schema)
    yield from check_keywords(path, schema)
    yield from _children(path, schema)
    for place, part in _logical_parts(path, schema):
        yield from _logical(place, part, is_union=bool(schema.get("x-kubernetes-int-or-string")))


def _children(path: str, schema: Schema) -> Errors:
    for name, child in (schema.get("properties") or {}).items():
        yield from _place(f"{path}.properties[{name}]", child)
    if isinstance(schema.get("items"), Mapping):
        yield from _place(f"{path}.items", schema["items"])
    if isinstance(schema.get("additionalProperties"), Mapping):
        yield from _place(f"{path}.additionalProperties", schema["additionalProperties"])


def _type(path: str, schema: Schema) -> Errors:
    declared = schema.get("type")
    is_free = schema.get("x-kubernetes-preserve-unknown-fields") or schema.get("x-kubernetes-int-or-string")
    if declared is None or declared == "":
        if not is_free:
            yield required(f"{path}.type", "must not be empty for specified object fields")
        return
    if declared not in _TYPES:
        yield fields.unsupported(f"{path}.type", declared, _TYPES)
    if schema.get("x-kubernetes-int-or-string"):
        detail = "must be empty if x-kubernetes-int-or-string is true"
        yield fields.invalid(f"{path}.type", declared, detail)
    if declared == "array" and schema.get("items") is None:
        yield required(f"{path}.items", "must be specified")


def _lists(path: str, schema: Schema) -> Errors:
    kind, keys = schema.get("x-kubernetes-list-type"), schema.get("x-kubernetes-list-map-keys")
    if kind is not None:
        yield from fields.one_of(f"{path}.x-kubernetes-list-type", kind, _LIST_TYPES)
        if schema.get("type") != "array":
            detail = "must be array if x-kubernetes-list-type is specified"
            yield fields.invalid(f"{path}.type", schema.get("type") or "", detail)
    if kind == "map" and not keys:
        detail = "must not be empty if x-kubernetes-list-type is map"
        yield required(f"{path}.x-kubernetes-list-map-keys", detail)
    elif keys and kind != "map":
        yield fields.invalid(
            f"{path}.x-kubernetes-list-type", kind, "must be map if x-kubernetes-list-map-keys is non-empty"
        )
    members = ((schema.get("items") or {}).get("properties") or {}) if keys else {}
    for index, key in enumerate(keys or ()):
        if key not in members:
            place = f"{path}.x-kubernetes-list-map-keys[{index}]"
            yield fields.invalid(place, key, "entries must all be names of item properties")
    yield from fields.optional_one_of(f"{path}.x-kubernetes-map-type", schema.get("x-kubernetes-map-type"), _MAP_TYPES)


def _logical(path: str, schema: Schema, *, is_union: bool) -> Errors:
    """Check a part of a logical junctor: it restricts values and declares nothing."""
    for field in _NOT_IN_LOGIC:
        if schema.get(field) and not (is_union and field == "type"):
            yield forbidden_field(f"{path}.{field}", "must be empty to be structural")
    for name, child in (schema.get("properties") or {}).items():
        yield from _logical(f"{path}.properties[{name}]", child, is_union=is_union)
