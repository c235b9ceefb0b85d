"""Writes every object of a resource anew, so that all are stored in the present version.

Each object is patched with nothing but the identity and revision under which it was listed: the API server then stores
it in the version that it stores today. An object that somebody else has written meanwhile needs no more; one whose
stored form is the present one already is left alone by the server. After a crash the whole list is gone through again,
which changes nothing that was done before.

Source: KEP 4192, https://kubernetes.io/docs/tasks/manage-kubernetes-objects/storage-version-migration/
"""

from __future__ import annotations

from bouvier.client.informer import Informer, InformerSet
from bouvier.client.rest import Client
from bouvier.client.workqueue import WorkQueue
from bouvier.controllers.garbage.discovery import Discovery
from bouvier.controllers.migrations.plan import found, has_ended, named, reported
from bouvier.controllers.runtime.controller import Again
from bouvier.kinds.storagemigration_v1.storageversionmigrations import FAILED, RUNNING, SUCCEEDED
from bouvier.meta.errors import ApiError
from bouvier.meta.gvk import Resource
from bouvier.meta.objects import Obj, is_deleting, key_of, name_of, namespace_of, uid_of
from bouvier.meta.resources import STORAGEVERSIONMIGRATIONS
from bouvier.util.clock import now_text

SETTLED = frozenset({"NotFound", "Conflict"})
"""Refusals that mean that the object is gone or was written by somebody else."""


class MigrationController:
    """Carries out StorageVersionMigrations, one after the other."""

    name = "storage-version-migrator"
    workers = 1
    reads = (STORAGEVERSIONMIGRATIONS,)
    writes = (STORAGEVERSIONMIGRATIONS,)

    def __init__(self, client: Client) -> None:
        self._client = client
        self._discovery = Discovery(client)

    def register(self, informers: InformerSet, queue: WorkQueue) -> None:
        """Watch the orders."""
        self._migrations: Informer = informers.informer(STORAGEVERSIONMIGRATIONS)
        self._migrations.add_handler(lambda _event, _old, new: queue.add(key_of(new)))

    async def reconcile(self, key: str) -> Again | None:
        """Begin, go through all objects, and say how it ended."""
        migration = self._migrations.get(key)
        if migration is None or is_deleting(migration) or has_ended(migration):
            return None
        served = found(await self._discovery.refresh(), *named(migration))
        if served is None:
            group, plural = named(migration)
            resource = f"{plural}.{group}" if group else plural
            await self._report(migration, FAILED, f"resource {resource} is not served, or cannot be written")
            return None
        objects = await self._client.list_all(served.resource)
        migration = await self._report(migration, RUNNING, revision=objects.resource_version)
        failure = await self._rewrite_all(served.resource, objects.items)
        await self._report(migration, FAILED if failure else SUCCEEDED, failure)
        return None

    async def _rewrite_all(self, resource: Resource, objects: list[Obj]) -> str:
        """Write the objects anew; return why one of them could not be."""
        for obj in objects:
            failure = await self._rewrite(resource, obj)
            if failure:
                return failure
        return ""

    async def _rewrite(self, resource: Resource, obj: Obj) -> str:
        seen = {"uid": uid_of(obj), "resourceVersion": obj["metadata"]["resourceVersion"]}
        namespace, name = namespace_of(obj), name_of(obj)
        try:
            await self._client.patch(resource, name, {"metadata": seen}, namespace=namespace)
        except ApiError as error:
            if error.reason in SETTLED:
                return ""
            if error.code >= 500 or error.reason == "TooManyRequests":
                raise
            return f"{namespace}/{name}: {error.message}" if namespace else f"{name}: {error.message}"
        return ""

    async def _report(self, migration: Obj, condition: str, message: str = "", *, revision: str = "") -> Obj:
        known = (migration.get("status") or {}).get("resourceVersion")
        status = reported(migration, condition, now_text(), message=message, revision="" if known else revision)
        return await self._client.update(
            STORAGEVERSIONMIGRATIONS, {**migration, "status": status}, subresource="status"
        )
