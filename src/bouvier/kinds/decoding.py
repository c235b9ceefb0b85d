"""Does a body decode as its kind? Types, formats and unknown fields of Kubernetes' own kinds.

Kubernetes decodes JSON into typed structs: a wrong type is a BadRequest, an absent field is the type's zero value
(whether it is required is the kind's validation's business), null is the same as absent, and an unknown field is
dropped, warned about or refused as the client wishes. So the schema given to the validator leaves `required` and
`null` out, closes objects, and adds the forms that decoding checks: quantities, times, base64 and integer ranges.
One validator a kind is compiled when first needed (3 ms for a Pod); a correct body then costs microseconds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import jsonschema_rs

from bouvier.kinds import definitions
from bouvier.kinds.findings import SchemaFindings, path_text, type_invalid
from bouvier.kinds.kind import Kind
from bouvier.meta.objects import Obj

_QUANTITY_FORM = r"^[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([KMGTPE]i|[numkMGTPE]|[eE][+-]?[0-9]+)?$"
_QUANTITY_LENGTH = 1024
"""Longest quantity that `bouvier.meta.quantities` reads."""
_BASE64_FORM = r"^([A-Za-z0-9+/\r\n]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?[\r\n]*$"
_INTEGER_BITS = {"int32": 32, "int64": 64}
_KEPT = ("type", "properties", "items", "additionalProperties", "$ref", "format")

_QUANTITY_MESSAGE = (
    "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"  # as Kubernetes says
)
_TIME_MESSAGE = 'parsing time "{value}" as "2006-01-02T15:04:05Z07:00": cannot parse "{value}" as "2006"'

_JSON_WORDS = {str: "string", bool: "bool", int: "number", float: "number", list: "array", dict: "object"}
_GIVEN_KINDS = {str: "string", bool: "bool", int: "int64", float: "float64", list: "slice", dict: "map"}
_GO_SCALARS = {"boolean": "bool", "number": "float64", "string": "string", "integer": "int64"}


def check(kind: Kind, obj: Obj) -> SchemaFindings:
    """Return what does not decode: wrong types and forms, unknown fields, nulls."""
    findings = check_value(kind.definition, obj)
    if findings.malformed:
        name, version = kind.resource.kind, kind.resource.version
        findings.malformed = f'{name} in version "{version}" cannot be handled as a {name}: {findings.malformed}'
    return findings


def check_value(definition: str, value: Any) -> SchemaFindings:
    """Return what does not decode as that definition; `malformed` is the first message alone."""
    validator = _validator(definition)
    findings = SchemaFindings()
    if validator.is_valid(value):
        return findings
    for error in validator.iter_errors(value):
        if error.instance is None:
            findings.nulls.append(error.instance_path)
        else:
            _record(_place(definition, error.instance_path), error, findings)
    return findings


def misfit(kind: Kind, obj: Obj) -> str:
    """Return the first value that cannot be given its field's type, in the words for strategic merge patches."""
    for error in _validator(kind.definition).iter_errors(obj):
        if error.instance is not None and error.kind.name != "additionalProperties":
            place = _place(kind.definition, error.instance_path)
            return _form_message(place, error) or _misfit_message(place.schema, error.instance)
    return ""


def _misfit_message(schema: Mapping[str, Any], value: Any) -> str:
    given = _GIVEN_KINDS.get(type(value), "interface")
    wanted = _go_type(schema)
    if wanted.startswith("map["):
        return f"cannot restore map from {given}"
    if wanted.startswith("[]"):
        return f"cannot restore slice from {given}"
    if definitions.reference_of(schema):
        return f"cannot restore struct from: {given}"
    return f"unrecognized type: {wanted}"


def _record(place: _Place, error: Any, findings: SchemaFindings) -> None:
    if error.kind.name == "additionalProperties":
        prefix = f"{place.path}." if place.path else ""
        findings.unknown += [prefix + name for name in error.kind.unexpected]
        return
    form = _form_message(place, error)
    message = f"{place.path}: {form}" if form else _type_message(place, error)
    findings.malformed = findings.malformed or message
    detail = form or f"must be of type {_wanted(place.schema)}"
    findings.errors.append(type_invalid(place.path, error.instance, detail))


