"""Writes `status.loadBalancer` of Services of type LoadBalancer and of Ingresses.

Keys are `service/NAMESPACE/NAME` and `ingress/NAMESPACE/NAME`.
"""

from __future__ import annotations

from collections.abc import Sequence

from bouvier.client.informer import Informer, InformerSet
from bouvier.client.rest import Client
from bouvier.client.workqueue import WorkQueue
from bouvier.controllers.services.addresses_plan import host_addresses, ingress_status, service_status
from bouvier.meta.gvk import Resource
from bouvier.meta.objects import Obj, key_of, name_of, namespace_of
from bouvier.meta.resources import INGRESSES, NODES, SERVICES


class BalancerAddressController:
    """Tells where the platform's balancers can be reached."""

    name = "balancer-address"
    workers = 2
    reads = (SERVICES, INGRESSES, NODES)
    writes = (SERVICES, INGRESSES)

    def __init__(self, client: Client, addresses: Sequence[str] = ()) -> None:
        """Report `addresses`; without any, those of the ready hosts."""
        self._client = client
        self._fixed = list(addresses)

    def register(self, informers: InformerSet, queue: WorkQueue) -> None:
        """Watch what reports addresses and the hosts that have them."""
        self._queue = queue
        self._services: Informer = informers.informer(SERVICES)
        self._ingresses: Informer = informers.informer(INGRESSES)
        self._nodes: Informer = informers.informer(NODES)
        self._services.add_handler(lambda _type, _old, new: queue.add(f"service/{key_of(new)}"))
        self._ingresses.add_handler(lambda _type, _old, new: queue.add(f"ingress/{key_of(new)}"))
        self._nodes.add_handler(self._node_changed)

    async def reconcile(self, key: str) -> None:
        """Write the addresses if they differ from those reported."""
        kind, _, name = key.partition("/")
        resource, cache = (SERVICES, self._services) if kind == "service" else (INGRESSES, self._ingresses)
        obj = cache.get(name)
        if obj is None:
            return
        addresses = self._fixed or host_addresses(self._nodes.items())
        judge = service_status if kind == "service" else ingress_status
        wanted = judge(obj, addresses)
        if wanted is not None:
            await self._write(resource, obj, wanted)

    async def _write(self, resource: Resource, obj: Obj, wanted: Obj) -> None:
        reported = (obj.get("status") or {}).get("loadBalancer") or {}
        if reported.get("ingress", []) == wanted.get("ingress", []):
            return
        body = {"metadata": {"uid": obj["metadata"]["uid"]}, "status": {"loadBalancer": wanted or {"ingress": None}}}
        await self._client.patch(resource, name_of(obj), body, namespace=namespace_of(obj), subresource="status")

    def _node_changed(self, _type: str, old: Obj | None, new: Obj) -> None:
        if self._fixed or (old is not None and _type == "MODIFIED" and host_addresses([old]) == host_addresses([new])):
            return
        self._all()

    def _all(self) -> None:
        for service in self._services.items():
            if service["spec"].get("type") == "LoadBalancer":
                self._queue.add(f"service/{key_of(service)}")
        for ingress in self._ingresses.items():
            self._queue.add(f"ingress/{key_of(ingress)}")
