"""Decides which rules an aggregated ClusterRole has: those of all roles that its selectors choose (pure).

Source: https://kubernetes.io/docs/reference/access-authn-authz/rbac/#aggregated-clusterroles
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from bouvier.meta.objects import Obj, labels_of, name_of
from bouvier.meta.selectors import from_object


def is_aggregated(role: Obj) -> bool:
    """Tell whether the role's rules are somebody else's."""
    return bool((role.get("aggregationRule") or {}).get("clusterRoleSelectors"))


def chooses(role: Obj, other: Obj) -> bool:
    """Tell whether a selector of the role matches the other one."""
    selectors = (role.get("aggregationRule") or {}).get("clusterRoleSelectors") or ()
    is_self = name_of(role) == name_of(other)
    return not is_self and any(from_object(each).matches(labels_of(other)) for each in selectors)


def aggregated_rules(role: Obj, roles: Iterable[Obj]) -> list[dict[str, Any]]:
    """Return the rules that the role should have: by the names of the roles they come from, each once."""
    rules: list[dict[str, Any]] = []
    for other in sorted((each for each in roles if chooses(role, each)), key=name_of):
        rules += [rule for rule in other.get("rules") or () if rule not in rules]
    return rules
