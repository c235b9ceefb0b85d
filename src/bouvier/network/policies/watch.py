"""NetworkPolicies, and the pods and namespaces that they speak of.

Pods of the whole cluster are followed only while there is a policy: a host needs to know of the pods of others for this
alone, and may list them only then.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

from bouvier.meta.objects import Obj, key_of, labels_of
from bouvier.meta.resources import NAMESPACES, NETWORKPOLICIES, PODS
from bouvier.network.informers import Informer, Informers
from bouvier.network.policies.views import PodView, labels_by_namespace, view_of


class PolicyWatch:
    """The present policies, pods and namespaces."""

    def __init__(self, informers: Informers, changed: Callable[[], None]) -> None:
        """Call `changed` whenever rules may have to change."""
        self._informers = informers
        self._changed = changed
        self._views: dict[str, PodView] = {}
        self._pods: Informer | None = None
        self._namespaces: Informer | None = None
        self._policies = informers.informer(NETWORKPOLICIES)
        self._policies.add_handler(self._on_policy)

    async def synced(self) -> None:
        """Return when the policies have been listed."""
        await self._policies.synced.wait()

    @property
    def is_synced(self) -> bool:
        """Tell whether the policies have been listed."""
        return self._policies.synced.is_set()

    def policies(self) -> list[Obj]:
        """Return all policies."""
        return self._policies.items()

    async def follow(self, seconds: float) -> None:
        """Follow pods and namespaces from now on; return when they have been listed.

        Raises:
            TimeoutError: they could not be listed in time; they are followed all the same.
        """
        if self._namespaces is None:
            self._namespaces = self._informers.informer(NAMESPACES)
            self._namespaces.add_handler(self._on_namespace)
        if self._pods is None:
            self._pods = self._informers.informer(PODS)
            self._pods.add_handler(self._on_pod)
        async with asyncio.timeout(seconds):
            await self._pods.synced.wait()
            await self._namespaces.synced.wait()

    def leave(self) -> None:
        """Follow pods no longer."""
        if self._pods is not None:
            self._informers.forget(self._pods)
        self._pods = None
        self._views.clear()

    def views(self) -> list[PodView]:
        """Return all pods as policies see them."""
        return list(self._views.values())

    def namespaces(self) -> dict[str, Mapping[str, str]]:
        """Return the labels of each namespace."""
        return labels_by_namespace(self._namespaces.items() if self._namespaces else ())

    def _on_policy(self, kind: Any, old: Obj | None, new: Obj) -> None:
        if kind == "DELETED" or old is None or old.get("spec") != new.get("spec"):
            self._changed()

    def _on_namespace(self, kind: Any, old: Obj | None, new: Obj) -> None:
        if kind == "DELETED" or old is None or labels_of(old) != labels_of(new):
            self._changed()

    def _on_pod(self, kind: Any, _old: Obj | None, new: Obj) -> None:
        if self._pods is None:
            return
        key = key_of(new)
        view = None if kind == "DELETED" else view_of(new)
        if self._views.get(key) == view:
            return
        if view is None:
            del self._views[key]
        else:
            self._views[key] = view
        self._changed()
