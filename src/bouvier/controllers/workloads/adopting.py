"""Performs a claim: adopts what matches and releases what no longer does."""

from __future__ import annotations

from collections.abc import Iterable

from bouvier.client.rest import Client
from bouvier.controllers.workloads.ownership import ReferencePatch, adoption, claim, release
from bouvier.meta.errors import ApiError
from bouvier.meta.gvk import Resource
from bouvier.meta.objects import Obj, is_deleting, name_of, namespace_of, uid_of
from bouvier.meta.selectors import LabelSelector


async def claimed(
    client: Client,
    owner: tuple[Resource, Obj],
    selector: LabelSelector,
    dependents: tuple[Resource, Iterable[Obj]],
) -> list[Obj]:
    """Return the dependents that the owner has after adopting and releasing.

    Adopting first asks the server whether the owner is still there: a cache may not know yet that it is being deleted.
    """
    (owner_resource, owner_object), (resource, candidates) = owner, dependents
    found = claim(owner_object, selector, candidates)
    owned = list(found.owned)
    for target in found.release:
        await _patch(client, resource, release(owner_object, target))
    if found.adopt and await _is_alive(client, owner_resource, owner_object):
        for target in found.adopt:
            adopted = await _patch(client, resource, adoption(owner_object, target))
            owned += [adopted] if adopted else []
    return owned


async def _is_alive(client: Client, resource: Resource, owner: Obj) -> bool:
    try:
        live = await client.get(resource, name_of(owner), namespace_of(owner))
    except ApiError as error:
        if error.reason == "NotFound":
            return False
        raise
    return uid_of(live) == uid_of(owner) and not is_deleting(live)


async def _patch(client: Client, resource: Resource, patch: ReferencePatch) -> Obj | None:
    try:
        return await client.patch(resource, name_of(patch.target), patch.body, namespace=namespace_of(patch.target))
    except ApiError as error:
        if error.reason == "NotFound":
            return None
        raise
