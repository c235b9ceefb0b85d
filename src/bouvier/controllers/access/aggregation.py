"""Keeps the rules of aggregated ClusterRoles."""

from __future__ import annotations

from bouvier.client.informer import Informer, InformerSet
from bouvier.client.rest import Client
from bouvier.client.workqueue import WorkQueue
from bouvier.controllers.access.aggregation_plan import aggregated_rules, is_aggregated
from bouvier.controllers.runtime.controller import Again
from bouvier.meta.objects import Obj, is_deleting, key_of
from bouvier.meta.resources import CLUSTERROLES


class AggregationController:
    """Writes `rules` of ClusterRoles with an aggregation rule; needs the verb `escalate` on them."""

    name = "clusterrole-aggregation"
    workers = 1
    reads = (CLUSTERROLES,)
    writes = (CLUSTERROLES,)

    def __init__(self, client: Client) -> None:
        self._client = client

    def register(self, informers: InformerSet, queue: WorkQueue) -> None:
        """Watch roles: each change may concern every aggregated one."""
        self._queue = queue
        self._roles: Informer = informers.informer(CLUSTERROLES)
        self._roles.add_handler(self._changed)

    async def reconcile(self, key: str) -> Again | None:
        """Bring the rules up to date, if they are not those of the chosen roles in any order."""
        role = self._roles.get(key)
        if role is None or is_deleting(role) or not is_aggregated(role):
            return None
        wanted, present = aggregated_rules(role, self._roles.items()), role.get("rules") or []
        if len(wanted) != len(present) or any(rule not in present for rule in wanted):
            await self._client.update(CLUSTERROLES, {**role, "rules": wanted})
        return None

    def _changed(self, _type: str, _old: Obj | None, _new: Obj) -> None:
        for role in self._roles.items():
            if is_aggregated(role):
                self._queue.add(key_of(role))
