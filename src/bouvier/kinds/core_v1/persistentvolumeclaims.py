"""PersistentVolumeClaim: a request for storage that outlives pods."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bouvier.kinds import fields, names
from bouvier.kinds.columns import AGE, NAME, WIDE, cell, value_at
from bouvier.kinds.core_v1.access_modes import VOLUME_MODES, short_text, validate_modes
from bouvier.kinds.fields import Errors
from bouvier.kinds.kind import Kind
from bouvier.kinds.podspec.defaults import canonical_quantities, default_resources
from bouvier.kinds.podspec.resources import parsed
from bouvier.kinds.podspec.updates import differences
from bouvier.kinds.subresources import with_status
from bouvier.meta.errors import FieldError, forbidden_field, required
from bouvier.meta.objects import Obj
from bouvier.meta.resources import PERSISTENTVOLUMECLAIMS

_DEFAULT_CLASS_ANNOTATION = "volume.beta.kubernetes.io/storage-class"
_REFUSAL = "spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims"


def default(obj: Obj) -> None:
    """Fill the volume mode."""
    spec = obj.setdefault("spec", {})
    spec.setdefault("volumeMode", "Filesystem")
    default_resources(spec.get("resources"))
    canonical_quantities((obj.get("status") or {}).get("capacity"))


def prepare(obj: Obj) -> None:
    """Give a new claim its phase."""
    obj.setdefault("status", {}).setdefault("phase", "Pending")


def validate(obj: Obj) -> list[FieldError]:
    """Check the spec."""
    return list(validate_claim_spec("spec", obj.get("spec") or {}))


def validate_claim_spec(path: str, spec: Mapping[str, Any]) -> Errors:
    """Check a `v1.PersistentVolumeClaimSpec`."""
    yield from validate_modes(f"{path}.accessModes", spec.get("accessModes"))
    yield from fields.label_selector(f"{path}.selector", spec.get("selector"))
    size = ((spec.get("resources") or {}).get("requests") or {}).get("storage")
    place = f"{path}.resources[storage]"
    amount = parsed(size)
    if size is None:
        yield required(place)
    elif amount is not None and amount <= 0:
        yield fields.invalid(place, size, "must be greater than zero")
    if spec.get("storageClassName"):
        yield from fields.each(f"{path}.storageClassName", spec["storageClassName"], names.subdomain)
    yield from fields.optional_one_of(f"{path}.volumeMode", spec.get("volumeMode"), VOLUME_MODES)
    for field in ("dataSource", "dataSourceRef"):
        if spec.get(field) is not None:
            yield from _data_source(f"{path}.{field}", spec[field])


def _data_source(path: str, source: Mapping[str, Any]) -> Errors:
    """Check what the volume is filled from."""
    kind, group = source.get("kind") or "", source.get("apiGroup") or ""
    for field in ("name", "kind"):
        if not source.get(field):
            yield required(f"{path}.{field}")
    if not group and kind != "PersistentVolumeClaim":
        yield fields.invalid(path, kind, "must be 'PersistentVolumeClaim' when referencing the default apiGroup")
    if group:
        yield from fields.each(f"{path}.apiGroup", group, names.subdomain)


def validate_update(new: Obj, old: Obj) -> list[FieldError]:
    """Refuse every change but a larger request for a bound claim, and the first volume name."""
    return list(_update_errors(new.get("spec") or {}, old.get("spec") or {}, old))


def _update_errors(new: Mapping[str, Any], old: Mapping[str, Any], claim: Obj) -> Errors:
    is_bound = (claim.get("status") or {}).get("phase") == "Bound"
    adjusted = dict(old)
    if not old.get("volumeName"):
        adjusted["volumeName"] = new.get("volumeName")
    if old.get("storageClassName") is None:
        adjusted["storageClassName"] = new.get("storageClassName")
    if is_bound:
        adjusted["resources"] = new.get("resources")
        adjusted["volumeAttributesClassName"] = new.get("volumeAttributesClassName")
    changed = differences("spec", adjusted, dict(new))
    if changed:
        yield forbidden_field("spec", "\n".join([_REFUSAL, *changed]))
    wanted = parsed(value_at(new, ("resources", "requests", "storage")))
    before = parsed(value_at(old, ("resources", "requests", "storage")))
    capacity = parsed(value_at(claim, ("status", "capacity", "storage")))
    floor = capacity if capacity is not None else before
    if wanted is not None and before is not None and floor is not None and wanted < before and wanted < floor:
        yield forbidden_field("spec.resources.requests.storage", "field can not be less than status.capacity")


def _status_cell(obj: Obj) -> str:
    if obj["metadata"].get("deletionTimestamp"):
        return "Terminating"
    return str(value_at(obj, ("status", "phase")) or "")


def _is_bound(obj: Obj) -> bool:
    return bool(value_at(obj, ("spec", "volumeName")))


def _capacity_cell(obj: Obj) -> str:
    return str(value_at(obj, ("status", "capacity", "storage")) or "0") if _is_bound(obj) else ""


def _modes_cell(obj: Obj) -> str:
    return short_text(value_at(obj, ("status", "accessModes"))) if _is_bound(obj) else ""


def _class_cell(obj: Obj) -> str:
    annotated = (obj["metadata"].get("annotations") or {}).get(_DEFAULT_CLASS_ANNOTATION)
    return str(annotated or value_at(obj, ("spec", "storageClassName")) or "")


KIND = Kind(
    resource=PERSISTENTVOLUMECLAIMS,
    singular="persistentvolumeclaim",
    definition="io.k8s.api.core.v1.PersistentVolumeClaim",
    short_names=("pvc",),
    subresources=with_status(PERSISTENTVOLUMECLAIMS),
    columns=(
        NAME,
        cell("Status", _status_cell),
        cell("Volume", lambda obj: str(value_at(obj, ("spec", "volumeName")) or "")),
        cell("Capacity", _capacity_cell),
        cell("Access Modes", _modes_cell),
        cell("StorageClass", _class_cell),
        cell("VolumeAttributesClass", lambda o: str(value_at(o, ("spec", "volumeAttributesClassName")) or "<unset>")),
        AGE,
        cell("VolumeMode", lambda obj: str(value_at(obj, ("spec", "volumeMode")) or "<unset>"), WIDE),
    ),
    default=default,
    prepare=prepare,
    validate=validate,
    validate_update=validate_update,
    has_open_status=True,
)
