"""The controller of docs/writing-controllers.md, run as it stands there."""

import asyncio
import os
import re
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from bouvier.client import MERGE, Client, Resource, from_kubeconfig
from bouvier.meta.errors import ApiError
from bouvier.meta.objects import Obj
from tests.support.apiserver import RunningApi, running_api

PAGE = Path(__file__).parents[2] / "docs" / "writing-controllers.md"
WEBSITES = Resource("example.org", "v1", "websites", "Website")
DEPLOYMENTS = Resource("apps", "v1", "deployments", "Deployment")
MOST_LINES = 40
SECONDS = 60


def controller() -> str:
    found = re.search(r"<!-- controller -->\n```python\n(.*?)```", PAGE.read_text(), re.DOTALL)
    assert found is not None
    return found[1]


@asynccontextmanager
async def running(api: RunningApi, folder: Path) -> AsyncIterator[asyncio.subprocess.Process]:
    """Run the page's program as a user does."""
    script = folder / "websites.py"
    script.write_text(controller())
    environment = os.environ | {"KUBECONFIG": str(api.kubeconfig), "PYTHONPATH": os.pathsep.join(sys.path)}
    process = await asyncio.create_subprocess_exec(sys.executable, str(script), env=environment)
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def seen(client: Client, resource: Resource, name: str, replicas: int) -> Obj:
    """Return an object as soon as it asks for so many replicas."""
    async with asyncio.timeout(SECONDS):
        while True:
            try:
                obj = await client.get(resource, name, "default")
                if obj["spec"].get("replicas") == replicas:
                    return obj
            except ApiError as error:
                assert error.reason == "NotFound"
            await asyncio.sleep(0.05)


async def define_and_create(client: Client, body: Obj) -> None:
    """Create a website as soon as the controller has taught the API what that is."""
    async with asyncio.timeout(SECONDS):
        while True:
            try:
                await client.create(WEBSITES, body, namespace="default")
                return
            except ApiError as error:
                assert error.reason == "NotFound"
            await asyncio.sleep(0.05)


@pytest.fixture
async def api(tmp_path: Path) -> AsyncIterator[RunningApi]:
    async with running_api(tmp_path) as running_server:
        yield running_server


async def test_a_controller_with_its_own_kind_is_forty_lines(api: RunningApi, tmp_path: Path) -> None:
    """A website gets its deployment, follows changes, is mended, and the program may be killed and started again."""
    assert len([line for line in controller().splitlines() if line.strip()]) <= MOST_LINES
    client = Client.connect(from_kubeconfig(api.kubeconfig))
    site = {"apiVersion": "example.org/v1", "kind": "Website", "metadata": {"name": "shop"}, "spec": {"image": "a:1"}}
    try:
        async with running(api, tmp_path):
            await define_and_create(client, site)
            made = await seen(client, DEPLOYMENTS, "shop", 1)
            assert made["metadata"]["ownerReferences"][0]["kind"] == "Website"
            await client.patch(WEBSITES, "shop", {"spec": {"replicas": 3}}, namespace="default", kind=MERGE)
            await seen(client, DEPLOYMENTS, "shop", 3)
            await client.delete(DEPLOYMENTS, "shop", "default")
            await seen(client, DEPLOYMENTS, "shop", 3)
        await client.patch(WEBSITES, "shop", {"spec": {"replicas": 2}}, namespace="default", kind=MERGE)
        async with running(api, tmp_path):
            await seen(client, DEPLOYMENTS, "shop", 2)
        with pytest.raises(ApiError, match="spec.image: Required value"):
            await client.create(WEBSITES, site | {"metadata": {"name": "bad"}, "spec": {}}, namespace="default")
    finally:
        await client.close()
