"""Scopes of API keys: what a key may is what its owner may and its scope says, both at the moment of the request.

RBAC rules know no "and", so the authorizer asks both sides. For the lists of rules that some clients want (and that the
check against escalation compares), the intersection is given as the rules of each side that the other one covers.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, NamedTuple

from bouvier.apiserver.authn.apikeys import void
from bouvier.apiserver.authz.rules import Attributes, Rule, allows, covered
from bouvier.apiserver.cache.hub import CacheHub
from bouvier.apiserver.request import User
from bouvier.kinds.keys_v1.apikeys import RESOURCE, USER_PREFIX
from bouvier.meta.objects import Obj

ACCOUNT_PREFIX = "system:serviceaccount:"
BASIC_ROLES = ("system:discovery", "system:public-info-viewer", "system:basic-user")
"""What every key may besides its scope, if its owner may: find out what there is and who it is."""


class Scope(NamedTuple):
    """The limits of one key."""

    owner: User
    namespaces: tuple[str, ...]
    role: str
    rules: list[dict[str, Any]]

    def holds_in(self, namespace: str) -> bool:
        """Tell whether the scope's rules hold in a namespace (empty: in the cluster as a whole)."""
        return not self.namespaces or namespace in self.namespaces

    def permits(self, rules: list[Rule], basic: list[Rule], wanted: Attributes) -> bool:
        """Tell whether the scope lets a request through; `rules` are those of its role, or its own."""
        held = rules if self.holds_in(wanted.namespace) else ()
        return any(allows(rule, wanted) for rule in (*basic, *held))

    def intersection(self, rules: list[Rule], basic: list[Rule], owned: list[Rule], namespace: str) -> list[Rule]:
        """Return the rules that hold in a namespace for both sides; what overlaps in parts only is left out."""
        held = [*basic, *(rules if self.holds_in(namespace) else ())]
        return [*covered(held, owned), *covered(owned, held)]


def is_key(user: User) -> bool:
    """Tell whether a request comes from an API key."""
    return user.name.startswith(USER_PREFIX)


def scope_of(hub: CacheHub, cluster: str, user: User) -> Scope | None:
    """Return the limits of a key; None when it or its owner is gone, and everything is refused."""
    name = user.name.removeprefix(USER_PREFIX)
    entry = hub.find(cluster, RESOURCE.group, RESOURCE.plural, f"/{name}")
    if entry is None:
        return None
    key = entry.decode()
    spec, owner = key["spec"], _owner(key)
    if void(key, datetime.now(UTC)) or not owner.name or is_key(owner) or not _is_there(hub, cluster, owner):
        return None
    return Scope(owner, tuple(spec.get("namespaces") or ()), spec.get("role", ""), spec.get("rules") or [])


def _owner(key: Obj) -> User:
    owner = key["spec"].get("owner") or {}
    return User(owner.get("username", ""), tuple(owner.get("groups") or ()), owner.get("uid", ""))


def _is_there(hub: CacheHub, cluster: str, owner: User) -> bool:
    """Tell whether an owner still exists, as far as the platform knows: service accounts it knows."""
    if not owner.name.startswith(ACCOUNT_PREFIX):
        return True
    _, _, namespace, name = owner.name.split(":", 3)
    entry = hub.resource(cluster, "", "serviceaccounts").entries.get(f"{namespace}/{name}")
    return entry is not None and entry.decode()["metadata"]["uid"] == owner.uid
