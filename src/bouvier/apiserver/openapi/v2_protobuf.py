"""The protobuf form of an OpenAPI v2 document, which kubectl and Helm ask for.

Field numbers are those of the message `openapi.v2.Document`. Values that have no field (everything named `x-…`,
defaults, enumerations) travel as YAML text, for which JSON serves.
Source: https://github.com/google/gnostic/blob/main/openapiv2/OpenAPIv2.proto
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping
from typing import Any

import orjson

Json = Mapping[str, Any]
Writer = Callable[[Any], bytes]

_SCHEMA_TEXTS = {"$ref": 1, "format": 2, "title": 3, "description": 4, "pattern": 13}
_SCHEMA_ANY = {"default": 5, "example": 30}
_SCHEMA_DOUBLES = {"multipleOf": 6, "maximum": 7, "minimum": 9}
_SCHEMA_NUMBERS = {
    "exclusiveMaximum": 8,
    "exclusiveMinimum": 10,
    "maxLength": 11,
    "minLength": 12,
    "maxItems": 14,
    "minItems": 15,
    "uniqueItems": 16,
    "maxProperties": 17,
    "minProperties": 18,
    "readOnly": 27,
}
_METHODS = {"get": 2, "put": 3, "post": 4, "delete": 5, "options": 6, "head": 7, "patch": 8}
_PLACES = {"header": 1, "formData": 2, "query": 3, "path": 4}


def encode(document: Json) -> bytes:
    """Return the document's bytes."""
    info = _text(1, document["info"]["title"]) + _text(2, document["info"]["version"])
    paths = b"".join(_named(2, url, _path(item)) for url, item in document["paths"].items())
    definitions = b"".join(_named(1, name, _schema(one)) for name, one in document["definitions"].items())
    return _text(1, document["swagger"]) + _section(2, info) + _section(8, paths) + _section(9, definitions)


def _path(item: Json) -> bytes:
    out = [_section(_METHODS[method], _operation(item[method])) for method in _METHODS if method in item]
    out += [_section(9, _section(1, _parameter(one))) for one in item.get("parameters", ())]
    return b"".join(out)


def _operation(operation: Json) -> bytes:
    out = [_text(5, operation["operationId"])]
    out += [_text(6, media) for media in operation["produces"]]
    out += [_text(7, media) for media in operation["consumes"]]
    out += [_section(8, _section(1, _parameter(one))) for one in operation["parameters"]]
    answers = (_named(1, code, _section(1, _response(one))) for code, one in operation["responses"].items())
    out.append(_section(9, b"".join(answers)))
    return b"".join(out) + _extensions(13, operation)


def _parameter(parameter: Json) -> bytes:
    """Return a `Parameter`: field 1 for the body, field 2 for everything else."""
    required = _number(4 if parameter["in"] == "body" else 1, 1) if parameter.get("required") else b""
    if parameter["in"] == "body":
        named = _text(2, parameter["name"]) + _text(3, "body") + required
        return _section(1, named + _section(5, _schema(parameter["schema"])))
    is_path = parameter["in"] == "path"
    type_number, unique_number = (5, 19) if is_path else (6, 20)
    out = required + _text(2, parameter["in"]) + _text(3, parameter["description"]) + _text(4, parameter["name"])
    out += _text(type_number, parameter["type"])
    if parameter.get("uniqueItems"):
        out += _number(unique_number, 1)
    return _section(2, _section(_PLACES[parameter["in"]], out))


def _response(response: Json) -> bytes:
    schema = _section(2, _section(1, _schema(response["schema"]))) if "schema" in response else b""
    return _text(1, response["description"]) + schema


def _schema(schema: Json) -> bytes:
    out = [_text(number, schema[key]) for key, number in _SCHEMA_TEXTS.items() if key in schema]
    out += [_section(number, _any(schema[key])) for key, number in _SCHEMA_ANY.items() if key in schema]
    out += [_double(number, schema[key]) for key, number in _SCHEMA_DOUBLES.items() if key in schema]
    out += [_number(number, schema[key]) for key, number in _SCHEMA_NUMBERS.items() if schema.get(key)]
    out += [_text(19, name) for name in schema.get("required", ())]
    out += [_section(20, _any(value)) for value in schema.get("enum", ())]
    if "additionalProperties" in schema:
        out.append(_section(21, _additional(schema["additionalProperties"])))
    if "type" in schema:
        out.append(_section(22, _text(1, schema["type"])))
    if "items" in schema:
        out.append(_section(23, _section(1, _schema(schema["items"]))))
    if "properties" in schema:
        properties = (_named(1, name, _schema(one)) for name, one in schema["properties"].items())
        out.append(_section(25, b"".join(properties)))
    return b"".join(out) + _extensions(31, schema)


def _additional(value: Any) -> bytes:
    return _section(1, _schema(value)) if isinstance(value, Mapping) else _number(2, 1 if value else 0)


def _extensions(number: int, holder: Json) -> bytes:
    return b"".join(_named(number, key, _any(value)) for key, value in holder.items() if key.startswith("x-"))


def _any(value: Any) -> bytes:
    return _section(2, orjson.dumps(value))


def _named(number: int, name: str, content: bytes) -> bytes:
    """Return a pair of name and message, which stands for an entry of a map."""
    return _section(number, _text(1, name) + _section(2, content))


def _text(number: int, text: str) -> bytes:
    return _section(number, text.encode())


def _section(number: int, content: bytes) -> bytes:
    return _varint(number << 3 | 2) + _varint(len(content)) + content


def _number(number: int, value: int) -> bytes:
    return _varint(number << 3) + _varint(value)


def _double(number: int, value: float) -> bytes:
    return _varint(number << 3 | 1) + struct.pack("<d", value)


def _varint(value: int) -> bytes:
    out = bytearray()
    while value >> 7:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)
