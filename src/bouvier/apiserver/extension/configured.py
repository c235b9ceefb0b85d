"""What is configured in each logical cluster, kept compiled and up to date."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from bouvier.apiserver import codec
from bouvier.apiserver.cache.hub import CacheHub, StoreKey
from bouvier.meta.objects import Obj

GROUP = "admissionregistration.k8s.io"
T = TypeVar("T")


class Configured(Generic[T]):
    """The objects of some resources of that group, compiled together when they are next asked for."""

    def __init__(
        self, hub: CacheHub, plurals: Sequence[str], compile_all: Callable[..., list[T]], group: str = GROUP
    ) -> None:
        self._plurals = tuple(plurals)
        self._compile = compile_all
        self._objects: dict[str, dict[str, dict[str, Obj]]] = {}
        self._compiled: dict[str, list[T]] = {}
        for plural in plurals:
            hub.listen(group, plural, self._observe)

    def of(self, cluster: str) -> list[T]:
        """Return what is configured in a cluster, in order of names."""
        if not self._objects:
            return []
        found = self._compiled.get(cluster)
        if found is None:
            kept = self._objects.get(cluster, {})
            lists = [
                [objects[name] for name in sorted(objects)] for objects in (kept.get(p, {}) for p in self._plurals)
            ]
            found = self._compiled[cluster] = self._compile(*lists)
        return found

    def _observe(self, key: StoreKey, value: bytes | None) -> None:
        of_plural = self._objects.setdefault(key.cluster, {}).setdefault(key.plural, {})
        if value is None:
            of_plural.pop(key.name, None)
        else:
            of_plural[key.name] = codec.decode(value)
        self._compiled.pop(key.cluster, None)
