"""Whether a Deployment becomes one native workload, or its pods become native workloads one by one.

The first keeps most of the orchestrator's own (its updates, its rescheduling) and is taken where nothing more would be
had pod by pod. The choice is made once, before the Deployment is brought out, and stands in an annotation: changing it
later would mean to run everything twice for a while. Controllers act upon what is on the level of pods only.
"""

from __future__ import annotations

from bouvier.clusters.driver import APPLIED, Driver, Loss, Related, Translation, pod_workload
from bouvier.controllers.runtime.controller import Again
from bouvier.controllers.workloads.deployment import DeploymentController
from bouvier.controllers.workloads.replicaset import ReplicaSetController
from bouvier.meta.objects import Obj, annotations_of, controller_of, labels_of, namespace_of, uid_of

LEVEL = "bouvier.io/level"
"""Annotation of a Deployment, copied to its ReplicaSets; `pod`, or nothing."""
POD = "pod"


def is_on_pods(obj: Obj) -> bool:
    """Tell whether an object was chosen to be brought out pod by pod."""
    return annotations_of(obj).get(LEVEL) == POD


def is_undecided(obj: Obj) -> bool:
    """Tell whether a workload was never brought out, so that its level may still be chosen."""
    return obj["kind"] == "Deployment" and APPLIED not in annotations_of(obj)


def of_pods(obj: Obj, driver: Driver, related: Related) -> Translation:
    """Return what one pod of a Deployment would be natively (pure)."""
    template = obj["spec"]["template"]
    metadata = {"name": obj["metadata"]["name"], "namespace": namespace_of(obj), "uid": uid_of(obj)}
    labels = labels_of({"metadata": template.get("metadata") or {}})
    return driver.translate(
        pod_workload({"metadata": metadata | {"labels": labels}, "spec": template["spec"]}, ""), related
    )


def gains(whole: Translation, one_by_one: Translation) -> bool:
    """Tell whether something is had pod by pod that is lost otherwise (pure)."""
    if one_by_one.refusal:
        return False
    return bool(_fields(whole.losses) - _fields(one_by_one.losses))


def _fields(losses: tuple[Loss, ...]) -> set[str]:
    return {loss.field for loss in losses}


class PodLevelDeployments(DeploymentController):
    """The Deployment controller, for those on the level of pods."""

    async def reconcile(self, key: str) -> Again | None:
        """Make the next allowed steps, if that is for us to do."""
        deployment = self._deployments.get(key)
        return await super().reconcile(key) if deployment is not None and is_on_pods(deployment) else None


class PodLevelReplicaSets(ReplicaSetController):
    """The ReplicaSet controller, for those of such Deployments and those of nobody."""

    async def reconcile(self, key: str) -> Again | None:
        """Create or delete pods, if that is for us to do."""
        replica_set = self._sets.get(key)
        if replica_set is not None and controller_of(replica_set) is not None and not is_on_pods(replica_set):
            return None
        return await super().reconcile(key)
