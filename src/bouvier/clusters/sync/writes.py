"""Writing to the API with races taken as what they are: somebody else was first, and the next look decides anew."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Coroutine, Iterator, Sequence
from typing import Any

from bouvier.client.rest import Client
from bouvier.clusters.sync.pods import is_same_status
from bouvier.controllers.workloads.podwrites import is_namespace_ending
from bouvier.engine.errors import EngineError
from bouvier.meta.errors import ApiError
from bouvier.meta.gvk import Resource
from bouvier.meta.objects import Obj, annotations_of, name_of, namespace_of, uid_of

AT_ONCE = 16
RACES = frozenset(("Conflict", "AlreadyExists", "NotFound"))


@contextlib.contextmanager
def races_forgiven() -> Iterator[None]:
    """Ignore refusals that mean that an object is not any more as it was seen."""
    try:
        yield
    except ApiError as error:
        if error.reason not in RACES:
            raise


async def in_turns(works: Sequence[Coroutine[Any, Any, None]]) -> None:
    """Do several things side by side, AT_ONCE at a time; the first failure ends all."""
    free = asyncio.Semaphore(AT_ONCE)

    async def do(work: Coroutine[Any, Any, None]) -> None:
        async with free:
            await work

    try:
        async with asyncio.TaskGroup() as tasks:
            for work in works:
                tasks.create_task(do(work), name="write")
    except* (ApiError, ConnectionError, EngineError) as failures:
        raise failures.exceptions[0] from None
    finally:
        for work in works:
            work.close()


class Writer:
    """Writes objects of one logical cluster."""

    def __init__(self, client: Client) -> None:
        self.client = client

    async def create(self, resource: Resource, obj: Obj) -> Obj | None:
        """Create an object; None when it is there already, or its namespace is being removed."""
        try:
            return await self.client.create(resource, obj)
        except ApiError as error:
            if error.reason not in RACES and not is_namespace_ending(error):
                raise
            return None

    async def update(self, resource: Resource, obj: Obj) -> None:
        """Replace an object if nobody else did since it was seen."""
        with races_forgiven():
            await self.client.update(resource, obj)

    async def status(self, resource: Resource, obj: Obj, status: dict[str, Any]) -> None:
        """Write a status when it says something new."""
        if not is_same_status(obj.get("status") or {}, status):
            with races_forgiven():
                await self.client.update(resource, {**obj, "status": status}, subresource="status")

    async def annotate(self, resource: Resource, obj: Obj, marks: dict[str, str | None]) -> None:
        """Set annotations (None removes one) where they differ."""
        present = annotations_of(obj)
        changed = {name: value for name, value in marks.items() if present.get(name) != value}
        if changed:
            body = {"metadata": {"annotations": changed, "uid": uid_of(obj)}}
            with races_forgiven():
                await self.client.patch(resource, name_of(obj), body, namespace=namespace_of(obj))

    async def delete(self, resource: Resource, obj: Obj, *, at_once: bool = False) -> None:
        """Delete exactly this object."""
        with races_forgiven():
            grace = 0 if at_once else None
            await self.client.delete(resource, name_of(obj), namespace_of(obj), uid=uid_of(obj), grace_seconds=grace)
