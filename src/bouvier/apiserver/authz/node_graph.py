"""Which objects the pods of a host need, kept from the stream of changes.

A pod's references hardly ever change, so a pod is decoded once, when it is bound, and not at each of its reports; those
with resource claims or ephemeral containers are looked at again.
"""

from __future__ import annotations

from bouvier.apiserver import codec
from bouvier.apiserver.authz.pod_references import Reference, references
from bouvier.apiserver.cache.hub import CacheHub, StoreKey

_MAY_GROW = (b'"resourceClaims"', b'"ephemeralContainers"')
_Placed = tuple[str, frozenset[Reference]]


class NodeGraph:
    """References of the pods that are bound, by host."""

    def __init__(self, hub: CacheHub) -> None:
        self._placed: dict[tuple[str, str], str] = {}
        """Host by cluster and pod."""
        self._hosts: dict[tuple[str, str], dict[str, frozenset[Reference]]] = {}
        """References by pod, of each cluster and host."""
        hub.listen("", "pods", self._observe)

    def _observe(self, key: StoreKey, value: bytes | None) -> None:
        pod = f"{key.namespace}/{key.name}"
        host = self._placed.get((key.cluster, pod))
        if value is None:
            if host is not None:
                del self._placed[key.cluster, pod]
                self._hosts[key.cluster, host].pop(pod, None)
            return
        if host is not None and not any(mark in value for mark in _MAY_GROW):
            return
        if b'"nodeName"' in value:
            self._place(key.cluster, pod, value)

    def _place(self, cluster: str, pod: str, value: bytes) -> None:
        obj = codec.decode(value)
        host = (obj.get("spec") or {}).get("nodeName") or ""
        if host:
            self._placed[cluster, pod] = host
            self._hosts.setdefault((cluster, host), {})[pod] = references(obj)

    def pods(self, cluster: str, host: str) -> dict[str, frozenset[Reference]]:
        """Return the references of the pods that are bound to a host, by `namespace/name`."""
        return self._hosts.get((cluster, host), {})

    def needs(self, cluster: str, host: str, wanted: Reference) -> bool:
        """Tell whether a pod of the host names the object."""
        return any(wanted in named for named in self.pods(cluster, host).values())

    def claims(self, cluster: str, host: str) -> set[Reference]:
        """Return the volume claims of a host's pods."""
        found = self.pods(cluster, host).values()
        return {each for named in found for each in named if each.plural == "persistentvolumeclaims"}
