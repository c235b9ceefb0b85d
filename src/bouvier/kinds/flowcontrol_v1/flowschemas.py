"""FlowSchema: which requests belong to which priority level, and what tells their flows apart.

Source: https://kubernetes.io/docs/reference/kubernetes-api/cluster-resources/flow-schema-v1/
"""

from __future__ import annotations

from typing import Any

from bouvier.kinds import fields, names
from bouvier.kinds.columns import AGE, NAME, cell, text
from bouvier.kinds.fields import Errors
from bouvier.kinds.findings import show
from bouvier.kinds.flowcontrol_v1 import born
from bouvier.kinds.flowcontrol_v1.conditions import conditions
from bouvier.kinds.flowcontrol_v1.policy_rules import policy_rules
from bouvier.kinds.kind import Kind
from bouvier.kinds.subresources import with_status
from bouvier.meta.errors import FieldError, required
from bouvier.meta.gvk import Resource
from bouvier.meta.objects import Obj, condition_of, name_of

FLOWSCHEMAS = Resource(born.GROUP, "v1", "flowschemas", "FlowSchema", namespaced=False)
DEFAULT_PRECEDENCE, LAST_PRECEDENCE = 1000, 10_000
METHODS = ("ByNamespace", "ByUser")
_FIXED = {name_of(one): one["spec"] for one in born.MANDATORY_SCHEMAS}


def default(obj: Obj) -> None:
    """Fill the precedence."""
    spec = obj.get("spec")
    if isinstance(spec, dict) and not spec.get("matchingPrecedence"):
        spec["matchingPrecedence"] = DEFAULT_PRECEDENCE


def validate(obj: Obj) -> list[FieldError]:
    """Check precedence, level and rules; mandatory schemas are what they are."""
    return list(_errors(obj))


def _errors(obj: Obj) -> Errors:
    spec, name = obj.get("spec") or {}, name_of(obj)
    yield from _precedence(spec.get("matchingPrecedence") or 0, name)
    method = spec.get("distinguisherMethod")
    if method is not None and method.get("type") not in METHODS:
        message = f'Unsupported value: {show(method)}: supported values: "ByNamespace", "ByUser"'
        yield FieldError("FieldValueNotSupported", "spec.distinguisherMethod.type", message)
    level = (spec.get("priorityLevelConfiguration") or {}).get("name") or ""
    if level:
        yield from fields.each("spec.priorityLevelConfiguration.name", level, names.subdomain)
    else:
        yield required("spec.priorityLevelConfiguration.name", "must reference a priority level")
    for index, rule in enumerate(spec.get("rules") or ()):
        yield from policy_rules(f"spec.rules[{index}]", rule)
    fixed = _FIXED.get(name)
    if fixed is not None and spec != fixed:
        yield fields.invalid("spec", spec, f"spec of '{name}' must equal the fixed value")
    yield from conditions(obj)


def _precedence(value: int, name: str) -> Errors:
    path = "spec.matchingPrecedence"
    if value <= 0:
        yield fields.invalid(path, value, "must be a positive value")
    if value > LAST_PRECEDENCE:
        yield fields.invalid(path, value, f"must not be greater than {LAST_PRECEDENCE}")
    if value == 1 and name != born.EXEMPT:
        yield fields.invalid(path, value, "only the schema named 'exempt' may have matchingPrecedence 1")


def precedence(obj: Obj) -> tuple[int, str]:
    """Return what schemas are asked by: their number, then their name."""
    return int((obj.get("spec") or {}).get("matchingPrecedence") or 0), name_of(obj)


def validate_status(new: Obj, _old: Obj) -> list[FieldError]:
    """Check the conditions."""
    return list(conditions(new))


def _method(obj: Obj) -> str:
    method: Any = (obj.get("spec") or {}).get("distinguisherMethod")
    return str(method.get("type", "")) if method else "<none>"


def _missing_level(obj: Obj) -> str:
    return str((condition_of(obj, "Dangling") or {}).get("status") or "?")


KIND = Kind(
    resource=FLOWSCHEMAS,
    singular="flowschema",
    definition="io.k8s.api.flowcontrol.v1.FlowSchema",
    subresources=with_status(FLOWSCHEMAS),
    columns=(
        NAME,
        text("PriorityLevel", "spec", "priorityLevelConfiguration", "name"),
        cell("MatchingPrecedence", lambda obj: int((obj.get("spec") or {}).get("matchingPrecedence") or 0)),
        cell("DistinguisherMethod", _method),
        AGE,
        cell("MissingPL", _missing_level),
    ),
    default=default,
    validate=validate,
    validate_status=validate_status,
    row_order=precedence,
    has_generation=True,
)
