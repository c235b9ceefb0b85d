"""How many pods a controller wants: its `spec.replicas`, or what its `scale` subresource says.

A ReplicaSet of a Deployment counts as its Deployment, whose number stays while an update shifts pods between sets.
"""

from __future__ import annotations

from typing import NamedTuple

from bouvier.client.informer import Informer, InformerSet
from bouvier.client.rest import Client
from bouvier.controllers.disruption.plan import same_uid
from bouvier.controllers.garbage.discovery import Discovery
from bouvier.controllers.runtime.caches import owned
from bouvier.meta.errors import ApiError
from bouvier.meta.gvk import Resource
from bouvier.meta.objects import Obj, controller_of
from bouvier.meta.resources import DEPLOYMENTS, REPLICASETS, REPLICATIONCONTROLLERS, STATEFULSETS

KNOWN = (DEPLOYMENTS, REPLICASETS, REPLICATIONCONTROLLERS, STATEFULSETS)


class Scale(NamedTuple):
    """What one controller wants."""

    uid: str
    """Of the controller that decides about the number: two ReplicaSets of one Deployment have the same."""
    replicas: int


class Scales:
    """Looks up scales, in caches where there are any."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._discovery = Discovery(client)
        self._caches: dict[tuple[str, str], Informer] = {}

    def register(self, informers: InformerSet) -> dict[Resource, Informer]:
        """Take the caches; return them, so that changes of the numbers can be followed."""
        made = {resource: owned(informers, resource) for resource in KNOWN}
        self._caches = {(resource.api_version, resource.kind): cache for resource, cache in made.items()}
        return made

    async def find(self, namespace: str, reference: Obj) -> Scale | None:
        """Return what the controller of a reference wants; None if it is gone.

        Raises:
            ApiError: it has no scale, or the lookup was refused.
        """
        cache = self._caches.get((reference["apiVersion"], reference["kind"]))
        if cache is None:
            return await self._ask(namespace, reference)
        owner = cache.get(f"{namespace}/{reference['name']}")
        if owner is None or not same_uid(owner, reference):
            return None
        above = controller_of(owner)
        if above is not None and above["kind"] == DEPLOYMENTS.kind:
            return await self.find(namespace, above)
        replicas = owner["spec"].get("replicas")
        return Scale(str(reference["uid"]), 1 if replicas is None else int(replicas))

    async def _ask(self, namespace: str, reference: Obj) -> Scale | None:
        resource = self._discovery.find(reference["apiVersion"], reference["kind"])
        if resource is None:
            await self._discovery.refresh()
            resource = self._discovery.find(reference["apiVersion"], reference["kind"])
        if resource is None:
            raise ApiError("NotFound", f"no kind {reference['kind']} in {reference['apiVersion']} is served")
        path = resource.path(namespace, reference["name"], "scale")
        try:
            scale = await self._client.request("GET", path)
        except ApiError as error:
            if error.reason in ("NotFound", "MethodNotAllowed") and not error.details.get("name"):
                message = f"{resource.group_resource} does not implement the scale subresource"
                raise ApiError("NotFound", message) from None
            if error.reason == "NotFound":
                return None
            raise
        same = (scale["metadata"].get("uid") or reference["uid"]) == reference["uid"]
        return Scale(str(reference["uid"]), int(scale["spec"].get("replicas") or 0)) if same else None
