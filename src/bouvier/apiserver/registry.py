"""Which kinds are served: the built-in ones everywhere, and each logical cluster's own custom ones."""

from __future__ import annotations

from collections.abc import Iterable

from bouvier.kinds.kind import Kind

KindKey = tuple[str, str, str]
"""Group, version, plural."""


class KindRegistry:
    """Looks kinds up by what a URL names."""

    def __init__(self, builtin: dict[KindKey, Kind]) -> None:
        self._builtin = builtin
        self._custom: dict[str, dict[KindKey, Kind]] = {}
        self._storage: dict[tuple[str, str, str], Kind] = {}
        """Storage versions of custom resources by cluster, group and plural, served or not."""
        self._generation = 0

    def find(self, cluster: str, group: str, version: str, plural: str) -> Kind | None:
        """Return the kind served at a URL, if there is one."""
        key = (group, version, plural)
        kind = self._builtin.get(key)
        return kind if kind is not None else self._custom.get(cluster, {}).get(key)

    def stored_as(self, cluster: str, kind: Kind) -> Kind:
        """Return the version of a kind under which its objects are stored."""
        if kind.stored_in is not None:
            return self._builtin[kind.stored_in]
        if not kind.storage_version:
            return kind
        resource = kind.resource
        stored = self.find(cluster, resource.group, kind.storage_version, resource.plural)
        return stored or self._hidden(cluster, kind)

    def _hidden(self, cluster: str, kind: Kind) -> Kind:
        """Return a storage version that is not served itself."""
        resource = kind.resource
        return self._storage[cluster, resource.group, resource.plural]

    def by_kind(self, cluster: str, group: str, version: str, name: str) -> Kind | None:
        """Return the kind with a CamelCase name, if it is served."""
        for kind in self.kinds(cluster):
            resource = kind.resource
            if resource.kind == name and resource.group == group and resource.version == version:
                return kind
        return None

    def kinds(self, cluster: str) -> list[Kind]:
        """Return every kind of a cluster, built-in ones first."""
        return [*self._builtin.values(), *self._custom.get(cluster, {}).values()]

    def generation(self, cluster: str) -> tuple[str, int]:
        """Return a value that changes whenever the kinds of a cluster may have changed."""
        return cluster, self._generation

    def replace_custom(
        self, cluster: str, group: str, plural: str, kinds: Iterable[Kind], stored: Kind | None = None
    ) -> None:
        """Serve these versions of one custom resource, instead of those before."""
        if stored is not None:
            self._storage[cluster, group, plural] = stored
        own = self._custom.setdefault(cluster, {})
        for key in [k for k in own if k[0] == group and k[2] == plural]:
            del own[key]
        for kind in kinds:
            own[group, kind.resource.version, plural] = kind
        self._generation += 1
