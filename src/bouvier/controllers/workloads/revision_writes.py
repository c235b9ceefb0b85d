"""Performs what `revisions` decides: keeps the history of one owner in ControllerRevisions."""

from __future__ import annotations

from collections.abc import Iterable

from bouvier.client.rest import Client
from bouvier.controllers.runtime.errors import Temporary
from bouvier.controllers.workloads.deployment_templates import same_template
from bouvier.controllers.workloads.podwrites import is_namespace_ending
from bouvier.controllers.workloads.revisions import Present, template_of
from bouvier.meta.errors import ApiError
from bouvier.meta.gvk import Resource
from bouvier.meta.objects import Obj, controller_of, name_of, namespace_of, uid_of
from bouvier.meta.resources import CONTROLLERREVISIONS


class RevisionWriter:
    """The revision writes of one controller, whose owners are of one resource."""

    def __init__(self, client: Client, owners: Resource) -> None:
        self._client = client
        self._owners = owners

    async def ensure(self, owner: Obj, wanted: Present) -> Obj | None:
        """Return the present revision as stored; None if its namespace is going away.

        Raises:
            Temporary: the name is taken by another template; the next attempt uses another one.
        """
        if wanted.is_renumbered:
            return await self._client.update(CONTROLLERREVISIONS, wanted.revision)
        if not wanted.is_new:
            return wanted.revision
        try:
            return await self._client.create(CONTROLLERREVISIONS, wanted.revision)
        except ApiError as error:
            if is_namespace_ending(error):
                return None
            if error.reason != "AlreadyExists":
                raise
        return await self._meet(owner, wanted.revision)

    async def remove(self, revisions: Iterable[Obj]) -> None:
        """Delete revisions; those that are gone already are fine."""
        for each in revisions:
            try:
                await self._client.delete(CONTROLLERREVISIONS, name_of(each), namespace_of(each), uid=uid_of(each))
            except ApiError as error:
                if error.reason not in ("NotFound", "Conflict"):
                    raise

    async def _meet(self, owner: Obj, revision: Obj) -> Obj:
        """Return our own revision that the cache did not show; count a collision if it is not ours."""
        live = await self._client.get(CONTROLLERREVISIONS, name_of(revision), namespace_of(revision))
        ours = (controller_of(live) or {}).get("uid") == uid_of(owner)
        if ours and same_template(template_of(live), template_of(revision)):
            return live
        count = ((owner.get("status") or {}).get("collisionCount") or 0) + 1
        body = {"metadata": {"uid": uid_of(owner)}, "status": {"collisionCount": count}}
        await self._client.patch(
            self._owners, name_of(owner), body, namespace=namespace_of(owner), subresource="status"
        )
        raise Temporary(f'revision "{name_of(revision)}" exists and belongs to another template or owner')
