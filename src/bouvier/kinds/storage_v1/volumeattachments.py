"""VolumeAttachment: the wish that a volume be attached to a host, and what came of it. Data for CSI drivers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bouvier.kinds import fields, names
from bouvier.kinds.columns import AGE, NAME, cell, text, value_at
from bouvier.kinds.core_v1.access_modes import validate_modes
from bouvier.kinds.fields import Errors
from bouvier.kinds.kind import Column, Kind
from bouvier.kinds.storage_v1.drivers import driver_name
from bouvier.kinds.subresources import with_status
from bouvier.meta.errors import FieldError, forbidden_field, required
from bouvier.meta.gvk import Resource
from bouvier.meta.objects import Obj

RESOURCE = Resource("storage.k8s.io", "v1", "volumeattachments", "VolumeAttachment", namespaced=False)
MAX_METADATA_BYTES, MAX_MESSAGE_BYTES = 256 * 1024, 1024
_ONE_SOURCE = "must specify exactly one of inlineVolumeSpec and persistentVolumeName"


def validate(obj: Obj) -> list[FieldError]:
    """Check what is attached where."""
    return list(_errors("spec", obj.get("spec") or {}))


def _errors(path: str, spec: Mapping[str, Any]) -> Errors:
    yield from driver_name(f"{path}.attacher", spec.get("attacher"))
    yield from _source(f"{path}.source", spec.get("source") or {})
    yield from fields.each(f"{path}.nodeName", spec.get("nodeName") or "", names.subdomain)


def _source(path: str, source: Mapping[str, Any]) -> Errors:
    inline, name = source.get("inlineVolumeSpec"), source.get("persistentVolumeName")
    if inline is None and name is None:
        yield required(path, _ONE_SOURCE)
    elif inline is not None and name is not None:
        yield forbidden_field(path, _ONE_SOURCE)
    elif name is not None:
        if not name:
            yield required(f"{path}.persistentVolumeName", "must specify non empty persistentVolumeName")
        yield from fields.each(f"{path}.persistentVolumeName", name, names.subdomain)
    else:
        yield from _inline(f"{path}.inlineVolumeSpec", inline or {})


def _inline(path: str, spec: Mapping[str, Any]) -> Errors:
    """Check a volume that no PersistentVolume stands for: only drivers of the interface have such."""
    yield from validate_modes(f"{path}.accessModes", spec.get("accessModes"))
    for field in ("claimRef", "capacity"):
        if spec.get(field):
            yield forbidden_field(f"{path}.{field}", "may not be specified in the context of inline volumes")
    if spec.get("csi") is None:
        yield required(f"{path}.csi", "has to be specified in the context of inline volumes")
        return
    yield from driver_name(f"{path}.csi.driver", spec["csi"].get("driver"))
    if not spec["csi"].get("volumeHandle"):
        yield required(f"{path}.csi.volumeHandle")


def validate_update(new: Obj, old: Obj) -> list[FieldError]:
    """Refuse any change of the wish."""
    if new.get("spec") == old.get("spec"):
        return []
    return [fields.invalid("spec", new.get("spec"), fields.IMMUTABLE)]


def validate_status(new: Obj, _old: Obj) -> list[FieldError]:
    """Check what the driver reports."""
    return list(_status("status", new.get("status") or {}))


def _status(path: str, status: Mapping[str, Any]) -> Errors:
    held = status.get("attachmentMetadata") or {}
    if sum(len(key.encode()) + len(value.encode()) for key, value in held.items()) > MAX_METADATA_BYTES:
        yield fields.too_long(f"{path}.attachmentMetadata", MAX_METADATA_BYTES)
    for field in ("attachError", "detachError"):
        error = status.get(field) or {}
        if len((error.get("message") or "").encode()) > MAX_MESSAGE_BYTES:
            yield fields.too_long(f"{path}.{field}.message", MAX_METADATA_BYTES)
        code = error.get("errorCode")
        if code is not None and code < 0:
            yield fields.invalid(f"{path}.{field}.errorCode", code, "must be between 0 and 2147483647, inclusive")


KIND = Kind(
    resource=RESOURCE,
    singular="volumeattachment",
    definition="io.k8s.api.storage.v1.VolumeAttachment",
    subresources=with_status(RESOURCE),
    columns=(
        NAME,
        Column("Attacher", text("", "spec", "attacher").value, format="name"),
        text("PV", "spec", "source", "persistentVolumeName"),
        text("Node", "spec", "nodeName"),
        cell("Attached", lambda obj: bool(value_at(obj, ("status", "attached"))), kind="boolean"),
        AGE,
    ),
    validate=validate,
    validate_update=validate_update,
    validate_status=validate_status,
    needs_revision=True,
)
