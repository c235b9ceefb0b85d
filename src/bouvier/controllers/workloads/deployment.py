"""Moves a Deployment's pods from template to template by scaling its ReplicaSets.

Source: https://kubernetes.io/docs/concepts/workloads/controllers/deployment/
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from bouvier.client.events import Recorder
from bouvier.client.informer import Informer, InformerSet
from bouvier.client.rest import Client
from bouvier.client.workqueue import WorkQueue
from bouvier.controllers.runtime.caches import candidates, owned, pods
from bouvier.controllers.runtime.controller import Again
from bouvier.controllers.runtime.errors import Temporary
from bouvier.controllers.workloads.adopting import claimed
from bouvier.controllers.workloads.deployment_plan import Change, DeploymentPlan, Observed, plan
from bouvier.controllers.workloads.deployment_replicasets import LONGEST_NAME
from bouvier.controllers.workloads.deployment_revisions import REVISION
from bouvier.controllers.workloads.deployment_sizes import is_rolling, spec_replicas
from bouvier.controllers.workloads.deployment_templates import current_replica_set, same_template
from bouvier.controllers.workloads.pods import is_finished
from bouvier.controllers.workloads.podwrites import is_namespace_ending
from bouvier.meta.errors import ApiError
from bouvier.meta.objects import Obj, controller_of, key_of, labels_of, name_of, namespace_of, uid_of
from bouvier.meta.resources import DEPLOYMENTS, PODS, REPLICASETS
from bouvier.meta.selectors import from_object

SCALED = "ScalingReplicaSet"


class DeploymentController:
    """Creates, scales and removes ReplicaSets of Deployments and reports progress."""

    name = "deployment"
    workers = 4
    reads = (DEPLOYMENTS, REPLICASETS, PODS)
    writes = (DEPLOYMENTS, REPLICASETS)

    def __init__(self, client: Client, recorder: Recorder) -> None:
        self._client = client
        self._recorder = recorder

    def register(self, informers: InformerSet, queue: WorkQueue) -> None:
        """Watch Deployments, ReplicaSets and pods."""
        self._queue = queue
        self._deployments: Informer = informers.informer(DEPLOYMENTS)
        self._sets: Informer = owned(informers, REPLICASETS)
        self._pods: Informer = pods(informers)
        self._deployments.add_handler(lambda _type, _old, new: queue.add(key_of(new)))
        self._sets.add_handler(self._set_changed)
        self._pods.add_handler(self._pod_changed)

    async def reconcile(self, key: str) -> Again | None:
        """Make the next allowed steps and report."""
        deployment = self._deployments.get(key)
        if deployment is None:
            return None
        selector = from_object(deployment["spec"]["selector"])
        if selector.empty:
            message = "This deployment is selecting all pods. A non-empty selector is required."
            self._recorder.event(deployment, "Warning", "SelectingAll", message)
            return None
        mine = await claimed(
            self._client,
            (DEPLOYMENTS, deployment),
            selector,
            (REPLICASETS, candidates(self._sets, deployment)),
        )
        wanted = plan(Observed(deployment, mine, self._old_pods_exist(deployment, mine), datetime.now(UTC)))
        await self._perform(deployment, wanted)
        return None if wanted.again_seconds is None else Again(wanted.again_seconds)

    async def _perform(self, deployment: Obj, wanted: DeploymentPlan) -> None:
        if wanted.create and not await self._create(deployment, wanted.create):
            return
        for change in wanted.changes:
            await self._change(deployment, change)
        for replica_set in wanted.remove:
            await self._remove(replica_set)
        if wanted.revision:
            metadata = {"uid": uid_of(deployment), "annotations": {REVISION: wanted.revision}}
            await self._client.patch(
                DEPLOYMENTS, name_of(deployment), {"metadata": metadata}, namespace=namespace_of(deployment)
            )
        if wanted.status != (deployment.get("status") or {}):
            await self._report(deployment, wanted.status)

    async def _report(self, deployment: Obj, status: Obj) -> None:
        """Write the status. Nobody else writes it, so it needs no guard against the other writers of the object."""
        gone = {field: None for field in deployment.get("status") or {} if field not in status}
        body = {"metadata": {"uid": uid_of(deployment)}, "status": gone | status}
        await self._client.patch(
            DEPLOYMENTS, name_of(deployment), body, namespace=namespace_of(deployment), subresource="status"
        )

    async def _create(self, deployment: Obj, replica_set: Obj) -> bool:
        """Create the ReplicaSet; False if the namespace ends and nothing more can be done."""
        try:
            await self._client.create(REPLICASETS, replica_set)
        except ApiError as error:
            if error.reason == "AlreadyExists":
                await self._meet(deployment, replica_set)
                return True
            if is_namespace_ending(error):
                return False
            message = f'Failed to create new replica set "{name_of(replica_set)}": {error}'
            self._recorder.event(deployment, "Warning", "ReplicaSetCreateError", message)
            await self._report_failure(deployment, message)
            raise
        replicas = spec_replicas(replica_set)
        if replicas:
            message = f"Scaled up replica set {name_of(replica_set)} from 0 to {replicas}"
            self._recorder.event(deployment, "Normal", SCALED, message)
        return True

    async def _meet(self, deployment: Obj, replica_set: Obj) -> None:
        """Accept our own ReplicaSet that the cache does not show yet; else choose another name for ours."""
        live = await self._client.get(REPLICASETS, name_of(replica_set), namespace_of(replica_set))
        controller = controller_of(live) or {}
        ours = controller.get("uid") == uid_of(deployment)
        if ours and same_template(live["spec"]["template"], replica_set["spec"]["template"]):
            return
        count = (deployment.get("status") or {}).get("collisionCount") or 0
        await self._report(deployment, {**(deployment.get("status") or {}), "collisionCount": count + 1})
        raise Temporary(f'replica set "{name_of(replica_set)}" exists and belongs to another template or owner')
