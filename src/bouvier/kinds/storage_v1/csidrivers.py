"""CSIDriver: how a storage driver of the Container Storage Interface wants to be used. Data for such drivers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bouvier.kinds import fields
from bouvier.kinds.columns import AGE, NAME, cell, value_at
from bouvier.kinds.fields import Errors
from bouvier.kinds.kind import Column, Kind
from bouvier.meta.errors import FieldError, duplicate, not_supported, required
from bouvier.meta.gvk import Resource
from bouvier.meta.objects import Obj

RESOURCE = Resource("storage.k8s.io", "v1", "csidrivers", "CSIDriver", namespaced=False)
MIN_TOKEN_SECONDS, MAX_TOKEN_SECONDS = 600, 2**32
MIN_PERIOD_SECONDS = 10
_DEFAULTS = {
    "attachRequired": True,
    "fsGroupPolicy": "ReadWriteOnceWithFSType",
    "podInfoOnMount": False,
    "requiresRepublish": False,
    "seLinuxMount": False,
    "storageCapacity": False,
}
_OWNERSHIP = ("File", "None", "ReadWriteOnceWithFSType")
_MODES = ["Persistent", "Ephemeral"]
_NEEDED = ("attachRequired", "podInfoOnMount", "storageCapacity")
_FIXED = (("attachRequired", "attachedRequired"), ("volumeLifecycleModes", "volumeLifecycleModes"))
"""Fields that stay, and what messages call them."""


def default(obj: Obj) -> None:
    """Fill what a driver is taken to want when it does not say."""
    spec = obj.setdefault("spec", {})
    for field, value in _DEFAULTS.items():
        spec.setdefault(field, value)
    if not spec.get("volumeLifecycleModes"):
        spec["volumeLifecycleModes"] = ["Persistent"]


def validate(obj: Obj) -> list[FieldError]:
    """Check the spec."""
    return list(_errors("spec", obj.get("spec") or {}))


def _errors(path: str, spec: Mapping[str, Any]) -> Errors:
    for field in _NEEDED:
        if spec.get(field) is None:
            yield required(f"{path}.{'attachedRequired' if field == 'attachRequired' else field}")
    yield from fields.optional_one_of(f"{path}.fsGroupPolicy", spec.get("fsGroupPolicy"), _OWNERSHIP)
    requests = spec.get("tokenRequests") or []
    yield from _token_requests(f"{path}.tokenRequests", requests)
    for mode in spec.get("volumeLifecycleModes") or ():
        if mode not in _MODES:
            yield not_supported(f"{path}.volumeLifecycleModes", mode, _MODES)
    if spec.get("seLinuxMount") is None:
        yield required(f"{path}.seLinuxMount")
    period = spec.get("nodeAllocatableUpdatePeriodSeconds")
    if period is not None and period < MIN_PERIOD_SECONDS:
        detail = "must be greater than or equal to 10 seconds"
        yield fields.invalid(f"{path}.nodeAllocatableUpdatePeriodSeconds", period, detail)
    in_secrets = spec.get("serviceAccountTokenInSecrets")
    if in_secrets is not None and not requests:
        detail = "serviceAccountTokenInSecrets is set but no tokenRequests are specified"
        yield fields.invalid(f"{path}.serviceAccountTokenInSecrets", in_secrets, detail)


def _token_requests(path: str, requests: Sequence[Mapping[str, Any]]) -> Errors:
    seen: set[str] = set()
    for index, request in enumerate(requests):
        audience, seconds = request.get("audience") or "", request.get("expirationSeconds")
        if audience in seen:
            yield duplicate(f"{path}[{index}].audience", audience)
            continue
        seen.add(audience)
        place = f"{path}[{index}].expirationSeconds"
        if seconds is not None and seconds < MIN_TOKEN_SECONDS:
            yield fields.invalid(place, seconds, "may not specify a duration less than 10 minutes")
        elif seconds is not None and seconds > MAX_TOKEN_SECONDS:
            yield fields.invalid(place, seconds, "may not specify a duration larger than 2^32 seconds")


def validate_update(new: Obj, old: Obj) -> list[FieldError]:
    """Refuse to change whether volumes are attached and how they live."""
    after, before = new.get("spec") or {}, old.get("spec") or {}
    return [
        error
        for field, shown in _FIXED
        for error in fields.immutable(f"spec.{shown}", after.get(field), before.get(field))
    ]


def _flag(title: str, field: str) -> Column:
    return cell(title, lambda obj: bool(value_at(obj, ("spec", field))), kind="boolean")


def _audiences_cell(obj: Obj) -> str:
    requests = value_at(obj, ("spec", "tokenRequests"))
    return "<unset>" if requests is None else ",".join(one.get("audience") or "" for one in requests)


def _modes_cell(obj: Obj) -> str:
    return ",".join(value_at(obj, ("spec", "volumeLifecycleModes")) or ()) or "<none>"


KIND = Kind(
    resource=RESOURCE,
    singular="csidriver",
    definition="io.k8s.api.storage.v1.CSIDriver",
    columns=(
        NAME,
        _flag("AttachRequired", "attachRequired"),
        _flag("PodInfoOnMount", "podInfoOnMount"),
        _flag("StorageCapacity", "storageCapacity"),
        cell("TokenRequests", _audiences_cell),
        _flag("RequiresRepublish", "requiresRepublish"),
        cell("Modes", _modes_cell),
        AGE,
    ),
    default=default,
    validate=validate,
    validate_update=validate_update,
    needs_revision=True,
    has_generation=True,
)
