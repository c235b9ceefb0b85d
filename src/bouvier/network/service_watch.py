"""Services and their EndpointSlices side by side, for everything that follows them: rules, names, balancer.

One place keeps the slices of each Service and tells its listeners the key of what changed; the listeners look up the
present state when they get to it, so that a burst of changes is handled once.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from bouvier.meta.objects import Obj, key_of
from bouvier.meta.resources import ENDPOINTSLICES, SERVICES
from bouvier.network.endpoints import service_key_of
from bouvier.network.informers import Informers

Listener = Callable[[str], None]
"""Called with the key (`namespace/name`) of a Service that changed, or whose slices did."""


class ServiceWatch:
    """The present Services and slices."""

    def __init__(self, informers: Informers) -> None:
        self._services = informers.informer(SERVICES)
        self._slices = informers.informer(ENDPOINTSLICES)
        self._slices_of: dict[str, dict[str, Obj]] = {}
        self._listeners: list[Listener] = []
        self._services.add_handler(self._on_service)
        self._slices.add_handler(self._on_slice)

    async def synced(self) -> None:
        """Return when both collections have been listed."""
        await self._services.synced.wait()
        await self._slices.synced.wait()

    def listen(self, listener: Listener) -> None:
        """Call the listener after each change from now on."""
        self._listeners.append(listener)

    def keys(self) -> list[str]:
        """Return the keys of all Services."""
        return [key_of(service) for service in self._services.items()]

    def service(self, key: str) -> Obj | None:
        """Return a Service."""
        return self._services.get(key)

    def slices(self, key: str) -> list[Obj]:
        """Return the slices of a Service, by name."""
        pieces = self._slices_of.get(key, {})
        return [pieces[name] for name in sorted(pieces)]

    def _on_service(self, _kind: Any, _old: Obj | None, new: Obj) -> None:
        self._tell(key_of(new))

    def _on_slice(self, kind: Any, old: Obj | None, new: Obj) -> None:
        name = key_of(new)
        before = service_key_of(old) if old else None
        after = service_key_of(new)
        if before and before != after:
            self._forget(before, name)
            self._tell(before)
        if after is None:
            return
        if kind == "DELETED":
            self._forget(after, name)
        else:
            self._slices_of.setdefault(after, {})[name] = new
        self._tell(after)

    def _forget(self, service: str, name: str) -> None:
        pieces = self._slices_of.get(service, {})
        pieces.pop(name, None)
        if not pieces:
            self._slices_of.pop(service, None)

    def _tell(self, key: str) -> None:
        for listener in self._listeners:
            listener(key)
