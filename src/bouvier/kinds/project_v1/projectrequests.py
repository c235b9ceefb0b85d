"""ProjectRequest: the wish for a Project of one's own. It is created and not kept."""

from __future__ import annotations

from bouvier.kinds.build_v1.shapes import TEXT, shape
from bouvier.kinds.columns import AGE, NAME
from bouvier.kinds.kind import Kind
from bouvier.meta.resources import PROJECTREQUESTS

KIND = Kind(
    resource=PROJECTREQUESTS,
    singular="projectrequest",
    definition="",
    verbs=("create",),
    schema=shape(apiVersion=TEXT, kind=TEXT, metadata={"type": "object"}, displayName=TEXT, description=TEXT),
    name_rule="label",
    columns=(NAME, AGE),
)
