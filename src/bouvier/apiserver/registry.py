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
        self._generation = 0

    def find(self, cluster: str, group: str, version: str, plural: str) -> Kind | None:
        """Return the kind served at a URL, if there is one."""
        key = (group, version, plural)
        kind = self._builtin.get(key)
        return kind if kind is not None else self._custom.get(cluster, {}).get(key)

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

    def replace_custom(self, cluster: str, group: str, plural: str, kinds: Iterable[Kind]) -> None:
        """Serve these versions of one custom resource, instead of those before."""
        own = self._custom.setdefault(cluster, {})
        for key in [k for k in own if k[0] == group and k[2] == plural]:
            del own[key]
        for kind in kinds:
            own[group, kind.resource.version, plural] = kind
        self._generation += 1
