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
from bouvier.controllers.workloads.deployment_revisions import REVISION
from bouvier.controllers.workloads.deployment_sizes import is_rolling, spec_replicas
from bouvier.controllers.workloads.deployment_status import CREATE_FAILED, creation_failed
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
        """Create the ReplicaSet; False if there is nothing more to do until the caches change."""
        try:
            await self._client.create(REPLICASETS, replica_set)
        except ApiError as error:
            if error.reason == "AlreadyExists":
                await self._meet(deployment, replica_set)
                return False
            if is_namespace_ending(error):
                return False
            message = f'Failed to create new replica set "{name_of(replica_set)}": {error}'
            self._recorder.event(deployment, "Warning", CREATE_FAILED, message)
            await self._report(deployment, creation_failed(deployment, message, datetime.now(UTC)))
            raise
        replicas = spec_replicas(replica_set)
        if replicas:
            message = f"Scaled up replica set {name_of(replica_set)} from 0 to {replicas}"
            self._recorder.event(deployment, "Normal", SCALED, message)
        return True

    async def _meet(self, deployment: Obj, replica_set: Obj) -> None:
        """Wait for our own ReplicaSet that the cache does not show yet; give ours another name if it is not ours."""
        live = await self._client.get(REPLICASETS, name_of(replica_set), namespace_of(replica_set))
        ours = (controller_of(live) or {}).get("uid") == uid_of(deployment)
        if ours and same_template(live["spec"]["template"], replica_set["spec"]["template"]):
            return
        status = deployment.get("status") or {}
        await self._report(deployment, {**status, "collisionCount": (status.get("collisionCount") or 0) + 1})
        raise Temporary(f'replica set "{name_of(replica_set)}" exists and belongs to another template or owner')

    async def _change(self, deployment: Obj, change: Change) -> None:
        await self._client.update(REPLICASETS, change.after)
        if change.scaling:
            self._recorder.event(deployment, "Normal", SCALED, change.scaling)

    async def _remove(self, replica_set: Obj) -> None:
        try:
            await self._client.delete(
                REPLICASETS, name_of(replica_set), namespace_of(replica_set), uid=uid_of(replica_set)
            )
        except ApiError as error:
            if error.reason != "NotFound":
                raise

    def _old_pods_exist(self, deployment: Obj, replica_sets: Sequence[Obj]) -> bool:
        """Tell whether pods of old templates are still there, which only `Recreate` waits for."""
        if is_rolling(deployment):
            return False
        current = current_replica_set(deployment, replica_sets)
        old = [rs for rs in replica_sets if rs is not current]
        return any(not is_finished(pod) for rs in old for pod in self._pods.indexed("owner", uid_of(rs)))

    def _set_changed(self, _type: str, old: Obj | None, new: Obj) -> None:
        for replica_set in (old, new) if old else (new,):
            controller = controller_of(replica_set)
            if controller is None:
                self._orphan_found(replica_set)
            elif controller["kind"] == DEPLOYMENTS.kind:
                self._queue.add(f"{namespace_of(replica_set)}/{controller['name']}")

    def _orphan_found(self, replica_set: Obj) -> None:
        for deployment in self._deployments.items(namespace_of(replica_set)):
            if from_object(deployment["spec"]["selector"]).matches(labels_of(replica_set)):
                self._queue.add(key_of(deployment))

    def _pod_changed(self, event_type: str, _old: Obj | None, new: Obj) -> None:
        """Wake a `Recreate` that waits for its old pods to be gone."""
        if event_type != "DELETED" and not is_finished(new):
            return
        controller = controller_of(new)
        if controller is None or controller["kind"] != REPLICASETS.kind:
            return
        replica_set = self._sets.get(f"{namespace_of(new)}/{controller['name']}")
        if replica_set is not None:
            self._set_changed("MODIFIED", None, replica_set)
