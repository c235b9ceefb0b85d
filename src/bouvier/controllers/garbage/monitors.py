"""Feeds the graph: every deletable resource is watched exactly once.

Resources that this process caches anyway are read from there; of all others only the metadata is followed. Resources
appear and vanish with their definitions.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping

from bouvier.client.informer import EventType, Handler, Informer
from bouvier.client.rest import Client
from bouvier.controllers.garbage.discovery import Served, preferred
from bouvier.controllers.garbage.graph import Graph, vertex
from bouvier.controllers.garbage.metadata_watch import MetadataWatch
from bouvier.meta.gvk import Resource
from bouvier.meta.objects import Obj, uid_of

NEEDED = frozenset(("list", "watch", "delete"))
IGNORED = frozenset(("events", "events.events.k8s.io"))
"""Events expire by themselves, own nothing, and come by the thousands."""


class Monitors:
    """The watches of one collector; `look(uid)` is called for everything that must be looked at."""

    def __init__(self, client: Client, graph: Graph, look: Callable[[str], None]) -> None:
        self._client = client
        self._graph = graph
        self._look = look
        self._shared: dict[str, Informer] = {}
        self._watches: dict[Resource, MetadataWatch] = {}
        self._tasks: dict[Resource, asyncio.Task[None]] = {}

    def share(self, informers: Mapping[Resource, Informer]) -> None:
        """Read these resources from caches instead of watching them again."""
        for resource, informer in informers.items():
            self._shared[resource.group_resource] = informer
            informer.add_handler(self._handler(resource))

    def follow(self, served: Iterable[Served]) -> None:
        """Start and stop watches so that they are those of the deletable resources."""
        wanted = {each.resource for each in preferred(served) if each.verbs >= NEEDED}
        wanted = {r for r in wanted if r.group_resource not in self._shared and r.group_resource not in IGNORED}
        for resource in self._tasks.keys() - wanted:
            self._tasks.pop(resource).cancel()
            del self._watches[resource]
        for resource in sorted(wanted - self._tasks.keys()):
            watch = self._watches[resource] = MetadataWatch(
                self._client, resource, self._changer(resource), self._removed
            )
            self._tasks[resource] = asyncio.create_task(watch.run(), name=f"metadata of {resource.group_resource}")

    def waiting_for(self) -> list[str]:
        """Return the resources whose objects are not all known yet, except those that cannot be listed."""
        waiting = [name for name, informer in self._shared.items() if not informer.synced.is_set()]
        for resource, watch in self._watches.items():
            if not watch.synced.is_set() and not watch.refused.is_set():
                waiting.append(resource.group_resource)
        return waiting

    async def stop(self) -> None:
        """End all watches."""
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._tasks.clear()
        self._watches.clear()

    def _changer(self, resource: Resource) -> Callable[[Obj], None]:
        def changed(obj: Obj) -> None:
            for uid in self._graph.put(vertex(resource, obj)):
                self._look(uid)

        return changed

    def _removed(self, uid: str) -> None:
        for each in self._graph.remove(uid):
            self._look(each)

    def _handler(self, resource: Resource) -> Handler:
        changed = self._changer(resource)

        def handle(event_type: EventType, _old: Obj | None, new: Obj) -> None:
            if event_type == "DELETED":
                self._removed(uid_of(new))
            else:
                changed(new)

        return handle
