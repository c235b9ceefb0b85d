"""Turning the kinds' schemas back into OpenAPI, in the dialect of version 2 or of version 3.

The data that the kinds are made from is JSON Schema: a field that may be absent has the type `[type, "null"]`,
references point into `$defs`, objects say `additionalProperties: false`. All of that is undone here, by structure:
names of properties are never taken for keywords (JSONSchemaProps has properties named `$ref`, `type` and `oneOf`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from bouvier.kinds.definitions import reference_of, type_of

Schema = dict[str, Any]


class Dialect(NamedTuple):
    """What differs between the versions of OpenAPI."""

    reference: Callable[[str, Schema], Schema]
    """Make a reference to a definition from its name and the keywords beside it."""
    int_or_string: Schema
    quantity: Schema
    has_logic: bool
    """Whether `oneOf`, `anyOf`, `not` and `nullable` exist."""


def _reference_v3(name: str, beside: Schema) -> Schema:
    reference = {"$ref": f"#/components/schemas/{name}"}
    return {"allOf": [reference], "default": {}} | beside if beside else reference


def _reference_v2(name: str, beside: Schema) -> Schema:
    return {"$ref": f"#/definitions/{name}"} | beside


V3 = Dialect(
    _reference_v3,
    {"format": "int-or-string", "oneOf": [{"type": "integer"}, {"type": "string"}]},
    {"oneOf": [{"type": "string"}, {"type": "number"}]},
    has_logic=True,
)
V2 = Dialect(
    _reference_v2,
    {"type": "string", "format": "int-or-string"},
    {"type": "string"},
    has_logic=False,
)

_LOGIC = frozenset(("oneOf", "anyOf", "allOf", "not", "nullable"))
_LOGIC_LISTS = frozenset(("oneOf", "anyOf", "allOf"))
PRESERVES = "x-kubernetes-preserve-unknown-fields"
_TRANSFORMED = frozenset(("type", "enum", "properties", "items", "additionalProperties"))


def native(schema: Mapping[str, Any], dialect: Dialect) -> Schema:
    """Return a schema of Kubernetes' own definitions."""
    if "$ref" in schema:
        return dialect.reference(reference_of(schema), {key: schema[key] for key in schema if key != "$ref"})
    if "oneOf" in schema:
        return _several_types(schema, dialect)
    result = {key: value for key, value in schema.items() if key not in _TRANSFORMED}
    declared = type_of(schema)
    if declared:
        result["type"] = declared
    if "properties" in schema:
        result["properties"] = {name: native(one, dialect) for name, one in schema["properties"].items()}
    for key in ("items", "additionalProperties"):
        if isinstance(schema.get(key), Mapping):
            result[key] = native(schema[key], dialect)
    return result


def custom(schema: Mapping[str, Any], dialect: Dialect) -> Schema:
    """Return a schema of a custom resource definition, which is OpenAPI v3 already."""
    result = dict(schema) if dialect.has_logic else _tolerant(schema)
    if not dialect.has_logic and schema.get("x-kubernetes-int-or-string"):
        result |= dialect.int_or_string
    if "properties" in result:
        result["properties"] = {name: custom(one, dialect) for name, one in result["properties"].items()}
    for key in ("items", "additionalProperties", "not"):
        if isinstance(result.get(key), Mapping):
            result[key] = custom(result[key], dialect)
    for key in _LOGIC_LISTS & result.keys():
        result[key] = [custom(one, dialect) for one in result[key]]
    return result


def _tolerant(schema: Mapping[str, Any]) -> Schema:
    """Return a schema in words of version 2 that clients, which check by it, do not misread.

    They refuse what a list of properties leaves out, and stumble over lists without items: where more is allowed than
    version 2 can say, it says nothing. Source: kubectl's validation before 1.25, which older clients still have.
    """
    result = {key: value for key, value in schema.items() if key not in _LOGIC}
    is_open = bool(schema.get(PRESERVES))
    if is_open or schema.get("nullable"):
        result.pop("items", None)
        result.pop("properties", None)
    is_bare_list = result.get("type") == "array" and "items" not in result
    if schema.get("nullable") or is_bare_list or (is_open and result.get("type") == "object"):
        result.pop("type", None)
    nullable = {name for name, one in result.get("properties", {}).items() if one.get("nullable")}
    if nullable & set(result.get("required") or ()):
        result["required"] = [name for name in result["required"] if name not in nullable]
        if not result["required"]:
            del result["required"]
    return result


def _several_types(schema: Mapping[str, Any], dialect: Dialect) -> Schema:
    described = {"description": schema["description"]} if "description" in schema else {}
    types = {type_of(one) for one in schema["oneOf"]}
    return described | (dialect.int_or_string if "integer" in types else dialect.quantity)
