"""RoleBinding: who holds a role inside one namespace."""

from __future__ import annotations

from bouvier.kinds.kind import Kind
from bouvier.kinds.rbac_v1.bindings import COLUMNS, default, validate_binding, validate_update
from bouvier.meta.errors import FieldError
from bouvier.meta.objects import Obj
from bouvier.meta.resources import ROLEBINDINGS


def validate(obj: Obj) -> list[FieldError]:
    """Check role and subjects."""
    return validate_binding(obj, ("ClusterRole", "Role"), is_namespaced=True)


KIND = Kind(
    resource=ROLEBINDINGS,
    singular="rolebinding",
    definition="io.k8s.api.rbac.v1.RoleBinding",
    columns=COLUMNS,
    default=default,
    validate=validate,
    validate_update=validate_update,
    name_rule="path",
)
