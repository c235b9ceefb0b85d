"""The ConfigMaps and Secrets that this host's pods use, watched one by one.

Watching single objects keeps an agent from reading what is not its business. A watch stays for a while after its last
user has gone, because pods that are replaced usually need the same objects again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

from bouvier.client.informer import Informer
from bouvier.client.rest import Client
from bouvier.meta.gvk import Resource
from bouvier.meta.objects import Obj
from bouvier.node.pods.environment import ConfigError

SYNC_SECONDS = 10.0
"""How long a pod waits for the first answer before its state says so."""
LINGER_SECONDS = 60.0

_Key = tuple[Resource, str, str]


@dataclass(slots=True)
class _Watched:
    informer: Informer
    task: asyncio.Task[None]
    users: set[str] = field(default_factory=set)
    end: asyncio.TimerHandle | None = None


class References:
    """Single objects by resource, namespace and name."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._watched: dict[_Key, _Watched] = {}
        self.on_change: Callable[[str], None] = lambda _uid: None
        """Called with the uid of each pod whose object came, changed or went."""

    async def get(self, resource: Resource, namespace: str, name: str, uid: str) -> Obj | None:
        """Return the object as last seen, None when there is none; the pod hears of changes from now on.

        Raises:
            ConfigError: the API does not answer.
        """
        key = (resource, namespace, name)
        watched = self._watched.get(key) or self._watch(key)
        watched.users.add(uid)
        if watched.end:
            watched.end.cancel()
            watched.end = None
        try:
            async with asyncio.timeout(SYNC_SECONDS):
                await watched.informer.synced.wait()
        except TimeoutError:
            raise ConfigError(f'{resource.plural[:-1]} "{name}" cannot be read: the API does not answer') from None
        return watched.informer.get(f"{namespace}/{name}" if namespace else name)

    def release(self, uid: str) -> None:
        """Forget a pod."""
        for key, watched in self._watched.items():
            watched.users.discard(uid)
            if not watched.users and watched.end is None:
                watched.end = asyncio.get_running_loop().call_later(LINGER_SECONDS, self._drop, key)

    def close(self) -> None:
        """End all watches."""
        for key in list(self._watched):
            self._drop(key)

    def _watch(self, key: _Key) -> _Watched:
        resource, namespace, name = key
        informer = Informer(self._client, resource, namespace=namespace, field_selector=f"metadata.name={name}")
        task = asyncio.get_running_loop().create_task(informer.run(), name=f"watch {resource.plural} {name}")
        watched = self._watched[key] = _Watched(informer, task)
        informer.add_handler(lambda _type, _old, _new: self._changed(watched))
        return watched

    def _changed(self, watched: _Watched) -> None:
        for uid in tuple(watched.users):
            self.on_change(uid)

    def _drop(self, key: _Key) -> None:
        watched = self._watched.pop(key, None)
        if watched is None:
            return
        if watched.end:
            watched.end.cancel()
        watched.task.cancel()
