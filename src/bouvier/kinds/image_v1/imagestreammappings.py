"""ImageStreamMapping: the statement that a tag of a stream means an image now. It is created and not kept."""

from __future__ import annotations

from collections.abc import Iterator

from bouvier.kinds.build_v1.shapes import ANY, TEXT, shape
from bouvier.kinds.columns import AGE, NAME, value_at
from bouvier.kinds.kind import Kind
from bouvier.meta.errors import FieldError, required
from bouvier.meta.objects import Obj
from bouvier.meta.resources import IMAGESTREAMMAPPINGS

_SCHEMA = shape(apiVersion=TEXT, kind=TEXT, metadata={"type": "object"}, image=ANY, tag=TEXT)


def validate(obj: Obj) -> list[FieldError]:
    """Check that tag and image are named."""
    return list(_errors(obj))


def _errors(obj: Obj) -> Iterator[FieldError]:
    if not obj.get("tag"):
        yield required("tag")
    if not value_at(obj, ("image", "metadata", "name")):
        yield required("image.metadata.name")
    if not value_at(obj, ("image", "dockerImageReference")):
        yield required("image.dockerImageReference")


KIND = Kind(
    resource=IMAGESTREAMMAPPINGS,
    singular="imagestreammapping",
    definition="",
    verbs=("create",),
    schema=_SCHEMA,
    validate=validate,
    columns=(NAME, AGE),
)
