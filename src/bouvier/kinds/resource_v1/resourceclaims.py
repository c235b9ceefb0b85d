"""ResourceClaim: devices that a pod asks for, and those that it was given. Data for schedulers and drivers."""

from __future__ import annotations

from bouvier.kinds import fields
from bouvier.kinds.columns import AGE, NAME, cell, value_at
from bouvier.kinds.kind import Kind
from bouvier.kinds.resource_v1.allocation import validate_status
from bouvier.kinds.resource_v1.older import list_at, request_down, request_up, views
from bouvier.kinds.resource_v1.requests import claim_spec, default_claim
from bouvier.kinds.subresources import with_status
from bouvier.meta.errors import FieldError
from bouvier.meta.gvk import Resource
from bouvier.meta.objects import Obj, is_deleting

RESOURCE = Resource("resource.k8s.io", "v1", "resourceclaims", "ResourceClaim")


def default(obj: Obj) -> None:
    """Fill the counts of the requests."""
    default_claim(obj.setdefault("spec", {}))


def validate(obj: Obj) -> list[FieldError]:
    """Check the spec."""
    return list(claim_spec("spec", obj.get("spec") or {}))


def validate_update(new: Obj, old: Obj) -> list[FieldError]:
    """Refuse any change of the spec."""
    return list(fields.immutable("spec", new.get("spec"), old.get("spec")))


def _state(obj: Obj) -> str:
    states = ["deleted"] if is_deleting(obj) else []
    if value_at(obj, ("status", "allocation")) is None:
        return ",".join(states or ["pending"])
    states.append("allocated")
    return ",".join([*states, "reserved"] if value_at(obj, ("status", "reservedFor")) else states)


KIND = Kind(
    resource=RESOURCE,
    singular="resourceclaim",
    definition="io.k8s.api.resource.v1.ResourceClaim",
    subresources=with_status(RESOURCE),
    columns=(NAME, cell("State", _state), AGE),
    default=default,
    validate=validate,
    validate_update=validate_update,
    validate_status=validate_status,
)
VIEWS = views(KIND, lambda obj: list_at(obj, "spec", "devices", "requests"), request_up, request_down)
