"""Which groups and versions another server answers for, in each logical cluster."""

from __future__ import annotations

from collections.abc import Callable

from bouvier.apiserver import codec
from bouvier.apiserver.cache.hub import CacheHub, StoreKey
from bouvier.apiserver.request import Target
from bouvier.meta.objects import Obj

GROUP, PLURAL = "apiregistration.k8s.io", "apiservices"
_OPENAPI = "/openapi/v3/apis/"


class RemoteApis:
    """The APIServices that have a Service."""

    def __init__(self, hub: CacheHub) -> None:
        self._known: dict[tuple[str, str, str], Obj] = {}
        self._changed: list[Callable[[str], None]] = []
        hub.listen(GROUP, PLURAL, self._observe)

    def on_change(self, told: Callable[[str], None]) -> None:
        """Call a function with the name of a cluster whenever its APIServices change."""
        self._changed.append(told)

    def _observe(self, key: StoreKey, value: bytes | None) -> None:
        version, _, group = key.name.partition(".")
        place = (key.cluster, group, version)
        obj = None if value is None else codec.decode(value)
        if obj is None or not obj["spec"].get("service"):
            self._known.pop(place, None)
        else:
            self._known[place] = obj
        for told in self._changed:
            told(key.cluster)

    def of(self, cluster: str) -> dict[tuple[str, str], Obj]:
        """Return the APIServices of a cluster by group and version."""
        return {(group, version): obj for (owner, group, version), obj in self._known.items() if owner == cluster}

    def clusters(self) -> set[str]:
        """Return the clusters that have any."""
        return {cluster for cluster, _, _ in self._known}

    def find(self, cluster: str, target: Target) -> Obj | None:
        """Return the APIService that answers for a resource, None when this server does."""
        return self._known.get((cluster, target.group, target.version)) if self._known else None

    def find_document(self, cluster: str, path: str) -> Obj | None:
        """Return the APIService whose OpenAPI document a path names."""
        if not self._known or not path.startswith(_OPENAPI):
            return None
        group, _, version = path.removeprefix(_OPENAPI).partition("/")
        return self._known.get((cluster, group, version))
