"""What the plans of this room ask for: conditional writes and events, as data."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from bouvier.client.events import Recorder
from bouvier.client.rest import Client
from bouvier.meta.errors import ApiError
from bouvier.meta.gvk import Resource
from bouvier.meta.objects import Obj, name_of, namespace_of, uid_of


@dataclass(frozen=True, slots=True)
class Write:
    """A merge patch of an object, refused if somebody else changed it since it was judged."""

    resource: Resource
    obj: Obj
    body: Obj
    subresource: str = ""


@dataclass(frozen=True, slots=True)
class Create:
    """A new object; one of the same name that is there already will do."""

    resource: Resource
    obj: Obj


@dataclass(frozen=True, slots=True)
class Remove:
    """The deletion of an object."""

    resource: Resource
    obj: Obj


@dataclass(frozen=True, slots=True)
class Say:
    """An event about an object."""

    obj: Obj
    type: Literal["Normal", "Warning"]
    reason: str
    message: str


Action = Write | Create | Remove | Say


async def perform(client: Client, recorder: Recorder, actions: Iterable[Action]) -> None:
    """Perform the actions in their order; several writes of one object follow each other.

    Raises:
        ApiError: a write was refused; what follows it is left to the next reconciliation.
    """
    versions: dict[str, str] = {}
    for action in actions:
        if isinstance(action, Say):
            recorder.event(action.obj, action.type, action.reason, action.message)
        elif isinstance(action, Create):
            await _create(client, action)
        elif isinstance(action, Remove):
            await client.delete(action.resource, name_of(action.obj), namespace_of(action.obj), uid=uid_of(action.obj))
        else:
            await _write(client, action, versions)


async def _create(client: Client, action: Create) -> None:
    try:
        await client.create(action.resource, action.obj)
    except ApiError as error:
        if error.reason != "AlreadyExists":
            raise


async def _write(client: Client, action: Write, versions: dict[str, str]) -> None:
    uid = uid_of(action.obj)
    guard = {"uid": uid, "resourceVersion": versions.get(uid) or action.obj["metadata"]["resourceVersion"]}
    body = {**action.body, "metadata": {**(action.body.get("metadata") or {}), **guard}}
    written = await client.patch(
        action.resource,
        name_of(action.obj),
        body,
        namespace=namespace_of(action.obj),
        subresource=action.subresource,
    )
    versions[uid] = written["metadata"]["resourceVersion"]
