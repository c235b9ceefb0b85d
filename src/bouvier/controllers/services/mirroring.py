"""Keeps a mirror of users' own Endpoints as EndpointSlices. What is decided stands in `mirroring_plan.py`."""

from __future__ import annotations

from collections.abc import Coroutine

from bouvier.client.informer import Informer, InformerSet
from bouvier.client.rest import Client
from bouvier.client.workqueue import WorkQueue
from bouvier.controllers.services.endpointslices_plan import MANAGED_BY, SERVICE_NAME
from bouvier.controllers.services.mirroring_plan import MANAGER, plan
from bouvier.meta.errors import ApiError
from bouvier.meta.objects import Obj, key_of, labels_of, name_of, namespace_of, uid_of
from bouvier.meta.resources import ENDPOINTS, ENDPOINTSLICES, SERVICES


class EndpointSliceMirroringController:
    """Writes slices for Endpoints of Services without a selector."""

    name = "endpointslice-mirroring"
    workers = 2
    reads = (SERVICES, ENDPOINTS, ENDPOINTSLICES)
    writes = (ENDPOINTSLICES,)

    def __init__(self, client: Client) -> None:
        self._client = client

    def register(self, informers: InformerSet, queue: WorkQueue) -> None:
        """Watch Endpoints, their Services and the mirrors."""
        self._services: Informer = informers.informer(SERVICES)
        self._endpoints: Informer = informers.informer(ENDPOINTS)
        self._slices: Informer = informers.informer(ENDPOINTSLICES, indexes={"mirror": _mirror_index})
        self._services.add_handler(lambda _type, _old, new: queue.add(key_of(new)))
        self._endpoints.add_handler(lambda _type, _old, new: queue.add(key_of(new)))

        def slice_changed(_type: str, _old: Obj | None, new: Obj) -> None:
            key = _mirror_index(new)
            if key:
                queue.add(key)

        self._slices.add_handler(slice_changed)

    async def reconcile(self, key: str) -> None:
        """Write what changed."""
        wanted = plan(self._endpoints.get(key), self._services.get(key), self._slices.indexed("mirror", key))
        for one in wanted.create:
            await self._unless("AlreadyExists", self._client.create(ENDPOINTSLICES, one))
        for one in wanted.update:
            await self._client.update(ENDPOINTSLICES, one)
        for one in wanted.delete:
            gone = self._client.delete(ENDPOINTSLICES, name_of(one), namespace_of(one), uid=uid_of(one))
            await self._unless("NotFound", gone)

    async def _unless(self, reason: str, write: Coroutine[None, None, Obj]) -> None:
        """Write; that somebody was faster is fine, its event comes."""
        try:
            await write
        except ApiError as error:
            if error.reason != reason:
                raise


def _mirror_index(slice_: Obj) -> str:
    labels = labels_of(slice_)
    service = labels.get(SERVICE_NAME)
    return f"{namespace_of(slice_)}/{service}" if service and labels.get(MANAGED_BY) == MANAGER else ""
