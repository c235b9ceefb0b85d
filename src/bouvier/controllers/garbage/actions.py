"""Performs what the garbage collector decided, each write guarded by what was read."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import structlog

from bouvier.client.rest import Client
from bouvier.controllers.garbage.collector_plan import (
    Action,
    Delete,
    Disown,
    OrphanDependents,
    RemoveFinalizer,
    Unblock,
)
from bouvier.controllers.garbage.graph import ORPHAN, Vertex
from bouvier.meta.errors import ApiError
from bouvier.meta.objects import Obj

log = structlog.get_logger(__name__)


class Actions:
    """The writes of the garbage collector."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def perform(self, action: Action, item: Vertex, live: Obj) -> None:
        """Do it to `item`, of which `live` was just read; objects that vanished meanwhile are fine."""
        try:
            if isinstance(action, Delete):
                await self._delete(item, live["metadata"]["resourceVersion"], action.propagation)
            elif isinstance(action, Disown):
                await self._write_references(item, live, lambda r: None if r["uid"] in action.uids else r)
            elif isinstance(action, Unblock):
                written = await self._write_references(item, live, lambda r: {**r, "blockOwnerDeletion": False})
                await self._delete(item, written["metadata"]["resourceVersion"], "Foreground")
            elif isinstance(action, OrphanDependents):
                await self._orphan(item, live, action.dependents)
            elif isinstance(action, RemoveFinalizer):
                await self._remove_finalizer(item, live, action.finalizer)
        except ApiError as error:
            if error.reason != "NotFound":
                raise

    async def _delete(self, item: Vertex, version: str, propagation: str) -> None:
        assert item.resource is not None
        log.info("deletes", kind=item.kind, namespace=item.namespace, name=item.name, propagation=propagation)
        await self._client.delete(
            item.resource,
            item.name,
            item.namespace,
            propagation=propagation,
            uid=item.uid,
            resource_version=version,
        )

    async def _orphan(self, item: Vertex, live: Obj, dependents: Iterable[Vertex]) -> None:
        for dependent in dependents:
            await self._disown(dependent, item.uid)
        await self._remove_finalizer(item, live, ORPHAN)

    async def _disown(self, dependent: Vertex, owner_uid: str) -> None:
        assert dependent.resource is not None
        try:
            live = await self._client.get(dependent.resource, dependent.name, dependent.namespace)
        except ApiError as error:
            if error.reason == "NotFound":
                return
            raise
        if live["metadata"]["uid"] == dependent.uid:
            await self._write_references(dependent, live, lambda r: None if r["uid"] == owner_uid else r)

    async def _write_references(self, item: Vertex, live: Obj, change: Any) -> Obj:
        changed = [change(reference) for reference in live["metadata"].get("ownerReferences") or ()]
        kept = [reference for reference in changed if reference is not None]
        return await self._patch(item, live, {"ownerReferences": kept or None})

    async def _remove_finalizer(self, item: Vertex, live: Obj, finalizer: str) -> None:
        kept = [each for each in live["metadata"].get("finalizers") or () if each != finalizer]
        await self._patch(item, live, {"finalizers": kept or None})

    async def _patch(self, item: Vertex, live: Obj, metadata: dict[str, Any]) -> Obj:
        assert item.resource is not None
        guard = {"uid": item.uid, "resourceVersion": live["metadata"]["resourceVersion"]}
        return await self._client.patch(
            item.resource, item.name, {"metadata": guard | metadata}, namespace=item.namespace
        )
