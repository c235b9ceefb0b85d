"""Whether a webhook or policy is for a write, and in which version it wants to see it.

Source: https://kubernetes.io/docs/reference/access-authn-authz/extensible-admission-controllers/#matching-requests-rules
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bouvier.apiserver.extension.attributes import Attributes
from bouvier.kinds.kind import Kind
from bouvier.meta.objects import Obj
from bouvier.meta.selectors import LabelSelector, from_object

Rule = Mapping[str, Any]


class Match:
    """The rules and selectors of one webhook, policy or binding."""

    def __init__(self, given: Mapping[str, Any], *, rules: str, all_if_none: bool = False) -> None:
        self._rules: Sequence[Rule] = given.get(rules) or ()
        self._excluded: Sequence[Rule] = given.get("excludeResourceRules") or ()
        self._is_exact = given.get("matchPolicy") == "Exact"
        self._all_if_none = all_if_none
        self._namespaces: LabelSelector = from_object(given.get("namespaceSelector") or {})
        self._objects: LabelSelector = from_object(given.get("objectSelector") or {})

    def view_of(self, attributes: Attributes) -> Kind | None:
        """Return the version in which the write is to be shown, None when it is none of ours."""
        view = self._by_rules(self._rules, attributes)
        if view is None and (self._rules or not self._all_if_none):
            return None
        if self._excluded and self._by_rules(self._excluded, attributes) is not None:
            return None
        if not self._namespaces.empty and not self._in_namespace(attributes):
            return None
        if not self._objects.empty and not self._has_labels(attributes):
            return None
        return view or attributes.view

    def _by_rules(self, rules: Sequence[Rule], attributes: Attributes) -> Kind | None:
        view = attributes.view
        if any(_fits(rule, attributes, view.resource.version) for rule in rules):
            return view
        if self._is_exact:
            return None
        for other in _equivalent(attributes):
            if any(_fits(rule, attributes, other.resource.version) for rule in rules):
                return other
        return None

    def _in_namespace(self, attributes: Attributes) -> bool:
        if not attributes.is_namespace and not attributes.view.resource.namespaced:
            return True
        return self._namespaces.matches(attributes.labels_of_namespace)

    def _has_labels(self, attributes: Attributes) -> bool:
        objects = (attributes.operation.obj, attributes.operation.old)
        return any(self._objects.matches(_labels(obj)) for obj in objects if obj)


def _labels(obj: Obj) -> dict[str, str]:
    return (obj.get("metadata") or {}).get("labels") or {}


def _equivalent(attributes: Attributes) -> list[Kind]:
    """Return the other served versions of the resource."""
    resource, call = attributes.view.resource, attributes.call
    return [
        kind
        for kind in call.context.kinds.kinds(call.cluster)
        if kind.resource.plural == resource.plural
        and kind.resource.group == resource.group
        and kind is not attributes.view
    ]


def _fits(rule: Rule, attributes: Attributes, version: str) -> bool:
    resource = attributes.view.resource
    return (
        _holds(rule.get("operations"), attributes.verb)
        and _holds(rule.get("apiGroups"), resource.group)
        and _holds(rule.get("apiVersions"), version)
        and _in_scope(rule.get("scope") or "*", attributes)
        and _names_resource(rule.get("resources") or (), resource.plural, attributes.operation.subresource)
        and (not rule.get("resourceNames") or attributes.name in rule["resourceNames"])
    )


def _holds(values: Sequence[str] | None, wanted: str) -> bool:
    return wanted in (values or ()) or "*" in (values or ())


def _in_scope(scope: str, attributes: Attributes) -> bool:
    is_namespaced = attributes.view.resource.namespaced
    return scope == "*" or (scope == "Namespaced") is is_namespaced


def _names_resource(patterns: Sequence[str], plural: str, subresource: str) -> bool:
    for pattern in patterns:
        resource, _, part = pattern.partition("/")
        if resource in ("*", plural) and part in ("*", subresource):
            return True
    return False
