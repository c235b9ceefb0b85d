"""A structural schema as a type of the expression language, with the largest sizes that its values can have.

Names that expressions cannot write are escaped; fields whose type is not known cannot be named. Where the schema
gives no limit, as much fits as a request may carry.

Source: https://kubernetes.io/docs/reference/using-api/cel/#type-system-integration
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Mapping
from typing import Any

from bouvier.meta.cel.library.times import parse_duration, parse_timestamp
from bouvier.meta.cel.parser import RESERVED
from bouvier.meta.cel.types import BOOL, DOUBLE, DURATION, INT, STRING, TIMESTAMP, Type, list_of, map_of
from bouvier.meta.cel.values import MapList, SetList

Schema = Mapping[str, Any]
Converter = Callable[[Any], Any]

LARGEST_REQUEST = 3 * 1024 * 1024
"""Bytes of a body: what bounds lists, maps and texts without limits of their own."""
_BYTES_A_CHARACTER = 4
_SMALLEST = {"string": 2, "integer": 1, "number": 1, "boolean": 4, "array": 2, "object": 2}
"""Bytes that a value of the type takes in JSON at least."""
_LARGEST_TIME = 32
_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_ESCAPABLE = re.compile(r"[A-Za-z_.][-A-Za-z0-9_./]*")
_KEYWORDS = RESERVED | {"true", "false", "null", "in"}
_ROOT_FIELDS = {"apiVersion": {"type": "string"}, "kind": {"type": "string"}}
_METADATA: Schema = {
    "type": "object",
    "properties": {"name": {"type": "string"}, "generateName": {"type": "string"}},
}
_DYNAMIC = Type("dyn", max_size=LARGEST_REQUEST)


def escaped(name: str) -> str:
    """Return the name of a field as expressions write it, empty when they cannot."""
    if name in _KEYWORDS:
        return f"__{name}__"
    if not _ESCAPABLE.fullmatch(name):
        return ""
    for plain, word in (("__", "__underscores__"), (".", "__dot__"), ("-", "__dash__"), ("/", "__slash__")):
        name = name.replace(plain, word)
    return name if _IDENTIFIER.fullmatch(name) else ""


def with_object_fields(schema: Schema) -> Schema:
    """Return the schema of a whole object: what rules may see of its envelope is added."""
    properties = {**(schema.get("properties") or {}), **_ROOT_FIELDS, "metadata": _METADATA}
    return {**schema, "type": "object", "properties": properties}


def type_of(schema: Schema, path: str = "object", *, is_root: bool = False) -> Type | None:
    """Return the type of a place, None when expressions cannot name it."""
    if schema.get("x-kubernetes-int-or-string"):
        return _DYNAMIC
    if is_root or schema.get("x-kubernetes-embedded-resource"):
        schema = with_object_fields(schema)
    declared = schema.get("type")
    if declared == "array":
        return _list(schema, path)
    if declared == "object":
        return _object(schema, path)
    if declared == "string":
        return _text(schema)
    return {"boolean": BOOL, "integer": INT, "number": DOUBLE}.get(str(declared))


def _text(schema: Schema) -> Type:
    form = schema.get("format")
    if form in ("date", "date-time"):
        return Type(TIMESTAMP.kind, max_size=_LARGEST_TIME)
    if form == "duration":
        return Type(DURATION.kind, max_size=_LARGEST_TIME)
    limit = schema.get("maxLength")
    size = LARGEST_REQUEST - 2 if limit is None else max(0, limit) * _BYTES_A_CHARACTER
    if limit is None and schema.get("enum"):
        size = max((len(one) for one in schema["enum"] if isinstance(one, str)), default=0)
    return Type("bytes" if form == "byte" else STRING.kind, max_size=size)


def _list(schema: Schema, path: str) -> Type | None:
    items = schema.get("items") or {}
    element = type_of(items, f"{path}.@idx")
    if element is None:
        return None
    limit = schema.get("maxItems")
    most = (LARGEST_REQUEST - 2) // (smallest(items) + 1) if limit is None else max(0, limit)
    return list_of(element, most)


def most_entries(schema: Schema, values: Schema) -> int:
    """Return how many entries a map can have."""
    limit = schema.get("maxProperties")
    return (LARGEST_REQUEST - 2) // (smallest(values) + 6) if limit is None else max(0, int(limit))


def _object(schema: Schema, path: str) -> Type | None:
    values = schema.get("additionalProperties")
    if isinstance(values, Mapping):
        inner = type_of(values, f"{path}.@elem")
        return None if inner is None else map_of(STRING, inner, most_entries(schema, values))
    fields: dict[str, Type] = {}
    names: dict[str, str] = {}
    for name, child in (schema.get("properties") or {}).items():
        found, shown = type_of(child, f"{path}.{name}"), escaped(name)
        if found is not None and shown:
            fields[shown] = found
            if shown != name:
                names[shown] = name
    return Type("object", name=path, fields=fields, real_names=names, max_size=LARGEST_REQUEST)


def smallest(schema: Schema) -> int:
    """Return the bytes that a value takes in JSON at least."""
    size = _SMALLEST.get(str(schema.get("type")), 1)
    if schema.get("type") == "object":
        properties = schema.get("properties") or {}
        needed = [name for name in schema.get("required") or () if name in properties]
        size += sum(len(name) + 4 + smallest(properties[name]) for name in needed if "default" not in properties[name])
    return size


def converter_of(schema: Schema) -> Converter | None:
    """Return how JSON of this place becomes a value of its type, None when it is one as it stands."""
    declared = schema.get("type")
    if declared == "number":
        return lambda value: float(value) if type(value) is int else value
    if declared == "string":
        return _text_converter(schema)
    if declared == "array":
        return _list_converter(schema)
    if declared == "object":
        return _object_converter(schema)
    return None


def _text_converter(schema: Schema) -> Converter | None:
    form = str(schema.get("format"))
    read: Converter | None = {
        "date": lambda text: parse_timestamp(f"{text}T00:00:00Z"),
        "date-time": parse_timestamp,
        "duration": parse_duration,
        "byte": lambda text: base64.b64decode(text, validate=True),
    }.get(form)
    return None if read is None else _forgiving(read)


def _forgiving(read: Converter) -> Converter:
    """Leave alone what cannot be read: the rule then fails for having a value of the wrong type."""

    def convert(value: Any) -> Any:
        try:
            return read(value) if isinstance(value, str) else value
        except (ValueError, binascii.Error):
            return value

    return convert


def _list_converter(schema: Schema) -> Converter | None:
    inner = converter_of(schema.get("items") or {})
    kind = schema.get("x-kubernetes-list-type")
    keys = tuple(schema.get("x-kubernetes-list-map-keys") or ())
    if inner is None and kind not in ("set", "map"):
        return None

    def convert(value: Any) -> Any:
        if not isinstance(value, list):
            return value
        items = value if inner is None else [inner(item) for item in value]
        if kind == "set":
            return SetList(items)
        return MapList(items, keys) if kind == "map" else items

    return convert


def _object_converter(schema: Schema) -> Converter | None:
    values = schema.get("additionalProperties")
    every = converter_of(values) if isinstance(values, Mapping) else None
    some = {name: made for name, child in (schema.get("properties") or {}).items() if (made := converter_of(child))}
    if every is None and not some:
        return None

    def convert(value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        if every is not None:
            return {key: every(inner) for key, inner in value.items()}
        return value | {name: made(value[name]) for name, made in some.items() if name in value}

    return convert
