"""Receivers on a real API server: senders without credentials, and the controller that carries calls out."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, NamedTuple

import aiohttp
import pytest

from bouvier.client import Client, Endpoint
from bouvier.client.events import Recorder
from bouvier.client.informer import InformerSet
from bouvier.controllers.runtime.manager import Manager
from bouvier.daemons.hooks import PREFIX, HookPath
from bouvier.hooks.controller import ReceiverController
from bouvier.hooks.secrets import hashed
from bouvier.kinds.hooks_v1 import receivercalls, receivers
from bouvier.meta.resources import DEPLOYMENTS
from tests.support.apiserver import RunningApi, running_api

Obj = dict[str, Any]
NAMESPACE = "default"
SECRET = "s3cret-s3cret-s3cret-s3cret"


class Reply(NamedTuple):
    status: int
    body: Obj
    headers: dict[str, str]


class Hooks:
    """What a test of receivers sees and does."""

    def __init__(self, api: RunningApi, admin: Client) -> None:
        self.api, self.admin = api, admin

    async def deploy(
        self, name: str = "web", replicas: int = 1, image: str = "bouvier/sample:1", **metadata: Any
    ) -> None:
        labels = {"app": name}
        pod = {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "main", "image": image}]}}
        spec = {"replicas": replicas, "selector": {"matchLabels": labels}, "template": pod}
        body = {"apiVersion": "apps/v1", "kind": "Deployment", "spec": spec}
        meta = {"name": name, "namespace": NAMESPACE, "labels": labels} | metadata
        await self.admin.create(DEPLOYMENTS, body | {"metadata": meta})

    async def deployment(self, name: str = "web") -> Obj:
        return await self.admin.get(DEPLOYMENTS, name, NAMESPACE)

    async def replicas(self, name: str = "web") -> int:
        return int((await self.deployment(name))["spec"]["replicas"])

    async def image(self, name: str = "web") -> str:
        return str((await self.deployment(name))["spec"]["template"]["spec"]["containers"][0]["image"])

    async def make(self, name: str, client: Client | None = None, **spec: Any) -> Obj:
        return await (client or self.admin).create(receivers.RESOURCE, receiver(name, **spec))

    async def get(self, name: str) -> Obj:
        return await self.admin.get(receivers.RESOURCE, name, NAMESPACE)

    async def calls(self) -> list[Obj]:
        return (await self.admin.list(receivercalls.RESOURCE, NAMESPACE)).items

    async def call(
        self,
        name: str,
        body: Any = None,
        *,
        secret: str = SECRET,
        method: str = "POST",
        data: bytes = b"",
        **headers: str,
    ) -> Reply:
        """Call a hook as a stranger does: no credentials but the URL."""
        named = {key.replace("_", "-"): value for key, value in headers.items()}
        async with aiohttp.ClientSession(connector=aiohttp.UnixConnector(str(self.api.socket))) as session:
            url = f"http://hooks{PREFIX}local/{NAMESPACE}/{name}/{secret}"
            sent = {"data": data} if data else {"json": body} if body is not None else {}
            async with session.request(method, url, headers=named, **sent) as answer:
                return Reply(answer.status, await answer.json(), dict(answer.headers))


def receiver(name: str, **spec: Any) -> Obj:
    metadata = {"name": name, "namespace": NAMESPACE}
    full = {"secretHash": hashed(SECRET)} | spec
    return {"apiVersion": receivers.RESOURCE.api_version, "kind": "Receiver", "metadata": metadata, "spec": full}


def scaling(by: int = 1, **bounds: int) -> Obj:
    return {"action": "scale", "target": {"kind": "Deployment", "name": "web"}, "scale": {"by": by, **bounds}}


@asynccontextmanager
async def controller(api: RunningApi, client: Client | None = None) -> AsyncIterator[None]:
    """Run the receivers' controller, until it is killed."""
    own = client or Client.connect(Endpoint(unix_socket=str(api.socket), token=api.token("hooks")))
    reader = Client.connect(Endpoint(unix_socket=str(api.socket), token=api.token("controllers")))
    informers = InformerSet(reader)
    manager = Manager(informers, [ReceiverController(own, Recorder(own, "bouvier-hooks"))])
    tasks = [asyncio.create_task(informers.run()), asyncio.create_task(manager.run())]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await own.close()
        await reader.close()


@asynccontextmanager
async def serving(folder: Path) -> AsyncIterator[Hooks]:
    async with running_api(folder) as api:
        api.server.add_path(PREFIX, HookPath(api.server.context).call)
        admin = Client.connect(Endpoint(unix_socket=str(api.socket), token=api.token()))
        try:
            yield Hooks(api, admin)
        finally:
            await admin.close()


@pytest.fixture
async def door(tmp_path: Path) -> AsyncIterator[Hooks]:
    """The API server with the hooks' path, nobody carrying calls out."""
    async with serving(tmp_path) as made:
        yield made


@pytest.fixture
async def hooks(door: Hooks) -> AsyncIterator[Hooks]:
    async with controller(door.api):
        yield door
