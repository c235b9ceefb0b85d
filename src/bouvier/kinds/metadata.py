"""Validation of `metadata`, the same for every kind."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bouvier.kinds import fields, names
from bouvier.kinds.fields import Errors
from bouvier.kinds.kind import Kind
from bouvier.meta.errors import FieldError, forbidden_field, required
from bouvier.meta.gvk import split_api_version
from bouvier.meta.objects import Obj

_STANDARD_FINALIZERS = frozenset({"kubernetes", "orphan", "foregroundDeletion"})
"""Finalizers that may be without a prefix."""
_STRICT_DEFINITIONS = "io.k8s.api."
"""Kinds of which other finalizers must have one: not definitions of custom kinds, nor custom kinds themselves."""
_FIXED_ON_UPDATE = ("name", "namespace", "uid", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds")


def validate(obj: Obj, kind: Kind) -> list[FieldError]:
    """Check the metadata of an object that is about to be stored."""
    return list(_errors(obj.get("metadata") or {}, kind))


def validate_update(new: Obj, old: Obj, kind: Kind) -> list[FieldError]:
    """Check the metadata of an update: what is valid and what may change."""
    return list(_update_errors(new.get("metadata") or {}, old.get("metadata") or {}, kind))


def _errors(metadata: Mapping[str, Any], kind: Kind) -> Errors:
    path = "metadata"
    prefix = metadata.get("generateName")
    if prefix:
        for message in names.check_name_prefix(kind.name_rule, prefix):
            yield fields.invalid(f"{path}.generateName", prefix, message)
    yield from _name(path, metadata.get("name"), kind)
    yield from _namespace(path, metadata.get("namespace"), kind)
    yield from _common(path, metadata, kind)


def _name(path: str, name: str | None, kind: Kind) -> Errors:
    if not name:
        yield required(f"{path}.name", "name or generateName is required")
        return
    for message in names.check_name(kind.name_rule, name):
        yield fields.invalid(f"{path}.name", name, message)


def _namespace(path: str, namespace: str | None, kind: Kind) -> Errors:
    if not kind.resource.namespaced:
        if namespace:
            yield forbidden_field(f"{path}.namespace", "not allowed on this type")
    elif not namespace:
        yield required(f"{path}.namespace")
    else:
        yield from fields.each(f"{path}.namespace", namespace, names.namespace)


def _common(path: str, metadata: Mapping[str, Any], kind: Kind) -> Errors:
    # Most objects have few of these parts, and a generator for each absent one would cost as much as the others.
    yield from fields.non_negative(f"{path}.generation", metadata.get("generation"))
    labels, annotations = metadata.get("labels"), metadata.get("annotations")
    owners, finalizers = metadata.get("ownerReferences"), metadata.get("finalizers")
    if labels:
        yield from fields.labels(f"{path}.labels", labels)
    if annotations:
        yield from validate_annotations(f"{path}.annotations", annotations)
    if owners:
        yield from _owners(f"{path}.ownerReferences", owners)
    if finalizers:
        yield from _finalizers(f"{path}.finalizers", finalizers, kind)


def validate_annotations(path: str, value: Mapping[str, str] | None) -> Errors:
    """Check a map of annotations: keys (case does not matter) and size."""
    total = 0
    for key, text in (value or {}).items():
        for message in names.qualified_name(key.lower()):
            yield fields.invalid(path, key, message)
        total += len(key.encode()) + len(text.encode())
    if total > names.ANNOTATIONS_BYTES:
        yield fields.too_long(path, names.ANNOTATIONS_BYTES)


def _owners(path: str, owners: list[dict[str, Any]]) -> Errors:
    controllers = []
    for index, owner in enumerate(owners):
        yield from _owner(f"{path}[{index}]", owner)
        if owner.get("controller"):
            controllers.append(f"{owner.get('kind')}/{owner.get('name')}")
    if len(controllers) > 1:
        detail = "Only one reference can have Controller set to true. Found "
        pairs = " and ".join(f'"true" in references for {controller}' for controller in controllers[:2])
        yield fields.invalid(path, owners, detail + pairs)


def _owner(path: str, owner: Mapping[str, Any]) -> Errors:
    _, version = split_api_version(owner.get("apiVersion", ""))
    if not version:
        yield fields.invalid(f"{path}.apiVersion", owner.get("apiVersion", ""), "version must not be empty")
    for field in ("kind", "name", "uid"):
        if not owner.get(field):
            yield fields.invalid(f"{path}.{field}", "", "must not be empty")
    if owner.get("kind") == "Event" and version == "v1":
        yield fields.invalid(path, owner, "/v1, Kind=Event is disallowed from being an owner")


def _finalizers(path: str, finalizers: list[str], kind: Kind) -> Errors:
    is_strict = kind.definition.startswith(_STRICT_DEFINITIONS)
    for index, finalizer in enumerate(finalizers):
        for message in names.qualified_name(finalizer):
            yield fields.invalid(f"{path}[{index}]", finalizer, message)
        if is_strict and "/" not in finalizer and finalizer not in _STANDARD_FINALIZERS:
            detail = "name is neither a standard finalizer name nor is it fully qualified"
            yield fields.invalid(f"{path}[{index}]", finalizer, detail)
    if "orphan" in finalizers and "foregroundDeletion" in finalizers:
        detail = "finalizer orphan and foregroundDeletion cannot be both set"
        yield fields.invalid(path, finalizers, detail)


def _update_errors(new: Mapping[str, Any], old: Mapping[str, Any], kind: Kind) -> Errors:
    if old.get("deletionTimestamp"):
        added = [one for one in new.get("finalizers") or () if one not in (old.get("finalizers") or ())]
        if added:
            detail = f"no new finalizers can be added if the object is being deleted, found new finalizers {_go(added)}"
            yield forbidden_field("metadata.finalizers", detail)
    for field in _FIXED_ON_UPDATE:
        yield from fields.immutable(f"metadata.{field}", new.get(field), old.get(field))
    if (new.get("generation") or 0) < (old.get("generation") or 0):
        yield fields.invalid("metadata.generation", new.get("generation"), "must not be decremented")
    yield from _common("metadata", new, kind)


def _go(texts: list[str]) -> str:
    """Return a list of texts as Go's `%#v` prints it."""
    return "[]string{" + ", ".join(f'"{text}"' for text in texts) + "}"
