"""CustomResourceDefinition: a kind that a user adds while the platform runs."""

from __future__ import annotations

from bouvier.kinds.apiextensions_v1.crd_validation import validate, validate_create, validate_update
from bouvier.kinds.clientconfig import default_client_config
from bouvier.kinds.columns import DEFAULT_COLUMNS
from bouvier.kinds.kind import Kind
from bouvier.kinds.subresources import with_status
from bouvier.meta.objects import Obj
from bouvier.meta.resources import CUSTOMRESOURCEDEFINITIONS


def default(obj: Obj) -> None:
    """Fill the singular and list names, and that versions need no conversion."""
    spec = obj.setdefault("spec", {})
    names = spec.setdefault("names", {})
    kind = names.get("kind") or ""
    if kind:
        names.setdefault("singular", kind.lower())
        names.setdefault("listKind", f"{kind}List")
    conversion = spec.setdefault("conversion", {})
    conversion.setdefault("strategy", "None")
    default_client_config((conversion.get("webhook") or {}).get("clientConfig") or {})


def prepare(obj: Obj) -> None:
    """Give a new definition its status, of which names and versions are always present."""
    status = obj.setdefault("status", {})
    status.setdefault("conditions", [])
    status.setdefault("acceptedNames", {"plural": "", "kind": ""})
    if not status.get("storedVersions"):
        versions = (obj.get("spec") or {}).get("versions") or ()
        status["storedVersions"] = [one["name"] for one in versions if one.get("storage") and one.get("name")]


KIND = Kind(
    resource=CUSTOMRESOURCEDEFINITIONS,
    singular="customresourcedefinition",
    definition="io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceDefinition",
    short_names=("crd", "crds"),
    categories=("api-extensions",),
    subresources=with_status(CUSTOMRESOURCEDEFINITIONS),
    columns=DEFAULT_COLUMNS,
    default=default,
    prepare=prepare,
    validate=validate,
    validate_create=validate_create,
    validate_update=validate_update,
    has_generation=True,
    needs_revision=True,
)
