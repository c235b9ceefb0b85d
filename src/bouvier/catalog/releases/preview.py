"""Previews: what a release would do, written into the status of a ReleasePreview, which is removed after a while."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from bouvier.catalog.compose import ComposeRenderer
from bouvier.catalog.releases.cluster import acting_as
from bouvier.catalog.releases.differences import change_of, removal_of
from bouvier.catalog.releases.history import History
from bouvier.catalog.releases.making import Maker, Prepared
from bouvier.catalog.releases.packages import Packages
from bouvier.catalog.releases.plan import Refused, current, to_prune
from bouvier.catalog.releases.revisions import Revision
from bouvier.catalog.sources.library import Library
from bouvier.client import Client
from bouvier.client.informer import Informer, InformerSet
from bouvier.client.workqueue import WorkQueue
from bouvier.controllers.garbage.discovery import Discovery
from bouvier.controllers.runtime.controller import Again
from bouvier.kinds.catalog_v1 import catalogentries, catalogs, releasepreviews
from bouvier.meta.errors import ApiError
from bouvier.meta.gvk import Resource
from bouvier.meta.objects import Obj, key_of, name_of, namespace_of

KEPT = timedelta(minutes=10)


class PreviewController:
    """Answers ReleasePreviews."""

    name = "release-previews"
    workers = 2
    reads: tuple[Resource, ...] = (releasepreviews.RESOURCE, catalogs.RESOURCE, catalogentries.RESOURCE)
    writes: tuple[Resource, ...] = (releasepreviews.RESOURCE,)

    def __init__(self, client: Client, library: Library, renderer: ComposeRenderer) -> None:
        self._client, self._library, self._renderer = client, library, renderer
        self._discovery = Discovery(client)
        self._history = History(client)

    def register(self, informers: InformerSet, queue: WorkQueue) -> None:
        """Watch previews, and what packages come from."""
        self._previews: Informer = informers.informer(releasepreviews.RESOURCE)
        self._previews.add_handler(lambda _type, _old, new: queue.add(key_of(new)))
        known = informers.informer(catalogs.RESOURCE), informers.informer(catalogentries.RESOURCE)
        self._maker = Maker(Packages(self._library, known[0].get, known[1].get), self._renderer)

    async def reconcile(self, key: str) -> Again | None:
        """Answer a preview, or remove it when it is old."""
        preview = self._previews.get(key)
        if preview is None:
            return None
        created = datetime.fromisoformat(preview["metadata"]["creationTimestamp"])
        left = KEPT - (datetime.now(UTC) - created)
        if left <= timedelta(0):
            await self._remove(preview)
            return None
        generation = preview["metadata"].get("generation", 1)
        if (preview.get("status") or {}).get("observedGeneration") != generation:
            status = await self._answer(preview)
            body = {"status": status | {"observedGeneration": generation}}
            await self._client.patch(
                releasepreviews.RESOURCE, name_of(preview), body, namespace=namespace_of(preview), subresource="status"
            )
        return Again(left.total_seconds())

    async def _remove(self, preview: Obj) -> None:
        try:
            await self._client.delete(releasepreviews.RESOURCE, name_of(preview), namespace_of(preview))
        except ApiError as error:
            if error.reason != "NotFound":
                raise

    async def _answer(self, preview: Obj) -> dict[str, Any]:
        spec, namespace = preview["spec"], namespace_of(preview)
        name = spec["release"]
        revisions = await self._history.read(namespace, name)
        account = spec.get("serviceAccountName", "")
        try:
            async with acting_as(self._client, self._discovery, namespace, account) as cluster:
                prepared = await self._maker.make(cluster, namespace, name, spec, revisions)
        except Refused as refused:
            return {"phase": "Refused", "errors": refused.errors}
        return _described(prepared, revisions)


def _described(prepared: Prepared, revisions: list[Revision]) -> dict[str, Any]:
    revision, before = prepared.revision, current(revisions)
    hidden = {*revision.secrets, *(text for one in revisions for text in one.secrets)}
    changes = [change_of(one.obj, one.live, one.merged, hidden) for one in prepared.checked]
    changes += [removal_of(obj) for obj in to_prune(before.objects if before else [], revision.objects)]
    return {
        "phase": "Done",
        "version": revision.version,
        "changes": changes,
        "hooks": [f"{', '.join(hook.events)}: {hook.kind} {hook.name}" for hook in revision.hooks],
        "notes": revision.notes,
        "ignored": revision.ignored,
        "images": list(prepared.images),
    }
