"""The loop of a controller: told which objects may need it, it looks at each again and again until all is as it asks.

`reconcile` is called with the present state of an object, never with what has changed; it may be called at any time and
any number of times, but for one object never twice at once. What it cannot finish it is asked for again: after the
seconds that it returns, or with growing delays after an `ApiError` or `ConnectionError`. Objects that are gone are not
asked about: what belongs to them should name them as owner, or they should carry a finalizer.
"""

from __future__ import annotations

import asyncio
import logging
import os
import socket
from collections.abc import Awaitable, Callable, Sequence
from functools import partial

from bouvier.client.informer import EventType, Informer, InformerSet
from bouvier.client.lease import Elector
from bouvier.client.rest import Client
from bouvier.client.workqueue import WorkQueue
from bouvier.meta.errors import ApiError
from bouvier.meta.gvk import Resource
from bouvier.meta.objects import Obj, controller_of, key_of, namespace_of

Reconcile = Callable[[Obj], Awaitable[float | None]]
"""Brings the world nearer to what an object asks for; returns after how many seconds to look again, None for never."""

_log = logging.getLogger(__name__)


async def reconcile_forever(
    client: Client,
    resource: Resource,
    reconcile: Reconcile,
    *,
    owns: Sequence[Resource] = (),
    namespace: str = "",
    workers: int = 4,
    lease: str = "",
) -> None:
    """Call `reconcile` for every object of a resource, and for each whose own objects (`owns`) change, until cancelled.

    With `lease` (`NAMESPACE/NAME`) only one of several processes works at a time.
    """

    async def loop() -> None:
        informers, queue = InformerSet(client), WorkQueue()
        objects = informers.informer(resource, namespace=namespace)
        objects.add_handler(lambda _type, _old, new: queue.add(key_of(new)))
        for owned in owns:
            informers.informer(owned, namespace=namespace).add_handler(partial(_tell_owner, queue, resource.kind))
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(informers.run())
            await informers.wait_synced()
            for _ in range(workers):
                tasks.create_task(_worker(objects, queue, reconcile))

    if not lease:
        await loop()
        return
    space, _, name = lease.rpartition("/")
    identity = f"{socket.gethostname()}_{os.getpid()}"
    await Elector(client, name, identity, namespace=space or "default").run(loop)


def _tell_owner(queue: WorkQueue, kind: str, _type: EventType, _old: Obj | None, new: Obj) -> None:
    owner = controller_of(new)
    if owner is not None and owner.get("kind") == kind:
        namespace = namespace_of(new)
        queue.add(f"{namespace}/{owner['name']}" if namespace else owner["name"])


async def _worker(objects: Informer, queue: WorkQueue, reconcile: Reconcile) -> None:
    while True:
        key = await queue.get()
        try:
            await _once(objects, queue, reconcile, key)
        finally:
            queue.done(key)


async def _once(objects: Informer, queue: WorkQueue, reconcile: Reconcile, key: str) -> None:
    obj = objects.get(key)
    if obj is None:
        queue.forget(key)
        return
    try:
        again = await reconcile(obj)
    except (ApiError, ConnectionError) as error:
        _log.warning("%s %s: %s; it is tried again", objects.resource.kind, key, error)
        queue.add_rate_limited(key)
        return
    except Exception:
        _log.exception("%s %s: it is tried again", objects.resource.kind, key)
        queue.add_rate_limited(key)
        return
    queue.forget(key)
    if again is not None:
        queue.add_after(key, again)
