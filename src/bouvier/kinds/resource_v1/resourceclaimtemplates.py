"""ResourceClaimTemplate: what claims of each pod are made from."""

from __future__ import annotations

from bouvier.kinds import fields
from bouvier.kinds.columns import AGE, NAME
from bouvier.kinds.fields import Errors
from bouvier.kinds.kind import Kind
from bouvier.kinds.metadata import validate_annotations
from bouvier.kinds.resource_v1.naming import Part
from bouvier.kinds.resource_v1.older import list_at, request_down, request_up, views
from bouvier.kinds.resource_v1.requests import claim_spec, default_claim
from bouvier.meta.errors import FieldError
from bouvier.meta.gvk import Resource
from bouvier.meta.objects import Obj

RESOURCE = Resource("resource.k8s.io", "v1", "resourceclaimtemplates", "ResourceClaimTemplate")


def default(obj: Obj) -> None:
    """Fill the counts of the requests."""
    default_claim(obj.setdefault("spec", {}).setdefault("spec", {}))


def validate(obj: Obj) -> list[FieldError]:
    """Check the claim that is made."""
    return list(_errors("spec", obj.get("spec") or {}))


def _errors(path: str, template: Part) -> Errors:
    metadata = template.get("metadata") or {}
    yield from fields.labels(f"{path}.metadata.labels", metadata.get("labels"))
    yield from validate_annotations(f"{path}.metadata.annotations", metadata.get("annotations"))
    yield from claim_spec(f"{path}.spec", template.get("spec") or {})


def validate_update(new: Obj, old: Obj) -> list[FieldError]:
    """Refuse any change of the spec."""
    return list(fields.immutable("spec", new.get("spec"), old.get("spec")))


KIND = Kind(
    resource=RESOURCE,
    singular="resourceclaimtemplate",
    definition="io.k8s.api.resource.v1.ResourceClaimTemplate",
    columns=(NAME, AGE),
    default=default,
    validate=validate,
    validate_update=validate_update,
)
VIEWS = views(KIND, lambda obj: list_at(obj, "spec", "spec", "devices", "requests"), request_up, request_down)
