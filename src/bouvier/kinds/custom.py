"""Checking objects of custom kinds against their structural schema.

Unlike Kubernetes' own kinds a custom object is not decoded into a struct: every keyword of the schema counts and
every finding is a field error of an Invalid refusal. Objects are closed unless they preserve unknown fields, so
that the same pass finds the fields that pruning drops. Validation rules in CEL are evaluated by `kinds.rules`.

Source: https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import jsonschema_rs

from bouvier.kinds import definitions, formats
from bouvier.kinds.decoding import decodable
from bouvier.kinds.findings import SchemaFindings, path_text, show
from bouvier.kinds.kind import Kind
from bouvier.meta.errors import FieldError, not_supported, required
from bouvier.meta.objects import Obj
from bouvier.util.gotext import quote

_KEYWORDS = [
    "type",
    "format",
    "title",
    "default",
    "maximum",
    "exclusiveMaximum",
    "minimum",
    "exclusiveMinimum",
    "maxLength",
    "minLength",
    "pattern",
    "maxItems",
    "minItems",
    "uniqueItems",
    "multipleOf",
    "maxProperties",
    "minProperties",
    "required",
    "enum",
]
_LOGICAL = ("allOf", "anyOf", "oneOf")
_FORMATS = formats.checks()


def check(kind: Kind, obj: Obj) -> SchemaFindings:
    """Return the schema's errors and the fields that it does not name."""
    if kind.schema is None:
        return SchemaFindings()
    validator = _validator(SchemaKey(kind.schema, is_closed=not kind.preserve_unknown))
    if validator.is_valid(obj):
        return SchemaFindings()
    findings = SchemaFindings()
    for error in validator.iter_errors(obj):
        _record(error, findings)
    return findings


def value_errors(schema: Mapping[str, Any], value: Any) -> list[FieldError]:
    """Return what is wrong with a default at one place of a schema; fields that it does not name are wrong too."""
    try:
        validator = _compiled(_rooted(schema))
    except jsonschema_rs.ValidationError:
        return []
    findings = SchemaFindings()
    for error in validator.iter_errors(value):
        _record(error, findings)
    if findings.unknown:
        detail = f"Invalid value: {show(value)}: must not have unknown fields"
        findings.errors.insert(0, FieldError("FieldValueInvalid", "", detail))
    return findings.errors


def _record(error: Any, findings: SchemaFindings) -> None:
    path = path_text((step, isinstance(step, str)) for step in error.instance_path)
    prefix = f"{path}." if path else ""
    if error.kind.name == "additionalProperties":
        findings.unknown += [prefix + name for name in error.kind.unexpected]
        return
    if error.kind.name in _COMPOSED:
        _record_composed(path, error, findings)
        return
    findings.places.append(tuple(error.instance_path))
    if error.kind.name == "required":
        findings.errors.append(required(prefix + error.kind.property))
    elif error.kind.name == "enum":
        findings.errors.append(
            not_supported(path, error.instance, [str(one) for one in error.kind.options if one is not None])
        )
    else:
        findings.errors.append(_worded(path, error))


_COMPOSED = ("anyOf", "oneOf", "oneOfNotValid", "oneOfMultipleValid", "not")


def _record_composed(path: str, error: Any, findings: SchemaFindings) -> None:
    """Record that none, or more than one, of several schemas fits, and why the one that fits best does not."""
    name, branches = error.kind.name, error.kind.as_dict().get("context") or []
    fitting = sum(1 for branch in branches if not branch)
    if name == "not":
        rule = "must not validate the schema (not)"
    elif name == "anyOf":
        rule = "must validate at least one schema (anyOf)"
    else:
        found = f"Found {fitting} valid alternatives" if fitting else "Found none valid"
        rule = f"must validate one and only one schema (oneOf). {found}"
    findings.places.append(tuple(error.instance_path))
    detail = f'Invalid value: "": {quote(path)} {rule}'
    findings.errors.append(FieldError("FieldValueInvalid", "<nil>", detail))
    if branches and not fitting:
        for inner in min(branches, key=len):
            _record(inner, findings)


def _worded(path: str, error: Any) -> FieldError:
    name, value = error.kind.name, error.instance
    limit = error.kind.as_dict().get("limit")
    if name == "type":
        words = {str: "string", bool: "boolean", int: "integer", float: "number", list: "array", dict: "object"}
        wanted = [one for one in error.kind.types if one != "null"]
        text = f"{path} in body must be of type {','.join(wanted)}: {show(words.get(type(value), 'null'))}"
        shown = show(words.get(type(value), "null"))
        return FieldError("FieldValueTypeInvalid", path, f"Invalid value: {shown}: {text}")
    if name == "maxLength":
        return FieldError("FieldValueTooLong", path, f"Too long: may not be more than {limit} bytes")
    if name in ("maxItems", "maxProperties"):
        return FieldError("FieldValueTooMany", path, f"Too many: {len(value)}: must have at most {limit} items")
    return FieldError("FieldValueInvalid", path, f"Invalid value: {show(value)}: {path} in body {_rule(error, limit)}")


