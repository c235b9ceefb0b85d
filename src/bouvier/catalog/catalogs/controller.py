"""Keeps the entries of each Catalog as its source has them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from bouvier.catalog.catalogs.builtin import offer_builtin
from bouvier.catalog.catalogs.plan import changes
from bouvier.catalog.entries import CatalogError
from bouvier.catalog.entryobjects import CATALOG_LABEL, entry_object
from bouvier.catalog.releases.names import REFRESH
from bouvier.catalog.sources.library import Contents, Library
from bouvier.client import Client
from bouvier.client.events import Recorder
from bouvier.client.informer import Informer, InformerSet
from bouvier.client.workqueue import WorkQueue
from bouvier.controllers.runtime.conditions import put
from bouvier.controllers.runtime.controller import Again
from bouvier.kinds.catalog_v1 import catalogentries, catalogs
from bouvier.meta.errors import ApiError
from bouvier.meta.gvk import Resource
from bouvier.meta.objects import Obj, annotations_of, is_deleting, key_of, labels_of, name_of
from bouvier.util.clock import now_text

REFRESH_SECONDS = 3600.0
RETRY_SECONDS = 60.0
"""After a source could not be read."""
MOST_PROBLEMS = 50


class CatalogController:
    """Reads sources and writes CatalogEntries."""

    name = "catalogs"
    workers = 2
    reads: tuple[Resource, ...] = (catalogs.RESOURCE, catalogentries.RESOURCE)
    writes: tuple[Resource, ...] = (catalogs.RESOURCE, catalogentries.RESOURCE)

    def __init__(self, client: Client, recorder: Recorder, library: Library) -> None:
        self._client, self._recorder, self._library = client, recorder, library

    def register(self, informers: InformerSet, queue: WorkQueue) -> None:
        """Watch catalogs; entries that somebody changes are put right at the next refresh."""
        self._catalogs: Informer = informers.informer(catalogs.RESOURCE)
        self._entries: Informer = informers.informer(catalogentries.RESOURCE)

        def changed(_type: str, old: Obj | None, new: Obj) -> None:
            if old is None or _wish(old) != _wish(new):
                queue.add(key_of(new))

        self._catalogs.add_handler(changed)

    async def run(self) -> None:
        """Make the built-in catalog once in the life of a platform: whoever removes it is not contradicted."""
        await offer_builtin(self._client)

    async def reconcile(self, key: str) -> Again | None:
        """Fetch a catalog and bring its entries up to date."""
        catalog = self._catalogs.get(key)
        if catalog is None or is_deleting(catalog):
            return None
        spec = catalog["spec"]
        try:
            contents = await self._library.refresh(key, spec["source"])
        except CatalogError as error:
            self._recorder.event(catalog, "Warning", "NotRead", str(error))
            await self._report(catalog, None, str(error))
            return Again(RETRY_SECONDS)
        await self._write(catalog, contents)
        await self._report(catalog, contents, "")
        return Again(spec.get("refreshSeconds") or REFRESH_SECONDS)

    async def _write(self, catalog: Obj, contents: Contents) -> None:
        name = name_of(catalog)
        wanted = [entry_object(catalog, entry) for entry in contents.entries]
        present = [entry for entry in self._entries.items() if labels_of(entry).get(CATALOG_LABEL) == name]
        for action, obj in changes(present, wanted):
            try:
                await self._perform(action, obj)
            except ApiError as error:
                if error.reason in ("Invalid", "RequestEntityTooLarge"):
                    contents.problems.append(f"{obj['spec']['name']}: {error.message}")
                elif not (action == "delete" and error.reason == "NotFound"):
                    raise

    async def _perform(self, action: str, obj: Obj) -> None:
        if action == "create":
            await self._client.create(catalogentries.RESOURCE, obj)
        elif action == "update":
            await self._client.update(catalogentries.RESOURCE, obj)
        else:
            await self._client.delete(catalogentries.RESOURCE, name_of(obj))

    async def _report(self, catalog: Obj, contents: Contents | None, failure: str) -> None:
        generation = catalog["metadata"].get("generation", 0)
        status: dict[str, Any] = {"observedGeneration": generation, "mark": annotations_of(catalog).get(REFRESH, "")}
        condition = {
            "type": "Ready",
            "status": "False",
            "reason": "NotRead",
            "message": failure + _still_there(catalog),
        }
        if contents is not None:
            status |= {"layout": contents.layout, "commit": contents.commit, "entries": len(contents.entries)}
            status["refreshed"] = now_text()
            status["problems"] = contents.problems[:MOST_PROBLEMS]
            message = f"{len(contents.entries)} entries"
            condition = {"type": "Ready", "status": "True", "reason": "Read", "message": message}
        old = (catalog.get("status") or {}).get("conditions") or []
        status["conditions"] = put(old, condition | {"observedGeneration": generation}, datetime.now(UTC))
        await self._client.patch(catalogs.RESOURCE, name_of(catalog), {"status": status}, subresource="status")


def _still_there(catalog: Obj) -> str:
    """Return what is left of a catalog that could be read before."""
    status = catalog.get("status") or {}
    if not status.get("entries"):
        return ""
    return f"; its {status['entries']} entries are as of {status.get('refreshed', 'before')} and can still be installed"


def _wish(catalog: Obj) -> tuple[Any, ...]:
    return (catalog["metadata"].get("generation"), annotations_of(catalog).get(REFRESH))
