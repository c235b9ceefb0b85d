"""ClusterRole: what may be done in every namespace and outside of them."""

from __future__ import annotations

from bouvier.kinds import fields
from bouvier.kinds.columns import DEFAULT_COLUMNS
from bouvier.kinds.fields import Errors
from bouvier.kinds.kind import Kind
from bouvier.kinds.rbac_v1.rules import validate_rules
from bouvier.meta.errors import FieldError, required
from bouvier.meta.objects import Obj
from bouvier.meta.resources import CLUSTERROLES


def validate(obj: Obj) -> list[FieldError]:
    """Check rules and aggregation."""
    return list(_errors(obj))


def _errors(obj: Obj) -> Errors:
    yield from validate_rules("rules", obj.get("rules") or [], is_namespaced=False)
    aggregation = obj.get("aggregationRule")
    if aggregation is None:
        return
    path = "aggregationRule.clusterRoleSelectors"
    selectors = aggregation.get("clusterRoleSelectors") or []
    if not selectors:
        yield required(path, "at least one clusterRoleSelector required if aggregationRule is non-nil")
    for index, selector in enumerate(selectors):
        yield from fields.label_selector(f"{path}[{index}]", selector)


KIND = Kind(
    resource=CLUSTERROLES,
    singular="clusterrole",
    definition="io.k8s.api.rbac.v1.ClusterRole",
    columns=DEFAULT_COLUMNS,
    validate=validate,
    name_rule="path",
)
