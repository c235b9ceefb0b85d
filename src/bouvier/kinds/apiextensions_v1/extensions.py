"""Rules about Kubernetes' own keywords in a structural schema: embedded resources, lists, defaults, metadata.

Source: https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#specifying-a-structural-schema
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bouvier.kinds import fields
from bouvier.kinds.custom import value_errors
from bouvier.kinds.fields import Errors
from bouvier.meta.errors import forbidden_field, required

Schema = Mapping[str, Any]
_SCALARS = ("boolean", "integer", "number", "string")
_NAMED = {"name", "generateName"}


def check_root(path: str, schema: Schema) -> Errors:
    """Check that the metadata is left as it is, but for rules about names."""
    metadata = (schema.get("properties") or {}).get("metadata")
    if metadata is None:
        return
    place = f"{path}.properties[metadata]"
    allowed = {"description", "type", "properties", "title"}
    if set(metadata) - allowed or set(metadata.get("properties") or {}) - _NAMED:
        detail = "must not specify anything other than name and generateName, but metadata is implicitly specified"
        yield forbidden_field(place, detail)


def check_keywords(path: str, schema: Schema) -> Errors:
    """Check one place."""
    if schema.get("x-kubernetes-preserve-unknown-fields") is False:
        detail = "must be true or undefined"
        yield fields.invalid(f"{path}.x-kubernetes-preserve-unknown-fields", value=False, detail=detail)
    if schema.get("x-kubernetes-embedded-resource"):
        yield from _embedded(path, schema)
    if schema.get("x-kubernetes-map-type") and schema.get("type") != "object":
        detail = "must be object if x-kubernetes-map-type is specified"
        yield fields.invalid(f"{path}.type", schema.get("type") or "", detail)
    yield from _lists(path, schema)
    if "default" in schema:
        yield from _default(f"{path}.default", schema)


def _embedded(path: str, schema: Schema) -> Errors:
    if schema.get("type") != "object":
        detail = "must be object if x-kubernetes-embedded-resource is true"
        yield fields.invalid(f"{path}.type", schema.get("type") or "", detail)
    if not schema.get("properties") and not schema.get("x-kubernetes-preserve-unknown-fields"):
        detail = (
            "must not be empty if x-kubernetes-embedded-resource is true without x-kubernetes-preserve-unknown-fields"
        )
        yield required(f"{path}.properties", detail)


def _lists(path: str, schema: Schema) -> Errors:
    kind, items = schema.get("x-kubernetes-list-type"), schema.get("items")
    if kind not in ("map", "set") or not isinstance(items, Mapping):
        return
    if items.get("nullable"):
        yield forbidden_field(f"{path}.items.nullable", f"cannot be nullable when x-kubernetes-list-type is {kind}")
    if kind == "set":
        yield from _set_items(f"{path}.items", items)
        return
    if items.get("type") != "object":
        detail = "must be object if parent array's x-kubernetes-list-type is map"
        yield fields.invalid(f"{path}.items.type", items.get("type") or "", detail)
    for key in schema.get("x-kubernetes-list-map-keys") or ():
        declared = (items.get("properties") or {}).get(key)
        place = f"{path}.items.properties[{key}]"
        if declared is None:
            continue
        if declared.get("type") not in _SCALARS:
            detail = "must be a scalar type if parent array's x-kubernetes-list-type is map"
            yield fields.invalid(f"{place}.type", declared.get("type") or "", detail)
        if key not in (items.get("required") or ()) and "default" not in declared:
            detail = (
                "this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property"
            )
            yield required(f"{place}.default", detail)


def _set_items(path: str, items: Schema) -> Errors:
    if items.get("type") == "array" and items.get("x-kubernetes-list-type") not in (None, "atomic"):
        detail = "must be atomic as item of a list with x-kubernetes-list-type=set"
        yield fields.invalid(f"{path}.x-kubernetes-list-type", items["x-kubernetes-list-type"], detail)
    if items.get("type") == "object" and items.get("x-kubernetes-map-type") != "atomic":
        detail = "must be atomic as item of a list with x-kubernetes-list-type=set"
        yield fields.invalid(f"{path}.x-kubernetes-map-type", items.get("x-kubernetes-map-type"), detail)


def _default(path: str, schema: Schema) -> Errors:
    value = schema["default"]
    if value is None:
        if not schema.get("nullable"):
            yield fields.invalid(path, value, "must not be null unless the field is nullable")
        return
    for error in value_errors(schema, value):
        yield error._replace(field=f"{path}.{error.field}" if error.field else path)
