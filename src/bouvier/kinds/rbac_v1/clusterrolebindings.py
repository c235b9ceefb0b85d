"""ClusterRoleBinding: who holds a role everywhere."""

from __future__ import annotations

from bouvier.kinds.kind import Kind
from bouvier.kinds.rbac_v1.bindings import COLUMNS, default, validate_binding, validate_update
from bouvier.meta.errors import FieldError
from bouvier.meta.objects import Obj
from bouvier.meta.resources import CLUSTERROLEBINDINGS


def validate(obj: Obj) -> list[FieldError]:
    """Check role and subjects."""
    return validate_binding(obj, ("ClusterRole",), is_namespaced=False)


KIND = Kind(
    resource=CLUSTERROLEBINDINGS,
    singular="clusterrolebinding",
    definition="io.k8s.api.rbac.v1.ClusterRoleBinding",
    columns=COLUMNS,
    default=default,
    validate=validate,
    validate_update=validate_update,
    name_rule="path",
)
