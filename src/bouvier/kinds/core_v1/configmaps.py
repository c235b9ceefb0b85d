"""ConfigMap: configuration data as text and bytes."""

from __future__ import annotations

from collections.abc import Mapping

from bouvier.kinds import fields, names
from bouvier.kinds.columns import AGE, NAME, cell
from bouvier.kinds.fields import Errors
from bouvier.kinds.kind import Kind
from bouvier.meta.errors import FieldError, forbidden_field
from bouvier.meta.objects import Obj
from bouvier.meta.resources import CONFIGMAPS

MAX_BYTES = 1024 * 1024
"""Most bytes of data that one ConfigMap or Secret holds: with metadata it must fit into one store entry."""

_LONGEST_CHARACTER = 4
"""Bytes of the longest character in UTF-8 (RFC 3629)."""


def _errors(obj: Obj) -> Errors:
    data, binary = obj.get("data") or {}, obj.get("binaryData") or {}
    for key in () if names.are_config_keys(data) else data:
        for message in names.config_key(key):
            yield fields.invalid(f"data[{key}]", key, message)
    for key in binary:
        if key in data:
            yield fields.invalid(f"data[{key}]", key, "duplicate of key present in binaryData")
    for key in binary:
        for message in names.config_key(key):
            yield fields.invalid(f"binaryData[{key}]", key, message)
    if _is_too_large(data, binary):
        yield fields.too_long("[]", MAX_BYTES)


def _is_too_large(data: Mapping[str, str], binary: Mapping[str, str]) -> bool:
    characters = sum(map(len, data.values())) + sum(map(len, binary.values()))
    if characters * _LONGEST_CHARACTER <= MAX_BYTES:
        return False  # spares encoding every value
    total = sum(len(value.encode()) for value in data.values())
    return total + sum(len(value) * 3 // 4 for value in binary.values()) > MAX_BYTES


def validate(obj: Obj) -> list[FieldError]:
    """Check keys and size."""
    return list(_errors(obj))


def validate_update(new: Obj, old: Obj) -> list[FieldError]:
    """Refuse to change the data of an immutable ConfigMap."""
    return list(immutable_data(new, old, ("data", "binaryData")))


def immutable_data(new: Obj, old: Obj, parts: tuple[str, ...]) -> Errors:
    """Check that an object marked immutable stays so and keeps its data."""
    if not old.get("immutable"):
        return
    if not new.get("immutable"):
        yield forbidden_field("immutable", "field is immutable when `immutable` is set")
    for part in parts:
        if (new.get(part) or {}) != (old.get(part) or {}):
            yield forbidden_field(part, "field is immutable when `immutable` is set")


def _count(obj: Obj) -> str:
    return str(len(obj.get("data") or {}) + len(obj.get("binaryData") or {}))


KIND = Kind(
    resource=CONFIGMAPS,
    singular="configmap",
    definition="io.k8s.api.core.v1.ConfigMap",
    short_names=("cm",),
    columns=(NAME, cell("Data", _count), AGE),
    validate=validate,
    validate_update=validate_update,
)
