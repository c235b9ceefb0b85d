"""Finds the objects that a quota counts: in caches where there are any, else by asking the server.

What is merely counted is asked for as a page of one object with the number of those that remain.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from bouvier.client.informer import Informer
from bouvier.client.rest import Client
from bouvier.controllers.garbage.discovery import Discovery
from bouvier.controllers.quotas.plan import measured
from bouvier.kinds.usage.amounts import Amounts
from bouvier.kinds.usage.objects import BY_NAME, CLASS_SUFFIX
from bouvier.meta.errors import ApiError
from bouvier.meta.gvk import Resource
from bouvier.meta.objects import Obj, namespace_of
from bouvier.meta.resources import PERSISTENTVOLUMECLAIMS, PODS, SERVICES

COUNT = "count/"
CLAIM_NAMES = ("persistentvolumeclaims", "requests.storage")
SERVICE_NAMES = ("services", "services.loadbalancers", "services.nodeports")


@dataclass(slots=True)
class Question:
    """What must be looked at to measure one quota."""

    measured: set[Resource] = field(default_factory=set)
    """Resources whose objects must be read."""
    counted: dict[str, str] = field(default_factory=dict)
    """Resources of which only the number counts, by the name in the quota."""


def question(quota: Obj) -> Question:
    """Return what the quota's names are about."""
    made = Question()
    spec = quota["spec"]
    is_scoped = bool(spec.get("scopes") or spec.get("scopeSelector"))
    for name in spec.get("hard") or {}:
        plain = name.removeprefix(COUNT)
        if name in SERVICE_NAMES:
            made.measured.add(SERVICES)
        elif name in CLAIM_NAMES or CLASS_SUFFIX in name:
            made.measured.add(PERSISTENTVOLUMECLAIMS)
        elif (name.startswith(COUNT) or name in BY_NAME) and plain != "pods":
            if not is_scoped:
                made.counted[name] = plain
        else:
            made.measured.add(PODS)
    return made


class Census:
    """Measures quotas."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._discovery = Discovery(client)
        self.caches: Mapping[Resource, Informer] = {}

    async def measure(self, quota: Obj) -> Amounts:
        """Return what is used of what the quota limits.

        Raises:
            ApiError: a resource could not be listed.
        """
        asked, namespace = question(quota), namespace_of(quota)
        total: Amounts = {}
        for resource in asked.measured:
            total |= measured(quota, ((resource, obj) for obj in await self._objects(resource, namespace)))
        for name, plural in asked.counted.items():
            total[name] = Decimal(await self._count(plural, namespace))
        return total

    def is_followed(self, quota: Obj) -> bool:
        """Tell whether every change that matters to the quota is seen in a cache."""
        asked = question(quota)
        followed = {resource.group_resource for resource in self.caches}
        return not asked.measured - set(self.caches) and not set(asked.counted.values()) - followed

    async def _objects(self, resource: Resource, namespace: str) -> Iterable[Obj]:
        cache = self.caches.get(resource)
        if cache is not None:
            return cache.items(namespace)
        try:
            return (await self._client.list_all(resource, namespace)).items
        except ApiError as error:
            if error.reason == "NotFound":  # not served: there is none
                return []
            raise

    async def _count(self, group_resource: str, namespace: str) -> int:
        for resource, cache in self.caches.items():
            if resource.group_resource == group_resource:
                return len(cache.items(namespace))
        found = await self._resource(group_resource)
        if found is None:
            return 0
        page = await self._client.list(found, namespace, limit=1)
        return len(page.items) + page.remaining

    async def _resource(self, group_resource: str) -> Resource | None:
        for attempt in range(2):
            if attempt or not self._discovery.served:
                await self._discovery.refresh()
            for served in self._discovery.served:
                if served.resource.group_resource == group_resource and served.resource.namespaced:
                    return served.resource
        return None
