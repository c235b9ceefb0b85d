"""What the parts of a host's storage actor share."""

from __future__ import annotations

from dataclasses import dataclass, field

from bouvier.client.events import Recorder
from bouvier.client.informer import Informer, InformerSet
from bouvier.client.rest import Client
from bouvier.meta.gvk import Resource
from bouvier.meta.objects import Obj, name_of, namespace_of, uid_of
from bouvier.meta.resources import (
    PERSISTENTVOLUMECLAIMS,
    PERSISTENTVOLUMES,
    PODS,
    STORAGECLASSES,
    VOLUMESNAPSHOTCONTENTS,
    VOLUMESNAPSHOTS,
)
from bouvier.node.storage.drivers import Drivers

READS = (PERSISTENTVOLUMECLAIMS, PERSISTENTVOLUMES, STORAGECLASSES, VOLUMESNAPSHOTS, VOLUMESNAPSHOTCONTENTS)


@dataclass(slots=True)
class StorageShared:
    """Caches and tools of one host."""

    host: str
    client: Client
    recorder: Recorder
    drivers: Drivers
    pods: Informer
    """The pods bound to this host."""
    caches: dict[Resource, Informer] = field(default_factory=dict)

    @classmethod
    def of(
        cls, host: str, client: Client, recorder: Recorder, drivers: Drivers, informers: InformerSet
    ) -> StorageShared:
        """Take the caches out of a set of informers."""
        pods = informers.informer(PODS, field_selector=f"spec.nodeName={host}")
        return cls(host, client, recorder, drivers, pods, {each: informers.informer(each) for each in READS})

    @property
    def informers(self) -> list[Informer]:
        """Return every cache."""
        return [self.pods, *self.caches.values()]

    async def patch(self, resource: Resource, obj: Obj, body: Obj, subresource: str = "") -> Obj:
        """Patch an object, if it is still the one that was judged."""
        guard = {"uid": uid_of(obj), "resourceVersion": obj["metadata"]["resourceVersion"]}
        body = {**body, "metadata": {**(body.get("metadata") or {}), **guard}}
        return await self.client.patch(
            resource, name_of(obj), body, namespace=namespace_of(obj), subresource=subresource
        )

    async def drop_finalizer(self, resource: Resource, obj: Obj, finalizer: str) -> None:
        """Take a finalizer off."""
        left = [each for each in obj["metadata"].get("finalizers") or () if each != finalizer]
        await self.patch(resource, obj, {"metadata": {"finalizers": left}})
