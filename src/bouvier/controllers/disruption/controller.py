"""Keeps the status of PodDisruptionBudgets, from which evictions are granted."""

from __future__ import annotations

from datetime import UTC, datetime

from bouvier.client.events import Recorder
from bouvier.client.informer import Informer, InformerSet
from bouvier.client.rest import Client
from bouvier.client.workqueue import WorkQueue
from bouvier.controllers.disruption.plan import Observed, needs_owners, owners_of, plan
from bouvier.controllers.disruption.scales import Scale, Scales
from bouvier.controllers.runtime.caches import pods, selected
from bouvier.controllers.runtime.controller import Again
from bouvier.meta.errors import ApiError
from bouvier.meta.objects import Obj, key_of, labels_of, namespace_of
from bouvier.meta.resources import (
    DEPLOYMENTS,
    POD_DISRUPTION_BUDGETS,
    PODS,
    REPLICASETS,
    REPLICATIONCONTROLLERS,
    STATEFULSETS,
)
from bouvier.meta.selectors import from_object


class DisruptionController:
    """Counts healthy pods of each budget."""

    name = "disruption"
    workers = 2
    reads = (POD_DISRUPTION_BUDGETS, PODS, DEPLOYMENTS, REPLICASETS, REPLICATIONCONTROLLERS, STATEFULSETS)
    writes = (POD_DISRUPTION_BUDGETS,)

    def __init__(self, client: Client, recorder: Recorder) -> None:
        self._client = client
        self._recorder = recorder
        self._scales = Scales(client)

    def register(self, informers: InformerSet, queue: WorkQueue) -> None:
        """Watch budgets, pods, and how many pods their owners want."""
        self._queue = queue
        self._budgets: Informer = informers.informer(POD_DISRUPTION_BUDGETS)
        self._pods: Informer = pods(informers)
        self._budgets.add_handler(lambda _type, _old, new: queue.add(key_of(new)))
        self._pods.add_handler(self._pod_changed)
        for cache in self._scales.register(informers).values():
            cache.add_handler(self._owner_changed)

    async def reconcile(self, key: str) -> Again | None:
        """Count, and report."""
        budget = self._budgets.get(key)
        if budget is None:
            return None
        mine = selected(self._pods, namespace_of(budget), from_object(budget["spec"].get("selector")))
        if not mine:
            self._recorder.event(budget, "Normal", "NoPods", "No matching pods found")
        expected, problem = await self._expected(budget, mine)
        made = plan(Observed(budget, mine, expected, datetime.now(UTC), problem))
        for pod in made.stayed:
            message = f"Pod was expected by PDB {key} to be deleted but it wasn't"
            self._recorder.event(pod, "Warning", "NotDeleted", message)
        if made.status != (budget.get("status") or {}):
            await self._client.update(POD_DISRUPTION_BUDGETS, {**budget, "status": made.status}, subresource="status")
        return None if made.again_seconds is None else Again(made.again_seconds)

    async def _expected(self, budget: Obj, mine: list[Obj]) -> tuple[int, str]:
        """Return how many pods there should be, and why that cannot be told."""
        if not needs_owners(budget):
            return len(mine), ""
        owners, alone = owners_of(mine)
        if alone:
            message = (
                "Pods without a controller are selected: they are not counted."
                " Set .spec.minAvailable to a number to protect them"
            )
            self._recorder.event(budget, "Warning", "UnmanagedPods", message)
        found: dict[str, Scale] = {}
        try:
            for reference in owners.values():
                scale = await self._scales.find(namespace_of(budget), reference)
                if scale is not None:
                    found[scale.uid] = scale
        except ApiError as error:
            message = f"Failed to calculate the number of expected pods: {error}"
            self._recorder.event(budget, "Warning", "CalculateExpectedPodCountFailed", message)
            return len(mine), str(error)
        return sum(scale.replicas for scale in found.values()), ""

    def _pod_changed(self, _type: str, old: Obj | None, new: Obj) -> None:
        budgets = self._budgets.items(namespace_of(new))
        for budget in budgets:
            selector = from_object(budget["spec"].get("selector"))
            if selector.matches(labels_of(new)) or (old is not None and selector.matches(labels_of(old))):
                self._queue.add(key_of(budget))

    def _owner_changed(self, event_type: str, old: Obj | None, new: Obj) -> None:
        """Wake the budgets of the namespace when a number of replicas changes."""
        if event_type == "MODIFIED" and old is not None and old["spec"].get("replicas") == new["spec"].get("replicas"):
            return
        for budget in self._budgets.items(namespace_of(new)):
            self._queue.add(key_of(budget))
