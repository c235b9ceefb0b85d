"""Keeps claims while pods use them, and volumes while claims hold them: takes the guards off when nobody does."""

from __future__ import annotations

from bouvier.client.informer import Informer, InformerSet
from bouvier.client.rest import Client
from bouvier.client.workqueue import WorkQueue
from bouvier.controllers.runtime.caches import pods
from bouvier.controllers.runtime.controller import Again
from bouvier.kinds.volumes.names import CLAIM_PROTECTION, VOLUME_PROTECTION
from bouvier.kinds.volumes.questions import claim_names, is_finished, uses
from bouvier.meta.gvk import Resource
from bouvier.meta.objects import Obj, is_deleting, key_of, name_of, namespace_of, uid_of
from bouvier.meta.resources import PERSISTENTVOLUMECLAIMS, PERSISTENTVOLUMES, PODS

CLAIM, VOLUME = "claim:", "volume:"


class StorageProtection:
    """Owns the finalizers `kubernetes.io/pvc-protection` and `kubernetes.io/pv-protection`."""

    name = "storage-protection"
    workers = 2
    reads = (PERSISTENTVOLUMECLAIMS, PERSISTENTVOLUMES, PODS)
    writes = (PERSISTENTVOLUMECLAIMS, PERSISTENTVOLUMES)

    def __init__(self, client: Client) -> None:
        self._client = client

    def register(self, informers: InformerSet, queue: WorkQueue) -> None:
        """Watch claims and volumes that are being deleted, and pods that end."""
        self._queue = queue
        self._claims: Informer = informers.informer(PERSISTENTVOLUMECLAIMS)
        self._volumes: Informer = informers.informer(PERSISTENTVOLUMES)
        self._pods: Informer = pods(informers)
        self._claims.add_handler(lambda _type, _old, new: self._deleting(CLAIM, new))
        self._volumes.add_handler(lambda _type, _old, new: self._deleting(VOLUME, new))
        self._pods.add_handler(self._pod_changed)

    async def reconcile(self, key: str) -> Again | None:
        """Take the guard off if nobody uses the object."""
        kind, _, name = key.partition(":")
        if f"{kind}:" == CLAIM:
            claim = self._claims.get(name)
            if claim is not None and is_deleting(claim) and not await self._is_used(claim):
                await self._free(PERSISTENTVOLUMECLAIMS, claim, CLAIM_PROTECTION)
            return None
        volume = self._volumes.get(name)
        if volume is not None and is_deleting(volume) and (volume.get("status") or {}).get("phase") != "Bound":
            await self._free(PERSISTENTVOLUMES, volume, VOLUME_PROTECTION)
        return None

    async def _is_used(self, claim: Obj) -> bool:
        """Tell whether a pod uses the claim; the server has the last word, since a pod may have just come."""
        namespace = namespace_of(claim)
        if any(uses(pod, claim) for pod in self._pods.items(namespace)):
            return True
        return any(uses(pod, claim) for pod in (await self._client.list_all(PODS, namespace)).items)

    async def _free(self, resource: Resource, obj: Obj, finalizer: str) -> None:
        present = obj["metadata"].get("finalizers") or []
        if finalizer not in present:
            return
        metadata = {
            "uid": uid_of(obj),
            "resourceVersion": obj["metadata"]["resourceVersion"],
            "finalizers": [each for each in present if each != finalizer],
        }
        await self._client.patch(resource, name_of(obj), {"metadata": metadata}, namespace=namespace_of(obj))

    def _deleting(self, prefix: str, obj: Obj) -> None:
        if is_deleting(obj):
            self._queue.add(prefix + key_of(obj))

    def _pod_changed(self, event_type: str, _old: Obj | None, new: Obj) -> None:
        if event_type == "DELETED" or is_finished(new):
            for name in claim_names(new):
                self._queue.add(f"{CLAIM}{namespace_of(new)}/{name}")
