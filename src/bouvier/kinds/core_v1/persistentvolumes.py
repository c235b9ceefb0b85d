"""PersistentVolume: a piece of storage that claims are bound to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bouvier.kinds import fields, names
from bouvier.kinds.columns import AGE, NAME, WIDE, cell, value_at
from bouvier.kinds.core_v1.access_modes import VOLUME_MODES, short_text, validate_modes
from bouvier.kinds.fields import Errors
from bouvier.kinds.kind import Kind
from bouvier.kinds.podspec.containers import no_backsteps
from bouvier.kinds.podspec.defaults import canonical_quantities
from bouvier.kinds.podspec.placement import node_selector
from bouvier.kinds.podspec.resources import non_negative_quantities
from bouvier.kinds.storage_v1.drivers import driver_name
from bouvier.kinds.subresources import with_status
from bouvier.meta.errors import FieldError, forbidden_field, required
from bouvier.meta.objects import Obj
from bouvier.meta.resources import PERSISTENTVOLUMES

_RECLAIM = ("Delete", "Recycle", "Retain")
_NOT_SOURCES = frozenset(
    {
        "accessModes",
        "capacity",
        "claimRef",
        "mountOptions",
        "nodeAffinity",
        "persistentVolumeReclaimPolicy",
        "storageClassName",
        "volumeAttributesClassName",
        "volumeMode",
    }
)
"""Fields of the spec that are not a kind of storage."""


def default(obj: Obj) -> None:
    """Fill reclaim policy, volume mode and host path type."""
    spec = obj.setdefault("spec", {})
    spec.setdefault("persistentVolumeReclaimPolicy", "Retain")
    spec.setdefault("volumeMode", "Filesystem")
    if spec.get("hostPath") is not None:
        spec["hostPath"].setdefault("type", "")
    canonical_quantities(spec.get("capacity"))


def prepare(obj: Obj) -> None:
    """Give a new volume its phase."""
    obj.setdefault("status", {}).setdefault("phase", "Pending")


def validate(obj: Obj) -> list[FieldError]:
    """Check the spec."""
    return list(_errors("spec", obj.get("spec") or {}))


def _errors(path: str, spec: Mapping[str, Any]) -> Errors:
    yield from validate_modes(f"{path}.accessModes", spec.get("accessModes"))
    capacity = spec.get("capacity") or {}
    if not capacity:
        yield required(f"{path}.capacity")
    elif set(capacity) != {"storage"}:
        yield fields.unsupported(f"{path}.capacity", capacity, ("storage",))
    yield from non_negative_quantities(f"{path}.capacity", capacity)
    policy = spec.get("persistentVolumeReclaimPolicy")
    yield from fields.optional_one_of(f"{path}.persistentVolumeReclaimPolicy", policy, _RECLAIM)
    affinity = spec.get("nodeAffinity")
    if affinity is not None:
        if affinity.get("required") is None:
            yield required(f"{path}.nodeAffinity.required", "must specify required node constraints")
        else:
            yield from node_selector(f"{path}.nodeAffinity.required", affinity["required"])
    yield from _source(path, spec)
    if spec.get("storageClassName"):
        yield from fields.each(f"{path}.storageClassName", spec["storageClassName"], names.subdomain)
    yield from fields.optional_one_of(f"{path}.volumeMode", spec.get("volumeMode"), VOLUME_MODES)


def _source(path: str, spec: Mapping[str, Any]) -> Errors:
    present = [field for field in spec if field not in _NOT_SOURCES and spec[field] is not None]
    if not present:
        yield required(path, "must specify a volume type")
        return
    for extra in present[1:]:
        yield forbidden_field(f"{path}.{extra}", "may not specify more than 1 volume type")
    for field in ("hostPath", "local"):
        if field in present:
            target = spec[field].get("path") or ""
            if not target:
                yield required(f"{path}.{field}.path")
            yield from no_backsteps(f"{path}.{field}.path", target)
    if "csi" in present:
        yield from driver_name(f"{path}.csi.driver", spec["csi"].get("driver"))
        if not spec["csi"].get("volumeHandle"):
            yield required(f"{path}.csi.volumeHandle")
    if "local" in present and not spec.get("nodeAffinity"):
        yield required(f"{path}.nodeAffinity", "Local volume requires node affinity")
    if (spec.get("hostPath") or {}).get("path") == "/" and spec.get("persistentVolumeReclaimPolicy") == "Recycle":
        detail = "may not be 'recycle' for a hostPath mount of '/'"
        yield forbidden_field(f"{path}.persistentVolumeReclaimPolicy", detail)


def validate_update(new: Obj, old: Obj) -> list[FieldError]:
    """Refuse to change what the volume is."""
    return list(_update_errors(new.get("spec") or {}, old.get("spec") or {}))


def _update_errors(new: Mapping[str, Any], old: Mapping[str, Any]) -> Errors:
    sources = {field for field in (*new, *old) if field not in _NOT_SOURCES}
    if any(new.get(field) != old.get(field) for field in sources):
        yield forbidden_field("spec.persistentvolumesource", "spec.persistentvolumesource is immutable after creation")
    yield from fields.immutable("spec.volumeMode", new.get("volumeMode"), old.get("volumeMode"))
    if old.get("nodeAffinity"):
        yield from fields.immutable("spec.nodeAffinity", new.get("nodeAffinity"), old["nodeAffinity"])


def _status_cell(obj: Obj) -> str:
    if obj["metadata"].get("deletionTimestamp"):
        return "Terminating"
    return str(value_at(obj, ("status", "phase")) or "")


def _claim_cell(obj: Obj) -> str:
    claim = value_at(obj, ("spec", "claimRef"))
    return f"{claim.get('namespace')}/{claim.get('name')}" if claim else ""


def _spec_text(field: str, absent: str = "") -> Any:
    return lambda obj: str(value_at(obj, ("spec", field)) or absent)


KIND = Kind(
    resource=PERSISTENTVOLUMES,
    singular="persistentvolume",
    definition="io.k8s.api.core.v1.PersistentVolume",
    short_names=("pv",),
    subresources=with_status(PERSISTENTVOLUMES),
    columns=(
        NAME,
        cell("Capacity", lambda obj: str(value_at(obj, ("spec", "capacity", "storage")) or "")),
        cell("Access Modes", lambda obj: short_text(value_at(obj, ("spec", "accessModes")))),
        cell("Reclaim Policy", _spec_text("persistentVolumeReclaimPolicy")),
        cell("Status", _status_cell),
        cell("Claim", _claim_cell),
        cell("StorageClass", _spec_text("storageClassName")),
        cell("VolumeAttributesClass", _spec_text("volumeAttributesClassName", "<unset>")),
        cell("Reason", lambda obj: str(value_at(obj, ("status", "reason")) or "")),
        AGE,
        cell("VolumeMode", _spec_text("volumeMode", "<unset>"), WIDE),
    ),
    default=default,
    prepare=prepare,
    validate=validate,
    validate_update=validate_update,
    has_open_status=True,
)
