"""Which requests a webhook or policy is for: defaults and validation of rules and selectors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bouvier.kinds import fields
from bouvier.kinds.fields import Errors
from bouvier.meta.errors import required
from bouvier.meta.objects import Obj

OPERATIONS = ("*", "CONNECT", "CREATE", "DELETE", "UPDATE")
SCOPES = ("*", "Cluster", "Namespaced")
MATCH_POLICIES = ("Equivalent", "Exact")
FAILURE_POLICIES = ("Fail", "Ignore")
REINVOCATIONS = ("IfNeeded", "Never")

Part = Mapping[str, Any]


def default_rules(rules: Sequence[Obj]) -> None:
    """Let rules be for both scopes."""
    for rule in rules:
        rule.setdefault("scope", "*")


def default_match(match: Obj) -> None:
    """Let a policy be for every namespace and object, and for equivalent versions."""
    match.setdefault("matchPolicy", "Equivalent")
    match.setdefault("namespaceSelector", {})
    match.setdefault("objectSelector", {})
    for field in ("resourceRules", "excludeResourceRules"):
        default_rules(match.get(field) or ())


def check_rule(path: str, rule: Part) -> Errors:
    """Check operations, groups, versions, resources and scope."""
    for field in ("operations", "apiGroups", "apiVersions", "resources"):
        values = rule.get(field) or []
        if not values:
            yield required(f"{path}.{field}")
        elif "*" in values and len(values) > 1 and field != "resources":
            detail = "if '*' is present, must not specify other " + _NAMES[field]
            yield fields.invalid(f"{path}.{field}", values, detail)
    for index, operation in enumerate(rule.get("operations") or ()):
        if operation not in OPERATIONS:
            yield fields.unsupported(f"{path}.operations[{index}]", operation, OPERATIONS)
    for index, version in enumerate(rule.get("apiVersions") or ()):
        if not version:
            yield required(f"{path}.apiVersions[{index}]")
    yield from _resources(f"{path}.resources", rule.get("resources") or [])
    yield from fields.optional_one_of(f"{path}.scope", rule.get("scope"), SCOPES)


_NAMES = {"operations": "operations", "apiGroups": "API groups", "apiVersions": "API versions"}


def _resources(path: str, resources: Sequence[str]) -> Errors:
    for index, resource in enumerate(resources):
        if not resource:
            yield required(f"{path}[{index}]")
    if len(resources) > 1 and "*/*" in resources:
        yield fields.invalid(path, list(resources), "if '*/*' is present, must not specify other resources")
    if "*" in resources and any("/" not in one and one != "*" for one in resources):
        detail = "if '*' is present, must not specify other resources without subresources"
        yield fields.invalid(path, list(resources), detail)


def check_match(path: str, match: Part, *, needs_rules: bool) -> Errors:
    """Check the match constraints of a policy or the narrower ones of its binding."""
    rules = match.get("resourceRules") or []
    if needs_rules and not rules:
        yield required(f"{path}.resourceRules")
    for field in ("resourceRules", "excludeResourceRules"):
        for index, rule in enumerate(match.get(field) or ()):
            yield from check_rule(f"{path}.{field}[{index}]", rule)
    yield from fields.optional_one_of(f"{path}.matchPolicy", match.get("matchPolicy"), MATCH_POLICIES)
    for field in ("namespaceSelector", "objectSelector"):
        yield from fields.label_selector(f"{path}.{field}", match.get(field))
