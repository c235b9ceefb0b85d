"""Keeps EndpointSlices and Endpoints equal to the pods that Services select, without delay.

Source: https://kubernetes.io/docs/concepts/services-networking/endpoint-slices/
"""

from __future__ import annotations

from functools import partial

from bouvier.client.informer import Informer, InformerSet
from bouvier.client.rest import Client
from bouvier.client.workqueue import WorkQueue
from bouvier.controllers.runtime.caches import pods, selected
from bouvier.controllers.runtime.controller import Again
from bouvier.controllers.runtime.expectations import OVERDUE_SECONDS, Expectations
from bouvier.controllers.runtime.names import generated
from bouvier.controllers.services.endpoints_plan import endpoints, is_ours
from bouvier.controllers.services.endpointslices_plan import (
    MANAGED_BY,
    MANAGER,
    SERVICE_NAME,
    SlicesPlan,
    is_managed,
    plan,
)
from bouvier.meta.errors import ApiError
from bouvier.meta.objects import Obj, is_deleting, key_of, labels_of, name_of, namespace_of, uid_of
from bouvier.meta.resources import ENDPOINTS, ENDPOINTSLICES, NODES, PODS, SERVICES
from bouvier.meta.selectors import from_object

ZONE = "topology.kubernetes.io/zone"
RELEVANT_STATUS = ("podIPs", "podIP", "phase")


class EndpointSliceController:
    """Writes the endpoints of every Service that has a selector."""

    name = "endpointslice"
    workers = 4
    reads = (SERVICES, PODS, NODES, ENDPOINTSLICES, ENDPOINTS)
    writes = (ENDPOINTSLICES, ENDPOINTS)

    def __init__(self, client: Client) -> None:
        self._client = client
        self._expectations = Expectations()

    def register(self, informers: InformerSet, queue: WorkQueue) -> None:
        """Watch Services, pods and what was written before."""
        self._queue = queue
        self._services: Informer = informers.informer(SERVICES, indexes={"selector": _selector_index})
        self._pods: Informer = pods(informers)
        self._nodes: Informer = informers.informer(NODES)
        self._slices: Informer = informers.informer(ENDPOINTSLICES, indexes={"service": _service_index})
        self._endpoints: Informer = informers.informer(ENDPOINTS)
        self._services.add_handler(lambda _type, _old, new: queue.add(key_of(new)))
        self._pods.add_handler(self._pod_changed)
        self._slices.add_handler(self._slice_changed)
        self._endpoints.add_handler(self._endpoints_changed)

    async def reconcile(self, key: str) -> Again | None:
        """Write what changed; slices first, because everything fast reads those."""
        service = self._services.get(key)
        if service is None:
            self._expectations.forget(key)
            await self._remove_endpoints(key)
            return None
        if not is_managed(service) or is_deleting(service):
            return None
        members = selected(self._pods, namespace_of(service), from_object({"matchLabels": service["spec"]["selector"]}))
        again = await self._write_slices(key, service, members)
        new = endpoints(service, members, self._endpoints.get(key))
        if new is not None:
            await self._write_endpoints(new)
        return again

    async def _write_slices(self, key: str, service: Obj, members: list[Obj]) -> Again | None:
        for pending in self._expectations.overdue(key):
            self._expectations.created(pending.what)
        if not self._expectations.satisfied(key):
            return Again(OVERDUE_SECONDS)
        slices = [slice_ for slice_ in self._slices.indexed("service", key) if _is_slice_ours(slice_)]
        await self._perform(key, plan(service, members, slices, self._zone_of, partial(_slice_name, service)))
        return None

    async def _perform(self, key: str, wanted: SlicesPlan) -> None:
        for slice_ in wanted.update:
            await self._client.update(ENDPOINTSLICES, slice_)
        self._expectations.creating(key, map(key_of, wanted.create))
        for slice_ in wanted.create:
            await self._create(slice_)
        for slice_ in wanted.delete:
            await self._delete(slice_)

    async def _create(self, slice_: Obj) -> None:
        try:
            await self._client.create(ENDPOINTSLICES, slice_)
        except ApiError:
            self._expectations.created(key_of(slice_))
            raise

    async def _delete(self, slice_: Obj) -> None:
        try:
            await self._client.delete(ENDPOINTSLICES, name_of(slice_), namespace_of(slice_), uid=uid_of(slice_))
        except ApiError as error:
            if error.reason not in ("NotFound", "Conflict"):
                raise

    async def _write_endpoints(self, new: Obj) -> None:
        if uid_of(new):
            await self._client.update(ENDPOINTS, new)
        else:
            await self._client.create(ENDPOINTS, new)

    async def _remove_endpoints(self, key: str) -> None:
        existing = self._endpoints.get(key)
        if existing is None or not is_ours(existing):
            return
        try:
            await self._client.delete(ENDPOINTS, name_of(existing), namespace_of(existing), uid=uid_of(existing))
        except ApiError as error:
            if error.reason != "NotFound":
                raise

    def _zone_of(self, host: str) -> str:
        node = self._nodes.get(host)
        return labels_of(node).get(ZONE, "") if node else ""

    def _pod_changed(self, event_type: str, old: Obj | None, new: Obj) -> None:
        if event_type == "MODIFIED" and old is not None and _shown(old) == _shown(new):
            return
        for pod in (old, new) if old else (new,):
            for key in self._services_of(pod):
                self._queue.add(key)

    def _services_of(self, pod: Obj) -> list[str]:
        namespace, labels = namespace_of(pod), labels_of(pod)
        found: list[str] = []
        for name, value in labels.items():
            services = self._services.indexed("selector", f"{namespace}/{name}={value}")
            found += [key_of(each) for each in services if each["spec"]["selector"].items() <= labels.items()]
        return found

    def _slice_changed(self, _type: str, _old: Obj | None, new: Obj) -> None:
        self._expectations.created(key_of(new))
        service = labels_of(new).get(SERVICE_NAME)
        if service and _is_slice_ours(new):
            self._queue.add(f"{namespace_of(new)}/{service}")

    def _endpoints_changed(self, _type: str, old: Obj | None, new: Obj) -> None:
        if is_ours(new) or (old is not None and is_ours(old)):
            self._queue.add(key_of(new))


def _selector_index(service: Obj) -> str:
    """Index a Service under one of the labels it selects: a pod then finds it without asking all Services."""
    selector = service["spec"].get("selector") or {}
    if not selector:
        return ""
    name, value = min(selector.items())
    return f"{namespace_of(service)}/{name}={value}"


def _service_index(slice_: Obj) -> str:
    service = labels_of(slice_).get(SERVICE_NAME)
    return f"{namespace_of(slice_)}/{service}" if service else ""


def _is_slice_ours(slice_: Obj) -> bool:
    return labels_of(slice_).get(MANAGED_BY) == MANAGER


def _slice_name(service: Obj) -> str:
    return generated(name_of(service) + "-")


def _shown(pod: Obj) -> tuple[object, ...]:
    """Return what an endpoint is made of."""
    status = pod.get("status") or {}
    ready = [c.get("status") for c in status.get("conditions") or () if c.get("type") == "Ready"]
    relevant = tuple(status.get(field) for field in RELEVANT_STATUS)
    return labels_of(pod), ready, relevant, is_deleting(pod), pod["spec"].get("nodeName"), pod["spec"].get("hostname")
