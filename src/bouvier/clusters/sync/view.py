"""What a synchronizer sees of its logical cluster: live copies of the objects that matter, and one wake-up for all."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

from bouvier.client.informer import EventType, Informer, InformerSet
from bouvier.clusters.driver import Related
from bouvier.meta.gvk import Resource
from bouvier.meta.objects import Obj, name_of
from bouvier.meta.resources import (
    CONFIGMAPS,
    DAEMONSETS,
    DEPLOYMENTS,
    NODES,
    PODS,
    REPLICASETS,
    SECRETS,
    SERVICES,
)

RESOURCES = (DEPLOYMENTS, REPLICASETS, PODS, NODES, SERVICES, CONFIGMAPS, SECRETS)


class View:
    """Caches of one logical cluster."""

    def __init__(self, informers: InformerSet, *, with_daemon_sets: bool) -> None:
        self.woken = asyncio.Event()
        resources = (*RESOURCES, *((DAEMONSETS,) if with_daemon_sets else ()))
        self._caches: dict[Resource, Informer] = {resource: informers.informer(resource) for resource in resources}
        for cache in self._caches.values():
            cache.add_handler(self._changed)

    def _changed(self, _type: EventType, old: Obj | None, new: Obj) -> None:
        if old is None or _without_status(old) != _without_status(new):
            self.woken.set()

    def items(self, resource: Resource, namespace: str = "") -> list[Obj]:
        """Return the objects of a resource; none of a resource that is not served."""
        cache = self._caches.get(resource)
        return [] if cache is None else cache.items(namespace)

    def get(self, resource: Resource, key: str) -> Obj | None:
        """Return one object by its key."""
        cache = self._caches.get(resource)
        return None if cache is None else cache.get(key)

    def workloads(self) -> Iterator[Obj]:
        """Yield every Deployment and DaemonSet, with its kind written on it."""
        for resource in (DEPLOYMENTS, DAEMONSETS):
            for obj in self.items(resource):
                yield {"apiVersion": resource.api_version, "kind": resource.kind, **obj}

    def related(self, namespace: str) -> Related:
        """Return what workloads of a namespace may refer to."""
        maps = {name_of(o): {"kind": "ConfigMap", **o} for o in self.items(CONFIGMAPS, namespace)}
        secrets = {name_of(o): {"kind": "Secret", **o} for o in self.items(SECRETS, namespace)}
        return Related(maps, secrets, self.items(SERVICES, namespace))


def _without_status(obj: Obj) -> Obj:
    metadata = {name: value for name, value in obj["metadata"].items() if name != "resourceVersion"}
    return {**{name: value for name, value in obj.items() if name != "status"}, "metadata": metadata}
