"""How much of a request a policy records. Pure. Source: Kubernetes "Auditing", audit policy."""

from __future__ import annotations

from typing import NamedTuple

from bouvier.apiserver.audit.policy import GroupResources, Policy, Rule
from bouvier.apiserver.request import User


class Wish(NamedTuple):
    """A request as rules see it: a path when `resource` is empty."""

    user: User | None
    verb: str
    group: str = ""
    resource: str = ""
    subresource: str = ""
    namespace: str = ""
    name: str = ""
    path: str = ""


class Decision(NamedTuple):
    """What is recorded of a request."""

    level: str
    omit_stages: frozenset[str] = frozenset()
    omit_managed_fields: bool = False

    @property
    def has_request(self) -> bool:
        """Tell whether the request's body is recorded."""
        return self.level in ("Request", "RequestResponse")

    @property
    def has_response(self) -> bool:
        """Tell whether the answer's body is recorded."""
        return self.level == "RequestResponse"


NOTHING = Decision("None")


def decide(policy: Policy, wish: Wish) -> Decision:
    """Return what the first rule that is about a request says."""
    for rule in policy.rules:
        if _is_about(rule, wish):
            if rule.level == "None":
                return NOTHING
            omit = policy.omit_managed_fields if rule.omit_managed_fields is None else rule.omit_managed_fields
            return Decision(rule.level, frozenset(policy.omit_stages + rule.omit_stages), omit)
    return NOTHING


def depends_on_name(policy: Policy) -> bool:
    """Tell whether any rule looks at the names of objects or at paths, so that decisions cannot be remembered."""
    return any(resources.resource_names for rule in policy.rules for resources in rule.resources)


def _is_about(rule: Rule, wish: Wish) -> bool:
    user = wish.user
    if rule.users and (user is None or user.name not in rule.users):
        return False
    if rule.user_groups and (user is None or not any(group in rule.user_groups for group in user.groups)):
        return False
    if rule.verbs and wish.verb not in rule.verbs:
        return False
    if rule.namespaces or rule.resources:
        return bool(wish.resource) and _has_resource(rule, wish)
    if rule.non_resource_urls:
        return not wish.resource and any(_has_path(pattern, wish.path) for pattern in rule.non_resource_urls)
    return True


def _has_path(pattern: str, path: str) -> bool:
    return pattern in ("*", path) or (pattern.endswith("*") and path.startswith(pattern.rstrip("*")))


def _has_resource(rule: Rule, wish: Wish) -> bool:
    if rule.namespaces and wish.namespace not in rule.namespaces:
        return False
    return not rule.resources or any(_names(one, wish) for one in rule.resources)


def _names(resources: GroupResources, wish: Wish) -> bool:
    if resources.group != wish.group:
        return False
    if not resources.resources:
        return True
    if resources.resource_names and wish.name not in resources.resource_names:
        return False
    accepted = {"*", f"{wish.resource}/*", wish.resource}
    if wish.subresource:
        accepted = {"*", f"{wish.resource}/*", f"*/{wish.subresource}", f"{wish.resource}/{wish.subresource}"}
    return any(name in accepted for name in resources.resources)
