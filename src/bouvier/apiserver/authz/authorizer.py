"""Who decides: the node authorizer for hosts, then RBAC, or whoever a configuration names, in its order.

One yes is enough, as in the original's `Node,RBAC`; a web server may also refuse for good what others behind it would allow.
"""

from __future__ import annotations

from collections.abc import Sequence

from bouvier.apiserver.authz.configuration import DEFAULT_STEPS, Step
from bouvier.apiserver.authz.node import PREFIX, NodeAuthorizer, host_of
from bouvier.apiserver.authz.rbac import RbacAuthorizer, forbidden
from bouvier.apiserver.authz.rules import MASTERS, Attributes, Rule
from bouvier.apiserver.authz.system_roles import NODE_RULES
from bouvier.apiserver.authz.webhook import WebhookAuthorizer
from bouvier.apiserver.cache.hub import CacheHub
from bouvier.apiserver.request import User
from bouvier.meta.objects import Obj


class Authorizer:
    """Decides every request of every logical cluster."""

    def __init__(self, hub: CacheHub) -> None:
        self._rbac = RbacAuthorizer(hub)
        self._nodes = NodeAuthorizer(hub, NODE_RULES)
        self._steps: tuple[str | WebhookAuthorizer, ...] | None = None
        """None: the usual two."""

    def configure(self, steps: Sequence[Step]) -> None:
        """Ask these from now on.

        Raises:
            ValueError: the file of a server cannot be used.

        """
        made = tuple(step if isinstance(step, str) else WebhookAuthorizer(step) for step in steps)
        self._steps = None if made == DEFAULT_STEPS else made

    def allowed(self, cluster: str, user: User, wanted: Attributes) -> bool:
        """Tell whether the user may do this.

        Raises:
            UndecidedError: a web server has to be asked first.

        """
        if self._steps is not None:
            return self._stepwise(self._steps, cluster, user, wanted)
        if user.name.startswith(PREFIX) and self._nodes.refusal(cluster, user, wanted) == "":
            return True
        return self._rbac.allowed(cluster, user, wanted)

    def _stepwise(self, steps: Sequence[str | WebhookAuthorizer], cluster: str, user: User, wanted: Attributes) -> bool:
        if MASTERS in user.groups:
            return True
        for step in steps:
            decision: bool | None
            if isinstance(step, WebhookAuthorizer):
                decision = step.decide(cluster, user, wanted)
            elif step == "Node":
                decision = self._nodes.refusal(cluster, user, wanted) == "" or None
            else:
                decision = self._rbac.allowed(cluster, user, wanted) or None
            if decision is not None:
                return decision
        return False

    def reason(self, cluster: str, user: User, wanted: Attributes) -> str:
        """Return what there is to say about a refusal beyond that nothing allows it."""
        return (self._nodes.refusal(cluster, user, wanted) or "") if user.name.startswith(PREFIX) else ""

    def grant(self, cluster: str, user: User, wanted: Attributes) -> str:
        """Return in Kubernetes' words why an allowed request is."""
        if user.name.startswith(PREFIX) and self._nodes.refusal(cluster, user, wanted) == "":
            return ""
        return self._rbac.reason(cluster, user, wanted)

    def check(self, cluster: str, user: User, wanted: Attributes) -> None:
        """Do nothing for an allowed request.

        Raises:
            ApiError: Forbidden, worded as Kubernetes words it.
            UndecidedError: a web server has to be asked first.

        """
        if not self.allowed(cluster, user, wanted):
            raise forbidden(user, wanted, self.reason(cluster, user, wanted))

    def rules(self, cluster: str, user: User, namespace: str) -> list[Rule]:
        """Return every rule that RBAC gives the user in a namespace."""
        return self._rbac.rules(cluster, user, namespace)

    def knows_all_rules(self, cluster: str, user: User) -> bool:
        """Tell whether `rules` are all that the user may do: a host may more, by what is bound to it."""
        return self._steps is None and not host_of(cluster, user)

    def role_rules(self, cluster: str, reference: Obj, namespace: str) -> list[Rule] | None:
        """Return the rules of the role that a binding refers to, None when it does not exist."""
        return self._rbac.role_rules(cluster, reference, namespace)
