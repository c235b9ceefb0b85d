"""Validation of what the scheduler reads: affinity, tolerations, spreading and gates."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping, Sequence
from typing import Any

from bouvier.kinds import fields, names
from bouvier.kinds.fields import Errors
from bouvier.kinds.findings import show
from bouvier.meta.errors import FieldError, forbidden_field, required

TAINT_EFFECTS = ("NoSchedule", "PreferNoSchedule", "NoExecute")
_UNSATISFIABLE = ("DoNotSchedule", "ScheduleAnyway")
_INCLUSION = ("Honor", "Ignore")
_REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"
_PREFERRED = "preferredDuringSchedulingIgnoredDuringExecution"
_MAX_WEIGHT = 100

Part = Mapping[str, Any]


def validate_affinity(path: str, affinity: Part | None) -> Errors:
    """Check affinity to nodes and to pods, and anti-affinity."""
    if not affinity:
        return
    if affinity.get("nodeAffinity"):
        yield from _node_affinity(f"{path}.nodeAffinity", affinity["nodeAffinity"])
    for field in ("podAffinity", "podAntiAffinity"):
        if affinity.get(field):
            yield from _pod_affinity(f"{path}.{field}", affinity[field])


def _node_affinity(path: str, affinity: Part) -> Errors:
    if affinity.get(_REQUIRED) is not None:
        yield from node_selector(f"{path}.{_REQUIRED}", affinity[_REQUIRED])
    for index, preferred in enumerate(affinity.get(_PREFERRED) or ()):
        place = f"{path}.{_PREFERRED}[{index}]"
        yield from _weight(f"{place}.weight", preferred.get("weight", 0))
        yield from _node_term(f"{place}.preference", preferred.get("preference") or {})


def node_selector(path: str, selector: Part) -> Errors:
    """Check a `v1.NodeSelector`."""
    terms = selector.get("nodeSelectorTerms") or []
    if not terms:
        yield required(f"{path}.nodeSelectorTerms", "must have at least one node selector term")
    for index, term in enumerate(terms):
        yield from _node_term(f"{path}.nodeSelectorTerms[{index}]", term)


def _node_term(path: str, term: Part) -> Errors:
    for index, expression in enumerate(term.get("matchExpressions") or ()):
        yield from _node_expression(f"{path}.matchExpressions[{index}]", expression)
    for index, expression in enumerate(term.get("matchFields") or ()):
        yield from _node_field(f"{path}.matchFields[{index}]", expression)


def _node_expression(path: str, expression: Part) -> Errors:
    operator, values = expression.get("operator", ""), expression.get("values") or []
    if operator in ("In", "NotIn"):
        if not values:
            yield required(f"{path}.values", "must be specified when `operator` is 'In' or 'NotIn'")
    elif operator in ("Exists", "DoesNotExist"):
        if values:
            detail = "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"
            yield forbidden_field(f"{path}.values", detail)
    elif operator in ("Gt", "Lt"):
        if len(values) != 1:
            yield required(f"{path}.values", "must be specified single value when `operator` is 'Lt' or 'Gt'")
    else:
        yield fields.invalid(f"{path}.operator", operator, "not a valid selector operator")
    yield from fields.each(f"{path}.key", expression.get("key", ""), names.qualified_name)


def _node_field(path: str, expression: Part) -> Errors:
    if expression.get("operator") not in ("In", "NotIn"):
        detail = "not a valid selector operator"
        yield fields.invalid(f"{path}.operator", expression.get("operator", ""), detail)
    elif len(expression.get("values") or ()) != 1:
        detail = "must be only one value when `operator` is 'In' or 'NotIn' for node field selector"
        yield required(f"{path}.values", detail)
    if expression.get("key") != "metadata.name":
        yield fields.invalid(f"{path}.key", expression.get("key", ""), "not a valid field selector key")


def _pod_affinity(path: str, affinity: Part) -> Errors:
    for index, term in enumerate(affinity.get(_REQUIRED) or ()):
        yield from _pod_term(f"{path}.{_REQUIRED}[{index}]", term)
    for index, preferred in enumerate(affinity.get(_PREFERRED) or ()):
        place = f"{path}.{_PREFERRED}[{index}]"
        yield from _weight(f"{place}.weight", preferred.get("weight", 0))
        yield from _pod_term(f"{place}.podAffinityTerm", preferred.get("podAffinityTerm") or {})


def _pod_term(path: str, term: Part) -> Errors:
    yield from fields.label_selector(f"{path}.labelSelector", term.get("labelSelector"))
    yield from fields.label_selector(f"{path}.namespaceSelector", term.get("namespaceSelector"))
    for index, namespace in enumerate(term.get("namespaces") or ()):
        yield from fields.each(f"{path}.namespaces[{index}]", namespace, names.label)
    if not term.get("topologyKey"):
        yield required(f"{path}.topologyKey", "can not be empty")
    else:
        yield from fields.each(f"{path}.topologyKey", term["topologyKey"], names.qualified_name)


def _weight(path: str, weight: int) -> Errors:
    if not 1 <= weight <= _MAX_WEIGHT:
        yield fields.invalid(path, weight, f"must be in the range 1-{_MAX_WEIGHT}")


def validate_tolerations(path: str, tolerations: Sequence[Part]) -> Errors:
    """Check the list of tolerations."""
    for index, toleration in enumerate(tolerations):
        yield from _toleration(f"{path}[{index}]", toleration)


def _toleration(path: str, toleration: Part) -> Errors:
    key, operator = toleration.get("key") or "", toleration.get("operator") or ""
    if key:
        yield from fields.each(f"{path}.key", key, names.qualified_name)
    elif operator != "Exists":
        detail = 'operator must be Exists when `key` is empty, which means "match all values and all keys"'
        yield fields.invalid(f"{path}.operator", operator, detail)
    if toleration.get("tolerationSeconds") is not None and toleration.get("effect") != "NoExecute":
        detail = "effect must be 'NoExecute' when `tolerationSeconds` is set"
        yield fields.invalid(f"{path}.effect", toleration.get("effect") or "", detail)
    if operator in ("Equal", ""):
        yield from fields.each(f"{path}.operator", toleration.get("value") or "", names.label_value)
    elif operator == "Exists":
        if toleration.get("value"):
            yield fields.invalid(f"{path}.operator", toleration, "value must be empty when `operator` is 'Exists'")
    else:
        yield fields.unsupported(f"{path}.operator", operator, ("Equal", "Exists"))
    yield from fields.optional_one_of(f"{path}.effect", toleration.get("effect"), TAINT_EFFECTS)


def validate_spread(path: str, constraints: Sequence[Part]) -> Errors:
    """Check the topology spread constraints."""
    seen: set[tuple[Any, Any]] = set()
    for index, constraint in enumerate(constraints):
        place = f"{path}[{index}]"
        yield from _constraint(place, constraint)
        pair = (constraint.get("topologyKey"), constraint.get("whenUnsatisfiable"))
        if pair in seen:
            shown = f"{{{pair[0]}, {pair[1]}}}"
            where = f"{place}.{{topologyKey, whenUnsatisfiable}}"
            yield FieldError("FieldValueDuplicate", where, f"Duplicate value: {show(shown)}")
        seen.add(pair)


def _constraint(path: str, constraint: Part) -> Errors:
    if constraint.get("maxSkew", 0) <= 0:
        yield fields.invalid(f"{path}.maxSkew", constraint.get("maxSkew", 0), "must be greater than zero")
    if not constraint.get("topologyKey"):
        yield required(f"{path}.topologyKey", "can not be empty")
    else:
        yield from fields.each(f"{path}.topologyKey", constraint["topologyKey"], names.qualified_name)
    choice = constraint.get("whenUnsatisfiable") or ""
    if choice not in _UNSATISFIABLE:
        yield fields.unsupported(f"{path}.whenUnsatisfiable", choice, _UNSATISFIABLE)
    domains = constraint.get("minDomains")
    if domains is not None:
        if domains <= 0:
            yield fields.invalid(f"{path}.minDomains", domains, "must be greater than zero")
        if choice != "DoNotSchedule":
            detail = f"can only use minDomains if whenUnsatisfiable=DoNotSchedule, not {choice}"
            yield fields.invalid(f"{path}.minDomains", domains, detail)
    for field in ("nodeAffinityPolicy", "nodeTaintsPolicy"):
        yield from fields.optional_one_of(f"{path}.{field}", constraint.get(field), _INCLUSION)
    yield from fields.label_selector(f"{path}.labelSelector", constraint.get("labelSelector"))


def validate_gates(path: str, spec: Part) -> Errors:
    """Check readiness and scheduling gates."""
    for index, gate in enumerate(spec.get("readinessGates") or ()):
        place = f"{path}.readinessGates[{index}].conditionType"
        yield from fields.each(place, gate.get("conditionType", ""), names.qualified_name)
    gates = spec.get("schedulingGates") or []
    for index, gate in enumerate(gates):
        yield from fields.each(f"{path}.schedulingGates[{index}]", gate.get("name", ""), names.qualified_name)
    yield from fields.unique(f"{path}.schedulingGates", [gate.get("name") for gate in gates])
    if gates and spec.get("nodeName"):
        yield forbidden_field(f"{path}.nodeName", "cannot be set until all schedulingGates have been cleared")


def validate_host_aliases(path: str, aliases: Sequence[Part]) -> Errors:
    """Check the lines added to the hosts file."""
    for index, alias in enumerate(aliases):
        address = alias.get("ip", "")
        if not is_address(address):
            yield fields.invalid(f"{path}[{index}].ip", address, ADDRESS_MESSAGE)
        for number, name in enumerate(alias.get("hostnames") or ()):
            yield from fields.each(f"{path}[{index}].hostnames[{number}]", name, names.subdomain)


ADDRESS_MESSAGE = "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)"


def is_address(text: str) -> bool:
    """Tell whether a text is an IPv4 or IPv6 address."""
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True
