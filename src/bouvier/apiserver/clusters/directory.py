"""Which logical clusters are served: `local` and those whose Cluster object stands in `local`.

A request for any other name is answered by 404 before anything is looked up, so a cluster that was removed, or never
was, cannot be read or written. A new cluster is served once it holds its namespaces and roles.
"""

from __future__ import annotations

import base64
from collections.abc import Awaitable, Callable

from bouvier.apiserver import codec
from bouvier.apiserver.cache.hub import CacheHub, StoreKey
from bouvier.apiserver.request import Answer, Request
from bouvier.meta.errors import ApiError, not_found
from bouvier.meta.objects import Obj, is_deleting

GROUP, PLURAL = "clusters.bouvier.io", "clusters"
LOCAL = "local"
PROXIED = "kubernetes"
"""The driver whose clusters are not stored here: every request is passed on."""

Proxy = Callable[[Request, Obj], Awaitable[Answer]]
"""Passes a request on to the API that a Cluster object names."""


class ClusterDirectory:
    """Knows every Cluster object."""

    def __init__(self, hub: CacheHub) -> None:
        self._hub = hub
        self._clusters: dict[str, Obj] = {}
        self._filled = {LOCAL}
        self._listeners: list[Callable[[str, Obj | None], None]] = []
        self.proxy: Proxy | None = None
        """Set by the wiring."""
        hub.listen(GROUP, PLURAL, self._observe)

    def on_change(self, listener: Callable[[str, Obj | None], None]) -> None:
        """Call a function with the name and the new state (None when it is gone) of every cluster that changes."""
        self._listeners.append(listener)

    def _observe(self, key: StoreKey, value: bytes | None) -> None:
        if key.cluster != LOCAL:
            return
        cluster = None if value is None else codec.decode(value)
        if cluster is None:
            self._clusters.pop(key.name, None)
            self._filled.discard(key.name)
        else:
            self._clusters[key.name] = cluster
        for listener in self._listeners:
            listener(key.name, cluster)

    def names(self) -> list[str]:
        """Return the clusters that are served, by name."""
        return sorted({LOCAL, *(name for name, cluster in self._clusters.items() if not is_deleting(cluster))})

    def get(self, name: str) -> Obj | None:
        """Return a Cluster object."""
        return self._clusters.get(name)

    def uid_of(self, name: str) -> str:
        """Return what tells a cluster from others that bore or will bear its name; empty when there is none."""
        cluster = self._clusters.get(name)
        return "" if cluster is None else str(cluster["metadata"]["uid"])

    def all(self) -> list[Obj]:
        """Return every Cluster object, those that are being removed among them."""
        return list(self._clusters.values())

    def mark_filled(self, name: str) -> None:
        """Note that a cluster holds all that it starts with."""
        self._filled.add(name)

    def is_proxied(self, name: str) -> bool:
        """Tell whether requests for a cluster are passed on."""
        cluster = self._clusters.get(name)
        return cluster is not None and cluster["spec"].get("driver") == PROXIED

    def check(self, name: str) -> Obj | None:
        """Return the Cluster object of a name in a request's path; None for `local`.

        Raises:
            ApiError: NotFound for a cluster that does not exist, ServiceUnavailable for one that is just being made.

        """
        if name == LOCAL:
            return None
        cluster = self._clusters.get(name)
        if cluster is None or is_deleting(cluster):
            raise not_found(f"{PLURAL}.{GROUP}", name)
        if name not in self._filled and not self.is_proxied(name):
            raise ApiError(
                "ServiceUnavailable", f'cluster "{name}" is being prepared: try again', retry_after_seconds=1
            )
        return cluster

    def kubeconfig(self, cluster: Obj) -> str:
        """Return the kubeconfig that a proxied cluster names.

        Raises:
            ApiError: ServiceUnavailable when the Secret or its key is missing.

        """
        return kubeconfig_of(self._hub, cluster)


def kubeconfig_of(hub: CacheHub, cluster: Obj) -> str:
    """Return the text under `kubeconfig` in the Secret that a Cluster object names."""
    named = (cluster["spec"].get("kubernetes") or {}).get("kubeconfigSecret") or {}
    key = f"{named.get('namespace') or 'kube-system'}/{named.get('name', '')}"
    entry = hub.resource(LOCAL, "", "secrets").entries.get(key)
    text = "" if entry is None else (entry.decode().get("data") or {}).get("kubeconfig", "")
    if not text:
        raise ApiError(
            "ServiceUnavailable",
            f'cluster "{cluster["metadata"]["name"]}": Secret {key} with the key kubeconfig is missing: '
            "add the cluster again with `bouvier cluster add kubernetes`",
        )
    return base64.b64decode(text).decode()
