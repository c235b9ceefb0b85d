"""The RBAC authorizer: who is bound to which rules, read from the watch cache of the request's own cluster.

Bindings are indexed again after any change of the four RBAC resources; decisions that do not depend on an
object's name are remembered until then.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from bouvier.apiserver.authz import reasons, scopes
from bouvier.apiserver.authz.rules import MASTERS, Attributes, Rule, allows, is_subject
from bouvier.apiserver.cache.hub import CacheHub
from bouvier.apiserver.request import User
from bouvier.meta.errors import ApiError
from bouvier.meta.objects import Obj

GROUP = "rbac.authorization.k8s.io"
EVERYTHING: list[Rule] = [
    {"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]},
    {"verbs": ["*"], "nonResourceURLs": ["*"]},
]
REMEMBERED = 20_000
"""Decisions kept: some MB at most."""


class _Bindings(NamedTuple):
    revisions: tuple[int, ...]
    cluster: list[Obj]
    by_namespace: dict[str, list[Obj]]
    cluster_roles: dict[str, list[Rule]]
    roles: dict[str, list[Rule]]
    rules: dict[tuple[User, str], list[Rule]]
    decisions: dict[tuple[User, Attributes], bool]
    reasons: dict[tuple[User, Attributes], str]


class RbacAuthorizer:
    """Decides requests in every logical cluster."""

    def __init__(self, hub: CacheHub) -> None:
        self._hub = hub
        self._indexes: dict[str, _Bindings] = {}

    def allowed(self, cluster: str, user: User, wanted: Attributes) -> bool:
        """Tell whether the user may do this."""
        if MASTERS in user.groups:
            return True
        if scopes.is_key(user):
            return self._key_allowed(cluster, user, wanted)
        index = self._index(cluster)
        nameless = wanted._replace(name="", field_selector="", label_selector="")
        known = index.decisions.get((user, nameless))
        if known:
            return True
        if known is None:
            if len(index.decisions) >= REMEMBERED:
                index.decisions.clear()
            rules = self.rules(cluster, user, wanted.namespace)
            known = any(allows(rule, nameless) for rule in rules)
            index.decisions[user, nameless] = known
            if known:
                return True
        if not wanted.name:
            return False
        return any(
            rule.get("resourceNames") and allows(rule, wanted) for rule in self.rules(cluster, user, wanted.namespace)
        )

    def reason(self, cluster: str, user: User, wanted: Attributes) -> str:
        """Return in Kubernetes' words why an allowed request is; empty for masters, who need no rule."""
        if MASTERS in user.groups:
            return ""
        scope = scopes.scope_of(self._hub, cluster, user) if scopes.is_key(user) else None
        if scope is not None:
            return f'API key of "{scope.owner.name}"; {self.reason(cluster, scope.owner, wanted)}'.rstrip("; ")
        index = self._index(cluster)
        nameless = wanted._replace(name="")
        found = index.reasons.get((user, nameless))
        if found is None:
            found = self._reason(index, user, nameless)
            if len(index.reasons) >= REMEMBERED:
                index.reasons.clear()
            index.reasons[user, nameless] = found
        return found or (self._reason(index, user, wanted) if wanted.name else "")

    def _reason(self, index: _Bindings, user: User, wanted: Attributes) -> str:
        own = index.by_namespace.get(wanted.namespace, []) if wanted.namespace else []
        return reasons.reason(
            index.cluster, own, lambda role, space: _role_rules(index, role, space) or [], user, wanted
        )

    def rules(self, cluster: str, user: User, namespace: str) -> list[Rule]:
        """Return every rule that the user holds in a namespace (cluster-wide ones included)."""
        if MASTERS in user.groups:
            return EVERYTHING
        if scopes.is_key(user):
            return self._key_rules(cluster, user, namespace)
        index = self._index(cluster)
        found = index.rules.get((user, namespace))
        if found is None:
            found = self._collect(index, index.cluster, user, "")
            if namespace:
                found = found + self._collect(index, index.by_namespace.get(namespace, []), user, namespace)
            if len(index.rules) >= REMEMBERED:
                index.rules.clear()
            index.rules[user, namespace] = found
        return found

    def _key_allowed(self, cluster: str, user: User, wanted: Attributes) -> bool:
        scope = scopes.scope_of(self._hub, cluster, user)
        if scope is None or not scope.permits(*self._limits(cluster, scope), wanted):
            return False
        return self.allowed(cluster, scope.owner, wanted)

    def _key_rules(self, cluster: str, user: User, namespace: str) -> list[Rule]:
        scope = scopes.scope_of(self._hub, cluster, user)
        if scope is None:
            return []
        return scope.intersection(*self._limits(cluster, scope), self.rules(cluster, scope.owner, namespace), namespace)

    def _limits(self, cluster: str, scope: scopes.Scope) -> tuple[list[Rule], list[Rule]]:
        """Return the rules of a scope's role (or its own), and what every key may."""
        roles = self._index(cluster).cluster_roles
        basic = [rule for name in scopes.BASIC_ROLES for rule in roles.get(name, [])]
        return (roles.get(scope.role, []) if scope.role else list(scope.rules)), basic

    def role_rules(self, cluster: str, reference: Obj, namespace: str) -> list[Rule] | None:
        """Return the rules of the role that a binding refers to, None when it does not exist."""
        return _role_rules(self._index(cluster), reference, namespace)

    def _collect(self, index: _Bindings, bindings: list[Obj], user: User, namespace: str) -> list[Rule]:
        rules: list[Rule] = []
        for binding in bindings:
            if any(is_subject(subject, user, namespace) for subject in binding.get("subjects") or ()):
                rules += _role_rules(index, binding.get("roleRef") or {}, namespace) or ()
        return rules

    def _index(self, cluster: str) -> _Bindings:
        plurals = ("clusterrolebindings", "rolebindings", "clusterroles", "roles")
        caches = [self._hub.resource(cluster, GROUP, plural) for plural in plurals]
        revisions = tuple(cache.revision for cache in caches)
        index = self._indexes.get(cluster)
        if index is not None and index.revisions == revisions:
            return index
        decoded = [[entry.decode() for entry in cache.entries.values()] for cache in caches]
        by_namespace: dict[str, list[Obj]] = {}
        for binding in decoded[1]:
            by_namespace.setdefault(binding["metadata"]["namespace"], []).append(binding)
        cluster_roles = {role["metadata"]["name"]: role.get("rules") or [] for role in decoded[2]}
        roles = {f"{r['metadata']['namespace']}/{r['metadata']['name']}": r.get("rules") or [] for r in decoded[3]}
        index = _Bindings(revisions, decoded[0], by_namespace, cluster_roles, roles, {}, {}, {})
        self._indexes[cluster] = index
        return index


def _role_rules(index: _Bindings, reference: dict[str, Any], namespace: str) -> list[Rule] | None:
    name = reference.get("name", "")
    if reference.get("kind") == "Role":
        return index.roles.get(f"{namespace}/{name}")
    return index.cluster_roles.get(name)


def forbidden(user: User, wanted: Attributes, reason: str = "") -> ApiError:
    """Return the refusal of a request."""
    because = f": {reason}" if reason else ""
    if not wanted.resource:
        text = f'forbidden: User "{user.name}" cannot {wanted.verb} path "{wanted.path}"{because}'
        return ApiError("Forbidden", text)
    plural = wanted.resource.partition("/")[0]
    full = f"{plural}.{wanted.group}" if wanted.group else plural
    named = f' "{wanted.name}"' if wanted.name else ""
    where = f' in the namespace "{wanted.namespace}"' if wanted.namespace else " at the cluster scope"
    return ApiError(
        "Forbidden",
        f'{full}{named} is forbidden: User "{user.name}" cannot {wanted.verb} resource "{wanted.resource}"'
        f' in API group "{wanted.group}"{where}{because}',
        details={"name": wanted.name, "group": wanted.group, "kind": plural},
    )
