"""Seeing objects change, as any client of the API does: the moment when a watch event arrives is what counts."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import replace

from bench.platforms import WAIT_SECONDS, Platform
from bouvier.client.endpoint import from_kubeconfig
from bouvier.client.rest import Client
from bouvier.meta.errors import ApiError
from bouvier.meta.gvk import Resource
from bouvier.meta.objects import Obj, name_of

Condition = Callable[[Obj], bool]


class Watcher:
    """Notes when the objects of one resource first fulfil a condition."""

    def __init__(self, client: Client, resource: Resource, namespace: str) -> None:
        self._client = client
        self._resource = resource
        self._namespace = namespace
        self._waiting: dict[str, tuple[Condition, asyncio.Future[tuple[float, Obj]]]] = {}

    def expect(self, name: str, condition: Condition) -> asyncio.Future[tuple[float, Obj]]:
        """Return a future of the moment (`time.perf_counter`) and the object; deleted objects are seen as `{}`."""
        future: asyncio.Future[tuple[float, Obj]] = asyncio.get_running_loop().create_future()
        self._waiting[name] = (condition, future)
        return future

    async def run(self) -> None:
        while True:
            with suppress(ConnectionError, ApiError):
                async for event in self._client.watch(self._resource, self._namespace):
                    if event.type not in ("ADDED", "MODIFIED", "DELETED"):
                        continue
                    self._look(name_of(event.object), {} if event.type == "DELETED" else event.object)

    def _look(self, name: str, obj: Obj) -> None:
        condition, future = self._waiting.get(name, (None, None))
        if condition is not None and future is not None and condition(obj):
            del self._waiting[name]
            future.set_result((time.perf_counter(), obj))


@asynccontextmanager
async def client_of(platform: Platform, cluster: str = "local") -> AsyncIterator[Client]:
    """Connect as the administrator."""
    endpoint = replace(from_kubeconfig(platform.settings.kubeconfig), cluster=cluster)
    client = Client.connect(endpoint, user_agent="bench")
    try:
        yield client
    finally:
        await client.close()


@asynccontextmanager
async def watcher_of(client: Client, resource: Resource, namespace: str = "default") -> AsyncIterator[Watcher]:
    """Watch a resource until the end of the block."""
    watcher = Watcher(client, resource, namespace)
    task = asyncio.create_task(watcher.run())
    try:
        yield watcher
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def in_time(future: asyncio.Future[tuple[float, Obj]]) -> tuple[float, Obj]:
    """Wait for what is expected.

    Raises:
        TimeoutError: it did not come.
    """
    return await asyncio.wait_for(future, WAIT_SECONDS)
