"""Role: what may be done inside one namespace."""

from __future__ import annotations

from bouvier.kinds.columns import DEFAULT_COLUMNS
from bouvier.kinds.kind import Kind
from bouvier.kinds.rbac_v1.rules import validate_rules
from bouvier.meta.errors import FieldError
from bouvier.meta.objects import Obj
from bouvier.meta.resources import ROLES


def validate(obj: Obj) -> list[FieldError]:
    """Check the rules."""
    return list(validate_rules("rules", obj.get("rules") or [], is_namespaced=True))


KIND = Kind(
    resource=ROLES,
    singular="role",
    definition="io.k8s.api.rbac.v1.Role",
    columns=DEFAULT_COLUMNS,
    validate=validate,
    name_rule="path",
)
