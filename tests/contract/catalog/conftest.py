"""The catalog's controllers on a real API server, beside those that run workloads."""

import asyncio
import subprocess
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from bouvier.catalog.compose import ComposeObjects, ComposeRenderer, ComposeRequest
from bouvier.client import JSON_PATCH, Client, Endpoint
from bouvier.client.informer import InformerSet
from bouvier.controllers.runtime.manager import Manager
from bouvier.daemons.catalog import catalog_controllers
from bouvier.kinds.catalog_v1 import catalogentries, catalogs, releasepreviews, releases
from bouvier.meta.gvk import Resource
from bouvier.meta.objects import condition_of, is_condition_true
from bouvier.meta.resources import CONFIGMAPS
from tests.contract.controllers.world import NAMESPACE, World, world

Obj = dict[str, Any]


class ConfigMapRenderer:
    """Makes a ConfigMap of a stack's texts and answers: what is between catalog and stacks, without either's depth."""

    def render(self, request: ComposeRequest) -> ComposeObjects:
        data = {"compose": request.compose} | {f"answer.{key}": value for key, value in request.answers.items()}
        made = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": request.name}, "data": data}
        return ComposeObjects([made], ["services.page.labels"])


class Catalogs:
    """What a test of the catalog sees and does."""

    def __init__(self, made: World, folder: Path) -> None:
        self.world, self.admin, self.folder = made, made.admin, folder

    async def add(self, name: str, **source: Any) -> Obj:
        body = {"apiVersion": "catalog.bouvier.io/v1", "kind": "Catalog", "metadata": {"name": name}}
        await self.admin.create(catalogs.RESOURCE, body | {"spec": {"source": source}})
        return await self.catalog(name, lambda one: condition_of(one, "Ready"))

    async def catalog(self, name: str, condition: Callable[[Obj], Any]) -> Obj:
        return await self.world.object(catalogs.RESOURCE, name, condition)

    async def entry(self, name: str) -> Obj:
        return await self.admin.get(catalogentries.RESOURCE, name)

    async def install(self, name: str, **spec: Any) -> None:
        body = {
            "apiVersion": "catalog.bouvier.io/v1",
            "kind": "Release",
            "metadata": {"name": name, "namespace": NAMESPACE},
        }
        await self.admin.create(releases.RESOURCE, body | {"spec": spec})

    async def change(self, name: str, **spec: Any) -> None:
        await self.admin.patch(releases.RESOURCE, name, {"spec": spec}, namespace=NAMESPACE)

    async def set_values(self, name: str, values: Obj) -> None:
        """Replace all values, nulls in them kept, as the command does."""
        body = [{"op": "add", "path": "/spec/values", "value": values}]
        await self.admin.patch(releases.RESOURCE, name, body, namespace=NAMESPACE, kind=JSON_PATCH)

    async def release(self, name: str, condition: Callable[[Obj], Any], seconds: float = 20) -> Obj:
        return await self.world.object(releases.RESOURCE, name, condition, seconds)

    async def settled(self, name: str, seconds: float = 20) -> Obj:
        """Return the release once its present spec is carried out, or refused."""
        return await self.release(name, is_settled, seconds)

    async def ready(self, name: str) -> Obj:
        return await self.release(name, lambda one: is_settled(one) and is_condition_true(one, "Ready"))

    async def preview(self, release: str, **spec: Any) -> Obj:
        body = {"apiVersion": "catalog.bouvier.io/v1", "kind": "ReleasePreview"}
        metadata = {"generateName": f"{release}-", "namespace": NAMESPACE}
        made = await self.admin.create(
            releasepreviews.RESOURCE, body | {"metadata": metadata, "spec": {"release": release, **spec}}
        )
        found = await self.world.object(
            releasepreviews.RESOURCE, made["metadata"]["name"], lambda one: (one.get("status") or {}).get("phase")
        )
        return found["status"]

    async def get(self, resource: Resource, name: str) -> Obj | None:
        found = await self.admin.list(resource, NAMESPACE, field_selector=f"metadata.name={name}")
        return next(iter(found.items), None)

    async def config(self, name: str) -> dict[str, str] | None:
        found = await self.get(CONFIGMAPS, name)
        return found["data"] if found else None


def is_settled(release: Obj) -> bool:
    status = release.get("status") or {}
    return status.get("observedGeneration") == release["metadata"]["generation"] and status.get("phase") in (
        "Deployed",
        "Failed",
    )


def write(folder: Path, files: dict[str, str]) -> Path:
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    return folder


def git(folder: Path, *words: str) -> None:
    identity = ("-c", "user.name=a", "-c", "user.email=a@b.example")
    subprocess.run(["git", *identity, *words], cwd=folder, check=True, capture_output=True)


@pytest.fixture
def renderer() -> ComposeRenderer | None:
    return ConfigMapRenderer()


@asynccontextmanager
async def controllers(made: World, folder: Path, renderer: ComposeRenderer | None) -> AsyncIterator[None]:
    """Run the catalog's controllers, until they are killed."""
    client = Client.connect(Endpoint(unix_socket=str(made.api.socket), token=made.api.token("catalog")))
    informers = InformerSet(client)
    manager = Manager(informers, catalog_controllers(client, folder, renderer))
    tasks = [asyncio.create_task(informers.run()), asyncio.create_task(manager.run())]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await client.close()


@pytest.fixture
async def catalog(tmp_path: Path, renderer: ComposeRenderer | None) -> AsyncIterator[Catalogs]:
    async with world(tmp_path) as made, controllers(made, tmp_path / "catalogs", renderer):
        yield Catalogs(made, tmp_path)
