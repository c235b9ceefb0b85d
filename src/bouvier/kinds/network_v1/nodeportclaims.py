"""NodePortClaim: a node port that is in use, and by which Service. Its name is the port's number.

The API server makes it before it stores the Service, so that two servers never give the same port away.
"""

from __future__ import annotations

from typing import Any

from bouvier.kinds import fields
from bouvier.kinds.columns import AGE, NAME, cell
from bouvier.kinds.fields import Errors
from bouvier.kinds.kind import Kind
from bouvier.kinds.networking_v1.parents import parent_changed, parent_errors, parent_text
from bouvier.meta.errors import FieldError
from bouvier.meta.objects import Obj, name_of
from bouvier.meta.resources import NODEPORTCLAIMS

_TEXT = {"type": "string"}
SCHEMA: dict[str, Any] = {
    "type": "object",
    "description": "A node port that is in use. Made and removed by the platform.",
    "properties": {
        "apiVersion": _TEXT,
        "kind": _TEXT,
        "metadata": {"type": "object"},
        "spec": {
            "type": "object",
            "properties": {
                "parentRef": {
                    "type": "object",
                    "description": "The Service that has the port.",
                    "properties": {"group": _TEXT, "resource": _TEXT, "namespace": _TEXT, "name": _TEXT},
                },
            },
        },
    },
}
_LAST_PORT = 65535


def validate(obj: Obj) -> list[FieldError]:
    """Check name and parent."""
    return [*_name(name_of(obj)), *parent_errors(obj)]


def _name(name: str) -> Errors:
    if not (name.isdecimal() and len(name) < 10) or str(int(name)) != name or not 0 < int(name) <= _LAST_PORT:
        yield fields.invalid("metadata.name", name, f"must be a port between 1 and {_LAST_PORT}")


def validate_update(new: Obj, old: Obj) -> list[FieldError]:
    """Refuse another parent."""
    return list(parent_changed(new, old))


KIND = Kind(
    resource=NODEPORTCLAIMS,
    singular="nodeportclaim",
    definition="",
    schema=SCHEMA,
    columns=(NAME, cell("ParentRef", parent_text), AGE),
    validate=validate,
    validate_update=validate_update,
)
