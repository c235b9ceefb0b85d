"""Lists that are sets or known by keys: no element of a custom object may occur twice in them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from bouvier.kinds.custom import SchemaKey
from bouvier.kinds.findings import show
from bouvier.kinds.kind import Kind
from bouvier.meta.cel.values import freeze
from bouvier.meta.errors import FieldError
from bouvier.meta.objects import Obj

Schema = Mapping[str, Any]


def check_lists(kind: Kind, obj: Obj, old: Obj | None) -> list[FieldError]:
    """Return an error for each repeated element; none if the old object had some already."""
    if kind.schema is None or not _has_unique(SchemaKey(kind.schema)):
        return []
    errors = list(_place(kind.schema, "", obj))
    return [] if errors and old is not None and any(_place(kind.schema, "", old)) else errors


@lru_cache(maxsize=512)
def _has_unique(held: SchemaKey) -> bool:
    return _mentions(held.schema)


def _mentions(schema: Schema) -> bool:
    if schema.get("x-kubernetes-list-type") in ("set", "map"):
        return True
    children = list((schema.get("properties") or {}).values())
    children += [schema[key] for key in ("items", "additionalProperties") if isinstance(schema.get(key), Mapping)]
    return any(_mentions(child) for child in children)


def _place(schema: Schema, path: str, value: Any) -> Iterator[FieldError]:
    if isinstance(value, dict):
        values, properties = schema.get("additionalProperties"), schema.get("properties") or {}
        for key, inner in value.items():
            if key in properties:
                yield from _place(properties[key], f"{path}.{key}" if path else key, inner)
            elif isinstance(values, Mapping):
                yield from _place(values, f"{path}[{key}]", inner)
    elif isinstance(value, list) and isinstance(schema.get("items"), Mapping):
        yield from _repeated(schema, path, value)
        for index, inner in enumerate(value):
            yield from _place(schema["items"], f"{path}[{index}]", inner)


def _repeated(schema: Schema, path: str, items: list[Any]) -> Iterator[FieldError]:
    kind = schema.get("x-kubernetes-list-type")
    if kind not in ("set", "map"):
        return
    seen = set()
    for index, item in enumerate(items):
        identity = item if kind == "set" else _keys(schema, item)
        frozen = freeze(identity)
        if frozen in seen:
            yield FieldError("FieldValueDuplicate", f"{path}[{index}]", f"Duplicate value: {show(identity)}")
        seen.add(frozen)


def _keys(schema: Schema, item: Any) -> dict[str, Any]:
    declared = (schema["items"].get("properties") or {}) if isinstance(item, dict) else {}
    keys = schema.get("x-kubernetes-list-map-keys") or ()
    found = {key: item.get(key, (declared.get(key) or {}).get("default")) for key in keys if isinstance(item, dict)}
    return {key: value for key, value in found.items() if value is not None}
