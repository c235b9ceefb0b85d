"""Dropping what a kind has no field for, as storing a typed object does.

For Kubernetes' own kinds nulls go too (a null is an absent field there; in a map of texts it is the empty text).
Custom kinds keep nulls, whose meaning is the schema's, and everything below `x-kubernetes-preserve-unknown-fields`
that no schema describes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, cast

from bouvier.kinds import definitions
from bouvier.kinds.kind import Kind
from bouvier.meta.objects import Obj

_ENVELOPE: dict[str, Mapping[str, Any]] = {
    "apiVersion": {"type": "string"},
    "kind": {"type": "string"},
    "metadata": {"$ref": f"#/$defs/{definitions.OBJECT_META}"},
}


def prune_native(name: str, obj: Obj) -> None:
    """Drop unknown fields and nulls of an object of that definition, in place."""
    _native(definitions.definition(name), obj)


def drop_nulls(name: str, obj: Obj, paths: Iterable[Sequence[Any]]) -> None:
    """Drop the nulls at these paths (keys and indices) of an object of that definition, in place."""
    # Of a list the last one goes first, so that the indices before it hold.
    for *parents, last in sorted(set(map(tuple, paths)), reverse=True):
        schema, place = definitions.definition(name), cast("Any", obj)
        for step in parents:
            schema, place = _below(schema, step), place[step]
        if _is_map_of_texts(schema):
            place[last] = ""
        else:
            del place[last]


def _below(schema: Mapping[str, Any], step: Any) -> Mapping[str, Any]:
    """Return the schema of a field, a map's value or a list's item."""
    schema = definitions.resolved(schema)
    below = schema.get("properties", {}).get(step) or schema.get("items") or schema.get("additionalProperties")
    return below if isinstance(below, Mapping) else {}


def _is_map_of_texts(schema: Mapping[str, Any]) -> bool:
    values = definitions.resolved(schema).get("additionalProperties")
    return isinstance(values, Mapping) and definitions.type_of(values) == "string"


def prune_custom(kind: Kind, obj: Obj) -> None:
    """Drop the fields that a custom kind's schema does not describe, in place."""
    metadata = obj.get("metadata")
    if isinstance(metadata, dict):
        prune_native(definitions.OBJECT_META, metadata)
    if kind.schema is not None:
        _custom(kind.schema, obj, is_object=True, keeps=kind.preserve_unknown)


def _native(schema: Mapping[str, Any], value: Any) -> None:
    schema = definitions.resolved(schema)
    if isinstance(value, list):
        _native_list(schema, value)
    elif isinstance(value, dict):
        properties = schema.get("properties")
        if properties is not None:
            _native_fields(properties, value)
        elif isinstance(schema.get("additionalProperties"), Mapping):
            _native_map(schema["additionalProperties"], value)


def _native_fields(properties: Mapping[str, Any], value: dict[str, Any]) -> None:
    for key in [key for key, inner in value.items() if inner is None or key not in properties]:
        del value[key]
    for key, inner in value.items():
        if isinstance(inner, dict | list):
            _native(properties[key], inner)


def _native_map(schema: Mapping[str, Any], value: dict[str, Any]) -> None:
    is_text = definitions.type_of(schema) == "string"
    for key in [key for key, inner in value.items() if inner is None]:
        if is_text:
            value[key] = ""
        else:
            del value[key]
    for inner in value.values():
        _native(schema, inner)


def _native_list(schema: Mapping[str, Any], value: list[Any]) -> None:
    value[:] = [inner for inner in value if inner is not None]
    items = schema.get("items")
    if isinstance(items, Mapping):
        for inner in value:
            _native(items, inner)


def _custom(schema: Mapping[str, Any], value: Any, *, is_object: bool, keeps: bool) -> None:
    keeps = bool(schema.get("x-kubernetes-preserve-unknown-fields")) or (keeps and is_object)
    if isinstance(value, list):
        items = schema.get("items") or {}
        for inner in value if items else ():
            _custom(items, inner, is_object=False, keeps=False)
    elif isinstance(value, dict):
        embedded = is_object or bool(schema.get("x-kubernetes-embedded-resource"))
        _custom_fields(schema, value, embedded=embedded, keeps=keeps)


def _custom_fields(schema: Mapping[str, Any], value: dict[str, Any], *, embedded: bool, keeps: bool) -> None:
    properties = schema.get("properties") or {}
    values = schema.get("additionalProperties")
    for key in list(value):
        if embedded and key in _ENVELOPE:
            continue
        if key in properties:
            _custom(properties[key], value[key], is_object=False, keeps=False)
        elif isinstance(values, Mapping):
            _custom(values, value[key], is_object=False, keeps=False)
        elif not keeps and values is not True:
            del value[key]
    metadata = value.get("metadata")
    if embedded and isinstance(metadata, dict):
        prune_native(definitions.OBJECT_META, metadata)


def drop_absent(schema: Mapping[str, Any], value: Any) -> None:
    """Drop the nulls of fields and map entries that may not be null, in place: there they mean absence."""
    if isinstance(value, list):
        items = schema.get("items") or {}
        for inner in value:
            drop_absent(items, inner)
    elif isinstance(value, dict):
        properties, values = schema.get("properties") or {}, schema.get("additionalProperties")
        for key in list(value):
            place = properties.get(key, values)
            if not isinstance(place, Mapping):
                continue
            if value[key] is not None:
                drop_absent(place, value[key])
            elif not place.get("nullable") and not place.get("x-kubernetes-preserve-unknown-fields"):
                del value[key]
