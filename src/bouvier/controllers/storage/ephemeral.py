"""Makes the claims of generic ephemeral volumes; each is owned by its pod and goes with it.

Source: https://kubernetes.io/docs/concepts/storage/ephemeral-volumes/#generic-ephemeral-volumes
"""

from __future__ import annotations

from bouvier.client.events import Recorder
from bouvier.client.informer import Informer, InformerSet
from bouvier.client.rest import Client
from bouvier.client.workqueue import WorkQueue
from bouvier.controllers.runtime.caches import pods
from bouvier.controllers.runtime.controller import Again
from bouvier.controllers.runtime.errors import Permanent
from bouvier.kinds.volumes.questions import ephemeral_name, is_finished, is_owned_by
from bouvier.meta.errors import ApiError
from bouvier.meta.objects import Obj, annotations_of, is_deleting, key_of, labels_of, namespace_of, owner_reference
from bouvier.meta.resources import PERSISTENTVOLUMECLAIMS, PODS


class EphemeralVolumes:
    """Makes claims from `spec.volumes[].ephemeral`; keys are pods."""

    name = "ephemeral-volume"
    workers = 2
    reads = (PODS, PERSISTENTVOLUMECLAIMS)
    writes = (PERSISTENTVOLUMECLAIMS,)

    def __init__(self, client: Client, recorder: Recorder) -> None:
        self._client = client
        self._recorder = recorder

    def register(self, informers: InformerSet, queue: WorkQueue) -> None:
        """Watch pods."""
        self._queue = queue
        self._pods: Informer = pods(informers)
        self._claims: Informer = informers.informer(PERSISTENTVOLUMECLAIMS)
        self._pods.add_handler(self._pod_changed)

    async def reconcile(self, key: str) -> Again | None:
        """Make the claims that the pod lacks."""
        pod = self._pods.get(key)
        if pod is None or is_deleting(pod) or is_finished(pod):
            return None
        for volume in _ephemeral(pod):
            await self._ensure(pod, volume)
        return None

    async def _ensure(self, pod: Obj, volume: Obj) -> None:
        name = ephemeral_name(pod, volume)
        present = self._claims.get(f"{namespace_of(pod)}/{name}")
        if present is None:
            try:
                await self._client.create(PERSISTENTVOLUMECLAIMS, new_claim(pod, volume))
                return
            except ApiError as error:
                if error.reason != "AlreadyExists":
                    self._recorder.event(pod, "Warning", "FailedBinding", f"ephemeral volume claim {name}: {error}")
                    raise
            present = await self._client.get(PERSISTENTVOLUMECLAIMS, name, namespace_of(pod))
        if not is_owned_by(present, pod):
            text = f'PVC "{namespace_of(pod)}/{name}" was not created for pod "{key_of(pod)}" (pod is not owner)'
            self._recorder.event(pod, "Warning", "FailedBinding", text)
            raise Permanent(text)

    def _pod_changed(self, event_type: str, _old: Obj | None, new: Obj) -> None:
        if event_type != "DELETED" and _ephemeral(new):
            self._queue.add(key_of(new))


def _ephemeral(pod: Obj) -> list[Obj]:
    return [volume for volume in pod["spec"].get("volumes") or () if volume.get("ephemeral")]


def new_claim(pod: Obj, volume: Obj) -> Obj:
    """Return the claim of a pod's ephemeral volume."""
    template = volume["ephemeral"]["volumeClaimTemplate"]
    given = {"metadata": template.get("metadata") or {}}
    metadata = {
        "name": ephemeral_name(pod, volume),
        "namespace": namespace_of(pod),
        "labels": labels_of(given),
        "annotations": annotations_of(given),
        "ownerReferences": [owner_reference({**pod, "apiVersion": "v1", "kind": "Pod"})],
    }
    return {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": metadata, "spec": template["spec"]}
