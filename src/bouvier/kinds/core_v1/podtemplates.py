"""PodTemplate: a template of pods as an object of its own."""

from __future__ import annotations

from bouvier.kinds.columns import NAME, cell, labels_text
from bouvier.kinds.kind import Kind
from bouvier.kinds.podspec.templates import default_template
from bouvier.kinds.podspec.validation import validate_template
from bouvier.kinds.podspec.warnings import warn_of_template
from bouvier.meta.errors import FieldError
from bouvier.meta.gvk import Resource
from bouvier.meta.objects import Obj

PODTEMPLATES = Resource("", "v1", "podtemplates", "PodTemplate")


def validate(obj: Obj) -> list[FieldError]:
    """Check the template."""
    return list(validate_template("template", obj.get("template")))


def _containers(obj: Obj, field: str) -> str:
    spec = (obj.get("template") or {}).get("spec") or {}
    return ",".join(str(one.get(field) or "") for one in spec.get("containers") or ())


def _labels(obj: Obj) -> str:
    return labels_text(((obj.get("template") or {}).get("metadata") or {}).get("labels"))


KIND = Kind(
    resource=PODTEMPLATES,
    singular="podtemplate",
    definition="io.k8s.api.core.v1.PodTemplate",
    columns=(
        NAME,
        cell("Containers", lambda obj: _containers(obj, "name")),
        cell("Images", lambda obj: _containers(obj, "image")),
        cell("Pod Labels", _labels),
    ),
    default=default_template,
    validate=validate,
    has_generation=True,
    warn=warn_of_template("template"),
)
