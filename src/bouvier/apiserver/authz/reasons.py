"""Why RBAC allows a request, in Kubernetes' words, for the audit log."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from bouvier.apiserver.authz.rules import Attributes, Rule, allows, is_subject
from bouvier.apiserver.request import User
from bouvier.meta.objects import Obj

RulesOf = Callable[[Obj, str], list[Rule]]
"""From a role reference and a namespace to the role's rules."""


def reason(cluster: Iterable[Obj], own: Iterable[Obj], rules_of: RulesOf, user: User, wanted: Attributes) -> str:
    """Return the first binding that allows a request, cluster-wide ones first; empty when there is none."""
    for binding in cluster:
        found = _allowing(binding, rules_of, user, wanted, "")
        if found is not None:
            return f'RBAC: allowed by ClusterRoleBinding "{binding["metadata"]["name"]}" of {_role(binding)} to {found}'
    for binding in own:
        found = _allowing(binding, rules_of, user, wanted, wanted.namespace)
        if found is not None:
            name = f"{binding['metadata']['name']}/{wanted.namespace}"
            return f'RBAC: allowed by RoleBinding "{name}" of {_role(binding)} to {found}'
    return ""


def _allowing(binding: Obj, rules_of: RulesOf, user: User, wanted: Attributes, namespace: str) -> str | None:
    subject = next((one for one in binding.get("subjects") or () if is_subject(one, user, namespace)), None)
    if subject is None:
        return None
    if not any(allows(rule, wanted) for rule in rules_of(binding.get("roleRef") or {}, namespace)):
        return None
    name = subject.get("name", "")
    if subject.get("kind") == "ServiceAccount":
        name = f"{name}/{subject.get('namespace') or namespace}"
    return f'{subject.get("kind")} "{name}"'


def _role(binding: Obj) -> str:
    reference = binding.get("roleRef") or {}
    return f'{reference.get("kind")} "{reference.get("name")}"'
