"""Who decides: the node authorizer for hosts, then RBAC. One yes is enough, as in the original's `Node,RBAC`."""

from __future__ import annotations

from bouvier.apiserver.authz.node import PREFIX, NodeAuthorizer, host_of
from bouvier.apiserver.authz.rbac import RbacAuthorizer, forbidden
from bouvier.apiserver.authz.rules import Attributes, Rule
from bouvier.apiserver.authz.system_roles import NODE_RULES
from bouvier.apiserver.cache.hub import CacheHub
from bouvier.apiserver.request import User
from bouvier.meta.objects import Obj


class Authorizer:
    """Decides every request of every logical cluster."""

    def __init__(self, hub: CacheHub) -> None:
        self._rbac = RbacAuthorizer(hub)
        self._nodes = NodeAuthorizer(hub, NODE_RULES)

    def allowed(self, cluster: str, user: User, wanted: Attributes) -> bool:
        """Tell whether the user may do this."""
        if user.name.startswith(PREFIX) and self._nodes.refusal(cluster, user, wanted) == "":
            return True
        return self._rbac.allowed(cluster, user, wanted)

    def reason(self, cluster: str, user: User, wanted: Attributes) -> str:
        """Return what there is to say about a refusal beyond that nothing allows it."""
        return (self._nodes.refusal(cluster, user, wanted) or "") if user.name.startswith(PREFIX) else ""

    def check(self, cluster: str, user: User, wanted: Attributes) -> None:
        """Do nothing for an allowed request.

        Raises:
            ApiError: Forbidden, worded as Kubernetes words it.

        """
        if not self.allowed(cluster, user, wanted):
            raise forbidden(user, wanted, self.reason(cluster, user, wanted))

    def rules(self, cluster: str, user: User, namespace: str) -> list[Rule]:
        """Return every rule that RBAC gives the user in a namespace."""
        return self._rbac.rules(cluster, user, namespace)

    def knows_all_rules(self, cluster: str, user: User) -> bool:
        """Tell whether `rules` are all that the user may do: a host may more, by what is bound to it."""
        return not host_of(cluster, user)

    def role_rules(self, cluster: str, reference: Obj, namespace: str) -> list[Rule] | None:
        """Return the rules of the role that a binding refers to, None when it does not exist."""
        return self._rbac.role_rules(cluster, reference, namespace)
