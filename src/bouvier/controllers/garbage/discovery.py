"""Which resources the API serves at this moment; definitions of custom resources come and go.

Source: https://kubernetes.io/docs/concepts/overview/kubernetes-api/#aggregated-discovery
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from bouvier.client.http.messages import decode
from bouvier.client.rest import Client
from bouvier.meta.gvk import Resource

AGGREGATED = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"


class Served(NamedTuple):
    """A resource and what can be done with it."""

    resource: Resource
    verbs: frozenset[str]


def parse(document: dict[str, Any]) -> list[Served]:
    """Return the resources of an APIGroupDiscoveryList, for each group its preferred version first."""
    return [
        Served(_resource(group, version, entry), frozenset(entry.get("verbs") or ()))
        for group in document.get("items") or ()
        for version in group.get("versions") or ()
        for entry in version.get("resources") or ()
    ]


def _resource(group: dict[str, Any], version: dict[str, Any], entry: dict[str, Any]) -> Resource:
    name = group["metadata"].get("name") or ""
    kind = (entry.get("responseKind") or {}).get("kind") or ""
    return Resource(name, version["version"], entry["resource"], kind, entry.get("scope") == "Namespaced")


def preferred(served: Iterable[Served]) -> list[Served]:
    """Return each resource in one version only, the first that has it."""
    first: dict[str, Served] = {}
    for each in served:
        first.setdefault(each.resource.group_resource, each)
    return list(first.values())


class Discovery:
    """The last known answer, renewed on demand."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self.served: list[Served] = []
        self._kinds: dict[tuple[str, str], Resource] = {}

    async def refresh(self) -> list[Served]:
        """Ask the server again."""
        served = []
        for path in ("/api", "/apis"):
            served += parse(decode(await self._client.raw("GET", path, accept=AGGREGATED)))
        self.served = served
        self._kinds = {(s.resource.api_version, s.resource.kind): s.resource for s in reversed(served)}
        return served

    def find(self, api_version: str, kind: str) -> Resource | None:
        """Return the resource of a kind, None if it was not served when last asked."""
        return self._kinds.get((api_version, kind))
