"""ReleasePreview: what a release would do, found out without doing it. Removed by the platform after some minutes."""

from __future__ import annotations

from bouvier.kinds.catalog_v1.release_spec import PROPERTIES, errors_of
from bouvier.kinds.catalog_v1.schemas import NUMBER, TEXT, TEXTS, described, listed, objects, root
from bouvier.kinds.columns import AGE, NAME, text
from bouvier.kinds.kind import Kind
from bouvier.kinds.subresources import with_status
from bouvier.meta.errors import FieldError, required
from bouvier.meta.gvk import Resource
from bouvier.meta.objects import Obj

RESOURCE = Resource("catalog.bouvier.io", "v1", "releasepreviews", "ReleasePreview")
_CHANGE = {
    "action": described(TEXT, "create, change, keep or delete."),
    "apiVersion": TEXT,
    "kind": TEXT,
    "namespace": TEXT,
    "name": TEXT,
    "diff": described(TEXT, "Difference in YAML, values of Secrets masked."),
}
_STATUS = objects(
    {
        "observedGeneration": NUMBER,
        "phase": described(TEXT, "Done or Refused."),
        "version": TEXT,
        "errors": described(TEXTS, "Why the release would be refused."),
        "changes": listed(_CHANGE, "action", "kind", "name"),
        "hooks": TEXTS,
        "notes": TEXT,
        "ignored": TEXTS,
        "images": described(TEXTS, "Images that are made on the machine before it runs."),
    }
)
_SPEC = objects({"release": described(TEXT, "Name of the Release, which need not exist."), **PROPERTIES}, "release")


def _validate(obj: Obj) -> list[FieldError]:
    spec = obj.get("spec") or {}
    return ([] if spec.get("release") else [required("spec.release")]) + errors_of(spec)


KIND = Kind(
    resource=RESOURCE,
    singular="releasepreview",
    definition="",
    columns=(NAME, text("Release", "spec", "release"), text("Phase", "status", "phase"), AGE),
    subresources=with_status(RESOURCE),
    has_generation=True,
    sealed=True,
    validate=_validate,
    schema=root(_SPEC, _STATUS),
)