def _rule(error: Any, limit: Any) -> str:
    """Return what a value should be, in the words that Kubernetes' validator has for its keyword."""
    name = error.kind.name
    if name == "pattern":
        return f"should match '{error.kind.pattern}'"
    if name == "format":
        return f"must be of type {error.kind.format}: {show(error.instance)}"
    if name == "multipleOf":
        return f"should be a multiple of {error.kind.multiple_of}"
    rules = {
        "minimum": "should be greater than or equal to {limit}",
        "exclusiveMinimum": "should be greater than {limit}",
        "maximum": "should be less than or equal to {limit}",
        "exclusiveMaximum": "should be less than {limit}",
        "minLength": "should be at least {limit} chars long",
        "minItems": "should have at least {limit} items",
        "minProperties": "should have at least {limit} properties",
        "uniqueItems": "shouldn't contain duplicates",
    }
    return rules[name].format(limit=limit) if name in rules else str(error.message)


class SchemaKey:
    """A schema as a cache key: equal only to itself, and kept alive as long as a cache knows it."""

    __slots__ = ("is_closed", "schema")

    def __init__(self, schema: Mapping[str, Any], *, is_closed: bool = True) -> None:
        self.schema = schema
        self.is_closed = is_closed

    def __hash__(self) -> int:
        return hash((id(self.schema), self.is_closed))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, SchemaKey) and other.schema is self.schema and other.is_closed == self.is_closed


def schema_problem(schema: Mapping[str, Any]) -> str:
    """Return why objects could not be checked against the schema, such as a malformed pattern; empty if they can."""
    try:
        _compiled(_rooted(schema))
    except jsonschema_rs.ValidationError as error:
        place = ".".join(str(step) for step in error.instance_path)
        return f"{place}: {error.message}" if place else str(error.message)
    return ""


def _compiled(schema: dict[str, Any]) -> Any:
    return jsonschema_rs.Draft202012Validator(
        schema, validate_formats=True, ignore_unknown_formats=True, formats=_FORMATS
    )


@lru_cache(maxsize=512)
def _validator(held: SchemaKey) -> Any:
    root = _plain(held.schema, is_closed=held.is_closed)
    root["type"] = "object"
    root.setdefault("properties", {})
    root["properties"] |= _object_fields()
    root["$defs"] = _shared()
    return _compiled(root)


def _rooted(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Return the plain schema of one place, with the definitions that embedded objects refer to."""
    return _plain(schema, is_closed=True) | {"$defs": _shared()}


@lru_cache(maxsize=1)
def _shared() -> dict[str, Any]:
    return {name: decodable(schema) for name, schema in definitions.closure(definitions.OBJECT_META).items()}


def _object_fields() -> dict[str, Any]:
    return {
        "apiVersion": {"type": "string"},
        "kind": {"type": "string"},
        "metadata": {"$ref": f"#/$defs/{definitions.OBJECT_META}"},
    }


def _plain(schema: Mapping[str, Any], *, is_closed: bool) -> dict[str, Any]:
    """Return the schema in plain JSON Schema: Kubernetes' own keywords expressed by standard ones."""
    result = {key: schema[key] for key in _KEYWORDS if key in schema}
    if "format" in schema:
        result["format"] = formats.checked_format(schema.get("type"), str(schema["format"]))
        if not result["format"]:
            del result["format"]
    if schema.get("x-kubernetes-int-or-string"):
        result["type"] = ["integer", "string"]
    _admit_null(schema, result)
    _exclude_limits(result)
    _plain_children(schema, result, is_closed=is_closed)
    for key in _LOGICAL:
        if key in schema:
            result[key] = [_plain(one, is_closed=False) for one in schema[key]]
    if "not" in schema:
        result["not"] = _plain(schema["not"], is_closed=False)
    return result


def _admit_null(schema: Mapping[str, Any], result: dict[str, Any]) -> None:
    if not schema.get("nullable"):
        return
    declared = result.get("type")
    if declared:
        result["type"] = [*(declared if isinstance(declared, list) else [declared]), "null"]
    if "enum" in result:
        result["enum"] = [*result["enum"], None]


def _exclude_limits(result: dict[str, Any]) -> None:
    """Say of a limit that is excluded in the words of JSON Schema: definitions have a flag beside the limit."""
    for flag, limit in (("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")):
        if result.pop(flag, False) and limit in result:
            result[flag] = result.pop(limit)


def _plain_children(schema: Mapping[str, Any], result: dict[str, Any], *, is_closed: bool) -> None:
    keeps = bool(schema.get("x-kubernetes-preserve-unknown-fields"))
    properties = {key: _plain(one, is_closed=is_closed) for key, one in (schema.get("properties") or {}).items()}
    if schema.get("x-kubernetes-embedded-resource"):
        properties |= _object_fields()
    if properties:
        result["properties"] = properties
    if isinstance(schema.get("items"), Mapping):
        result["items"] = _plain(schema["items"], is_closed=is_closed)
    values = schema.get("additionalProperties")
    if isinstance(values, Mapping):
        result["additionalProperties"] = _plain(values, is_closed=is_closed)
    elif is_closed and not keeps and not values and schema.get("type") == "object":
        result["additionalProperties"] = False
