"""StorageClass: how volumes for claims are made."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bouvier.kinds import fields, names
from bouvier.kinds.columns import AGE, cell, name_cell, text
from bouvier.kinds.fields import Errors
from bouvier.kinds.kind import Column, Kind
from bouvier.kinds.storage_v1.drivers import parameters, provisioner
from bouvier.kinds.volumes.questions import DEFAULT_CLASS_ANNOTATIONS
from bouvier.meta.errors import FieldError, duplicate, forbidden_field, required
from bouvier.meta.objects import Obj, annotations_of
from bouvier.meta.resources import STORAGECLASSES

_RECLAIM = ("Delete", "Retain")
_BINDING = ("Immediate", "WaitForFirstConsumer")
_FIXED = ("parameters", "provisioner", "reclaimPolicy")


def default(obj: Obj) -> None:
    """Fill reclaim policy and binding mode."""
    obj.setdefault("reclaimPolicy", "Delete")
    obj.setdefault("volumeBindingMode", "Immediate")


def validate(obj: Obj) -> list[FieldError]:
    """Check provisioner, parameters and policies."""
    return list(_errors(obj))


def _errors(obj: Obj) -> Errors:
    yield from provisioner("provisioner", obj.get("provisioner"))
    yield from parameters("parameters", obj.get("parameters"))
    yield from fields.optional_one_of("reclaimPolicy", obj.get("reclaimPolicy"), _RECLAIM)
    yield from fields.one_of("volumeBindingMode", obj.get("volumeBindingMode"), _BINDING)
    yield from _topologies("allowedTopologies", obj.get("allowedTopologies") or [])


def _topologies(path: str, terms: Sequence[Mapping[str, Any]]) -> Errors:
    """Check where volumes of the class may be; no two terms may say the same."""
    seen: list[dict[str, set[str]]] = []
    for index, term in enumerate(terms):
        place = f"{path}[{index}].matchLabelExpressions"
        expressions = term.get("matchLabelExpressions") or []
        found: dict[str, set[str]] = {}
        for number, expression in enumerate(expressions):
            yield from _topology(f"{place}[{number}]", expression, found)
        if found in seen:
            yield duplicate(place, "")
        seen.append(found)


def _topology(path: str, expression: Mapping[str, Any], found: dict[str, set[str]]) -> Errors:
    key, values = expression.get("key") or "", expression.get("values") or []
    if key in found:
        yield duplicate(f"{path}.key", key)
    found[key] = set(values)
    if not values:
        yield required(f"{path}.values")
    for number, value in enumerate(values):
        if value in values[:number]:
            yield duplicate(f"{path}.values[{number}]", value)
        yield from fields.each(f"{path}.values", value, names.label_value)
    yield from fields.each(f"{path}.key", key, names.qualified_name)


def validate_update(new: Obj, old: Obj) -> list[FieldError]:
    """Refuse to change what existing volumes were made by."""
    changed = [field for field in _FIXED if (new.get(field) or None) != (old.get(field) or None)]
    errors = [forbidden_field(field, f"updates to {field} are forbidden.") for field in changed]
    before, after = old.get("volumeBindingMode"), new.get("volumeBindingMode")
    return errors + list(fields.immutable("volumeBindingMode", after, before))


def _name_cell(obj: Obj) -> str:
    is_default = any(annotations_of(obj).get(one) == "true" for one in DEFAULT_CLASS_ANNOTATIONS)
    return f"{name_cell(obj)} (default)" if is_default else name_cell(obj)


KIND = Kind(
    resource=STORAGECLASSES,
    singular="storageclass",
    definition="io.k8s.api.storage.v1.StorageClass",
    short_names=("sc",),
    columns=(
        Column("Name", _name_cell, format="name"),
        text("Provisioner", "provisioner"),
        text("ReclaimPolicy", "reclaimPolicy"),
        text("VolumeBindingMode", "volumeBindingMode"),
        cell("AllowVolumeExpansion", lambda obj: bool(obj.get("allowVolumeExpansion"))),
        AGE,
    ),
    default=default,
    validate=validate,
    validate_update=validate_update,
)
