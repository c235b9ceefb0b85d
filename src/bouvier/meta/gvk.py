"""Names of kinds and resources, and the URL paths that they make."""

from typing import NamedTuple


class Resource(NamedTuple):
    """A served resource of one group and version."""

    group: str
    """API group; empty for the core group."""
    version: str
    plural: str
    kind: str
    namespaced: bool = True

    @property
    def api_version(self) -> str:
        """Return `v1` or `group/version`, as written in an object."""
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def group_resource(self) -> str:
        """Return `plural` or `plural.group`, as written in messages."""
        return f"{self.plural}.{self.group}" if self.group else self.plural

    def path(self, namespace: str = "", name: str = "", subresource: str = "") -> str:
        """Return the URL path of the collection, object or subresource, without a cluster prefix."""
        parts = ["/apis/" + self.group if self.group else "/api", self.version]
        if namespace and self.namespaced:
            parts += ["namespaces", namespace]
        parts.append(self.plural)
        if name:
            parts.append(name)
        if subresource:
            parts.append(subresource)
        return "/".join(parts)


def split_api_version(api_version: str) -> tuple[str, str]:
    """Return `(group, version)` of an `apiVersion` value."""
    group, slash, version = api_version.partition("/")
    return (group, version) if slash else ("", group)
