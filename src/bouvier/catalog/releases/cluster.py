"""The API as releases use it: any kind, applied, deleted, looked up; and what charts may know of it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

from bouvier.catalog.helm.capabilities import Capabilities
from bouvier.catalog.releases.names import MANAGER
from bouvier.catalog.releases.plan import Refused
from bouvier.client import Client
from bouvier.client.rest import APPLY
from bouvier.controllers.garbage.discovery import Discovery
from bouvier.meta.errors import ApiError
from bouvier.meta.gvk import Resource
from bouvier.meta.objects import Obj, name_of, namespace_of

TOKEN_SECONDS = 3600
TRY = {"dryRun": "All", "fieldValidation": "Strict"}
"""Unknown fields are misspellings: a server that drops them would make something else than the chart says."""
FINAL_REASONS = frozenset(
    {"Invalid", "BadRequest", "Forbidden", "MethodNotAllowed", "AlreadyExists", "RequestEntityTooLarge"}
)
"""Refusals of the API that trying again at once cannot change."""


class Cluster:
    """One logical cluster seen with somebody's rights."""

    def __init__(self, client: Client, discovery: Discovery) -> None:
        self.client = client
        self._discovery = discovery

    async def resource(self, api_version: str, kind: str) -> Resource | None:
        """Return the resource of a kind, None when the API does not serve it."""
        found = self._discovery.find(api_version, kind)
        if found is None:
            await self._discovery.refresh()
            found = self._discovery.find(api_version, kind)
        return found

    async def resource_of(self, obj: Obj) -> Resource:
        """Return the resource of an object.

        Raises:
            Refused: the API does not serve its kind.
        """
        found = await self.resource(obj["apiVersion"], obj["kind"])
        if found is None:
            raise Refused(
                "UnknownKind",
                [f"{obj['kind']} {name_of(obj)}: the API does not serve {obj['apiVersion']} {obj['kind']}"],
            )
        return found

    async def placed(self, obj: Obj, namespace: str, coming: Mapping[tuple[str, str], bool]) -> Obj:
        """Return an object with the namespace that it belongs to; `coming` tells scopes of kinds not served yet.

        Raises:
            Refused: the API does not serve its kind.
        """
        is_namespaced = coming.get((obj["apiVersion"], obj["kind"]))
        if is_namespaced is None:
            is_namespaced = (await self.resource_of(obj)).namespaced
        metadata = dict(obj["metadata"])
        if is_namespaced:
            metadata["namespace"] = metadata.get("namespace") or namespace
        else:
            metadata.pop("namespace", None)
        return {**obj, "metadata": metadata}

    async def find(self, obj: Obj) -> Obj | None:
        """Return the object as it is at this moment, None when there is none."""
        resource = await self.resource(obj["apiVersion"], obj["kind"])
        if resource is None:
            return None
        try:
            return await self.client.get(resource, name_of(obj), namespace_of(obj))
        except ApiError as error:
            if error.reason == "NotFound":
                return None
            raise

    async def apply(self, obj: Obj, *, dry_run: bool = False) -> Obj:
        """Apply an object on the server's side; what others wrote of it and it does not name is left alone.

        A dry run refuses fields that its kind does not have.
        """
        resource = await self.resource_of(obj)
        query = {"fieldManager": MANAGER, "force": "true"} | (TRY if dry_run else {})
        path = resource.path(namespace_of(obj), name_of(obj))
        return await self.client.request("PATCH", path, query=query, body=obj, content_type=APPLY)

    async def delete(self, obj: Obj, *, with_dependents: bool = False) -> bool:
        """Delete an object; return whether it was there. With its dependents it goes only when they are gone."""
        resource = await self.resource(obj["apiVersion"], obj["kind"])
        if resource is None:
            return False
        try:
            await self.client.delete(
                resource, name_of(obj), namespace_of(obj), propagation="Foreground" if with_dependents else "Background"
            )
        except ApiError as error:
            if error.reason == "NotFound":
                return False
            raise
        return True

    async def capabilities(self) -> Capabilities:
        """Return the API's version and what it serves, for charts."""
        served = await self._discovery.refresh()
        names = {each.resource.api_version for each in served}
        names |= {f"{each.resource.api_version}/{each.resource.kind}" for each in served}
        version = await self.client.request("GET", "/version")
        return Capabilities(str(version.get("gitVersion") or "v1.37.0"), sorted(names))

    async def lookup(self, api_version: str, kind: str, namespace: str, name: str) -> dict[str, Any]:
        """Answer a template's `lookup`: an object, a list without a name, nothing when there is none."""
        resource = await self.resource(api_version, kind)
        if resource is None:
            return {}
        if name:
            target = {"apiVersion": api_version, "kind": kind, "metadata": {"name": name, "namespace": namespace}}
            return await self.find(target) or {}
        found = await self.client.list_all(resource, namespace)
        return {"apiVersion": api_version, "kind": f"{kind}List", "items": found.items}


def scopes_of(objects: Iterable[Obj]) -> dict[tuple[str, str], bool]:
    """Return the kinds that definitions among the objects bring, and whether they are namespaced."""
    scopes = {}
    for obj in objects:
        if obj["kind"] != "CustomResourceDefinition":
            continue
        spec = obj.get("spec") or {}
        for version in spec.get("versions") or ():
            key = (f"{spec.get('group')}/{version.get('name')}", (spec.get("names") or {}).get("kind", ""))
            scopes[key] = spec.get("scope") == "Namespaced"
    return scopes


@asynccontextmanager
async def acting_as(client: Client, discovery: Discovery, namespace: str, account: str) -> AsyncIterator[Cluster]:
    """Open the cluster with the rights of a service account; without one with the client's own.

    Raises:
        Refused: there is no such account.
    """
    if not account:
        yield Cluster(client, discovery)
        return
    path = f"/api/v1/namespaces/{namespace}/serviceaccounts/{account}/token"
    body = {
        "apiVersion": "authentication.k8s.io/v1",
        "kind": "TokenRequest",
        "spec": {"expirationSeconds": TOKEN_SECONDS},
    }
    try:
        token = (await client.request("POST", path, body=body))["status"]["token"]
    except ApiError as error:
        raise Refused("NoServiceAccount", [f"serviceAccountName: {error.message}"]) from None
    endpoint = replace(client.endpoint, token=token, cert_file="", key_file="", cert_pem="", key_pem="")
    other = Client.connect(endpoint, user_agent=MANAGER)
    try:
        yield Cluster(other, discovery)
    finally:
        await other.close()
