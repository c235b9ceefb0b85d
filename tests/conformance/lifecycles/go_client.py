"""What a Go program does with typed and dynamic clients: bodies in protobuf, options too, and watches until something."""

import asyncio
import json
from collections.abc import Callable
from typing import Any

from bouvier.meta.gvk import Resource
from tests.support.protobuf_objects import written
from tests.support.raw_api import JSON, MERGE, RawApi, Reply

Obj = dict[str, Any]
PROTOBUF = "application/vnd.kubernetes.protobuf"
TYPED = {"Accept": f"{PROTOBUF}, */*"}
SECONDS = 60.0
TRIES = 20
"""Of an update that meets others' writes; controllers write a few times, then rest."""


class GoClient:
    """A client for one namespace."""

    def __init__(self, api: RawApi, namespace: str) -> None:
        self.api = api
        self.namespace = namespace

    def _path(self, resource: Resource, name: str = "", part: str = "") -> str:
        return resource.path(self.namespace if resource.namespaced else "", name, part)

    async def request(self, method: str, path: str, kind: tuple[str, str], obj: Obj, **query: str) -> Reply:
        headers = TYPED | {"Content-Type": PROTOBUF}
        return await self.api(method, path, written(*kind, obj), headers=headers, **query)

    async def send(self, method: str, resource: Resource, obj: Obj, part: str = "", **query: str) -> Reply:
        """Send an object as a typed client does and return the answer, whatever it is."""
        name = "" if method == "POST" and not part else obj["metadata"]["name"]
        kind = (resource.api_version, resource.kind)
        return await self.request(method, self._path(resource, name, part), kind, obj, **query)

    async def create(self, resource: Resource, obj: Obj, **query: str) -> Obj:
        return _good(await self.send("POST", resource, obj, **query))

    async def update(self, resource: Resource, obj: Obj, part: str = "", **query: str) -> Obj:
        return _good(await self.send("PUT", resource, obj, part, **query))

    async def changed(self, resource: Resource, name: str, change: Callable[[Obj], Any], part: str = "") -> Obj:
        """Read, change and update, again and again while somebody else was faster."""
        for _ in range(TRIES):
            obj = await self.get(resource, name)
            change(obj)
            reply = await self.send("PUT", resource, obj, part)
            if reply.status != 409:
                return _good(reply)
        raise AssertionError(f"{name} changes all the time")

    async def get(self, resource: Resource, name: str, part: str = "") -> Obj:
        """Read an object, or a part of it as the dynamic client does."""
        headers = {"Accept": JSON} if part else TYPED
        return _good(await self.api("GET", self._path(resource, name, part), headers=headers))

    async def find(self, resource: Resource, name: str) -> Obj | None:
        """Read an object that may be gone."""
        reply = await self.api("GET", self._path(resource, name), headers=TYPED)
        return None if reply.status == 404 else _good(reply)

    async def listed(self, resource: Resource, everywhere: bool = False, **query: str) -> Obj:
        path = resource.path() if everywhere else self._path(resource)
        return _good(await self.api("GET", path, headers=TYPED, **query))

    async def patch(self, resource: Resource, name: str, body: Any, kind: str = MERGE, part: str = "") -> Obj:
        """Patch; `body` is sent as JSON, nulls and all."""
        return _good(
            await self.api("PATCH", self._path(resource, name, part), json.dumps(body), kind=kind, headers=TYPED)
        )

    async def delete(self, resource: Resource, name: str, **options: Any) -> Obj:
        kind = (resource.api_version, "DeleteOptions")
        return _good(await self.request("DELETE", self._path(resource, name), kind, options))

    async def delete_collection(self, resource: Resource, selector: str, **options: Any) -> Obj:
        kind = (resource.api_version, "DeleteOptions")
        return _good(await self.request("DELETE", self._path(resource), kind, options, labelSelector=selector))

    async def until(
        self, resource: Resource, version: str, condition: Callable[[str, Obj], Any], *, selector: str = ""
    ) -> Obj:
        """Watch from a version until an event satisfies a condition; return its object."""
        async with asyncio.timeout(SECONDS):
            async with self.api.watching(
                self._path(resource), headers=TYPED, resourceVersion=version, labelSelector=selector
            ) as watch:
                while True:
                    event, obj = await watch.next()
                    assert event != "ERROR", obj
                    if condition(event, obj):
                        return obj

    async def eventually(self, check: Callable[[], Any], what: str = "") -> Any:
        """Ask until the answer is true and return it."""
        deadline = asyncio.get_running_loop().time() + SECONDS
        while not (value := await check()):
            assert asyncio.get_running_loop().time() < deadline, f"not in time: {what}"
            await asyncio.sleep(0.05)
        return value

    async def count(self, resource: Resource, wanted: int, **query: str) -> list[Obj]:
        """Wait until a list has so many objects."""

        async def check() -> list[Obj] | None:
            items = (await self.listed(resource, **query))["items"]
            return [*items, {}] if len(items) == wanted else None

        return (await self.eventually(check, f"{wanted} {resource.plural}"))[:-1]


def _good(reply: Reply) -> Obj:
    assert reply.status < 300, reply.body
    return reply.body


def conditions(obj: Obj) -> dict[str, Obj]:
    """Return the conditions of a status by their types."""
    return {one["type"]: one for one in (obj.get("status") or {}).get("conditions") or ()}