def _form_message(place: _Place, error: Any) -> str:
    """Return what is wrong with a text's form, empty when its type is wrong. Kubernetes' words lack the path."""
    if error.kind.name in ("pattern", "maxLength"):
        name = definitions.reference_of(place.schema)
        return _QUANTITY_MESSAGE if name == definitions.QUANTITY else "illegal base64 data at input byte 0"
    return _TIME_MESSAGE.format(value=error.instance) if error.kind.name == "format" else ""


def _type_message(place: _Place, error: Any) -> str:
    value = error.instance
    word = _JSON_WORDS.get(type(value), "value")
    if word == "number" and _wanted(place.schema) in ("integer", "int-or-string"):
        word += f" {value}"
    where = f"Go struct field {place.owner}.{'.'.join(place.fields)}" if place.fields else "Go value"
    return f"json: cannot unmarshal {word} into {where} of type {_go_type(place.schema)}"


class _Place(NamedTuple):
    """Where in a kind a value stands."""

    owner: str
    """Type that declares the innermost field."""
    fields: Sequence[str]
    """Declared fields on the way, without indices and map keys: as decoding errors name them."""
    schema: Mapping[str, Any]
    path: str
    """As field errors name it: `spec.containers[0].resources.limits[cpu]`."""


def _place(root: str, steps: Sequence[str | int]) -> _Place:
    owner = root
    fields: list[str] = []
    parts: list[tuple[str | int, bool]] = []
    schema: Mapping[str, Any] = {"$ref": f"#/$defs/{root}"}
    holder = root
    for step in steps:
        target = definitions.resolved(schema)
        name = definitions.reference_of(schema)
        holder = name or holder
        properties = target.get("properties") or {}
        is_declared = step in properties
        parts.append((step, is_declared))
        if is_declared:
            owner = holder
            fields.append(str(step))
            schema = properties[step]
        else:
            schema = target.get("items") or target.get("additionalProperties") or {}
    return _Place(owner.rpartition(".")[2], fields, schema, path_text(parts))


def _wanted(schema: Mapping[str, Any]) -> str:
    name = definitions.reference_of(schema)
    if name == definitions.QUANTITY:
        return "quantity"
    if name == definitions.INT_OR_STRING:
        return "int-or-string"
    return definitions.type_of(definitions.resolved(schema))


def _go_type(schema: Mapping[str, Any]) -> str:
    name = definitions.reference_of(schema)
    if name:
        return ".".join(name.rsplit(".", 2)[-2:])
    kind = definitions.type_of(schema)
    if kind == "array":
        return "[]" + _go_type(schema.get("items") or {})
    if kind == "object":
        return "map[string]" + _go_type(schema.get("additionalProperties") or {})
    form = schema.get("format")
    if form == "byte":
        return "[]uint8"
    return form if form in _INTEGER_BITS else _GO_SCALARS.get(kind, "interface {}")


@lru_cache(maxsize=128)
def _validator(name: str) -> Any:
    schemas = {one: _decodable(one, schema) for one, schema in definitions.closure(name).items()}
    document = {"$ref": f"#/$defs/{name}", "$defs": schemas}
    return jsonschema_rs.Draft202012Validator(document, validate_formats=True, ignore_unknown_formats=True)


def _decodable(name: str, schema: Mapping[str, Any]) -> dict[str, Any]:
    if name == definitions.QUANTITY:
        return {"type": ["string", "number"], "pattern": _QUANTITY_FORM, "maxLength": _QUANTITY_LENGTH}
    if name == definitions.INT_OR_STRING:
        return {"type": ["string", "integer"]}
    return decodable(schema)


def decodable(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Return what decoding checks of a definition: types, closed objects, formats and integer ranges."""
    result = {key: schema[key] for key in _KEPT if key in schema}
    declared = definitions.type_of(schema)
    if declared:
        result["type"] = declared
    if "properties" in schema:
        result["properties"] = {key: decodable(value) for key, value in schema["properties"].items()}
    for key in ("items", "additionalProperties"):
        if isinstance(schema.get(key), Mapping):
            result[key] = decodable(schema[key])
    form = schema.get("format")
    if form == "byte":
        result["pattern"] = _BASE64_FORM
    if form in _INTEGER_BITS:
        half = 1 << (_INTEGER_BITS[form] - 1)
        result |= {"minimum": -half, "maximum": half - 1}
    return result
