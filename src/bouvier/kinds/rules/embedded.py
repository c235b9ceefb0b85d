"""Objects inside custom objects: where a schema says `x-kubernetes-embedded-resource`, type and metadata must be right.

Source: https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#rawextension
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from bouvier.kinds import fields
from bouvier.kinds.custom import SchemaKey
from bouvier.kinds.kind import Kind
from bouvier.kinds.metadata import validate_annotations
from bouvier.meta.errors import FieldError, required
from bouvier.meta.objects import Obj

Schema = Mapping[str, Any]
_TYPE = ("apiVersion", "kind")


def check_embedded(kind: Kind, obj: Obj) -> list[FieldError]:
    """Return what is wrong with the types and metadata of objects inside a custom object."""
    if kind.schema is None or not _has_embedded(SchemaKey(kind.schema)):
        return []
    return list(_place(kind.schema, "", obj))


@lru_cache(maxsize=512)
def _has_embedded(held: SchemaKey) -> bool:
    return _mentions(held.schema)


def _mentions(schema: Schema) -> bool:
    return bool(schema.get("x-kubernetes-embedded-resource")) or any(map(_mentions, _children(schema)))


def _children(schema: Schema) -> list[Schema]:
    children = list((schema.get("properties") or {}).values())
    return children + [schema[key] for key in ("items", "additionalProperties") if isinstance(schema.get(key), Mapping)]


def _place(schema: Schema, path: str, value: Any) -> Iterator[FieldError]:
    if isinstance(value, dict):
        if schema.get("x-kubernetes-embedded-resource"):
            yield from _object(path, value)
        values, properties = schema.get("additionalProperties"), schema.get("properties") or {}
        for key, inner in value.items():
            if key in properties:
                yield from _place(properties[key], f"{path}.{key}" if path else key, inner)
            elif isinstance(values, Mapping):
                yield from _place(values, f"{path}[{key}]", inner)
    elif isinstance(value, list) and isinstance(schema.get("items"), Mapping):
        for index, inner in enumerate(value):
            yield from _place(schema["items"], f"{path}[{index}]", inner)


def _object(path: str, value: dict[str, Any]) -> Iterator[FieldError]:
    for field in _TYPE:
        if not value.get(field):
            yield required(f"{path}.{field}", "must not be empty")
    metadata = value.get("metadata") or {}
    yield from fields.labels(f"{path}.metadata.labels", metadata.get("labels"))
    yield from validate_annotations(f"{path}.metadata.annotations", metadata.get("annotations"))
