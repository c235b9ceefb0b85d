"""kr8s, the simple client: it discovers, reads, writes, waits and scales unmodified."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import kr8s.asyncio
import pytest
from kr8s.asyncio.objects import ConfigMap, Deployment, Namespace, new_class

from tests.support.apiserver import RunningApi

pytestmark = pytest.mark.filterwarnings("ignore:Kubernetes version .* is not supported")  # newer than the client

DEPLOYMENT = {
    "metadata": {"name": "web", "namespace": "team"},
    "spec": {
        "replicas": 1,
        "selector": {"matchLabels": {"app": "web"}},
        "template": {
            "metadata": {"labels": {"app": "web"}},
            "spec": {"containers": [{"name": "web", "image": "registry.example/web:1"}]},
        },
    },
}


@pytest.fixture
async def client(api: RunningApi) -> AsyncIterator[Any]:
    """Connect; the library itself leaves its connections to the end of the program."""
    connected = await kr8s.asyncio.api(kubeconfig=str(api.kubeconfig))
    yield connected
    await connected._session.aclose()


async def test_objects_are_written_read_and_scaled(client: Any) -> None:
    """The way through its documentation: create, get by selector, label, scale, patch, delete."""
    await (await Namespace({"metadata": {"name": "team"}}, api=client)).create()
    web = await Deployment(DEPLOYMENT, api=client)
    await web.create()
    await web.label({"tier": "front"})
    await web.scale(3)
    await web.refresh()
    assert web.replicas == 3
    await web.patch({"metadata": {"annotations": {"note": "here"}}})
    found = [one async for one in client.get("deployments", namespace="team", label_selector={"tier": "front"})]
    assert [one.name for one in found] == ["web"]
    assert found[0].annotations["note"] == "here"
    assert [one.name async for one in client.get("deploy.apps", "web", namespace="team")] == ["web"]
    assert await web.exists()
    await web.delete()
    assert not await web.exists()


async def test_changes_are_watched(client: Any) -> None:
    """Events come in their order."""
    seen: list[tuple[str, str]] = []

    async def watch() -> None:
        async for kind, obj in client.watch("configmaps", namespace="default", label_selector={"mine": "yes"}):
            seen.append((kind, obj.name))
            if kind == "DELETED":
                return

    task = asyncio.create_task(watch())
    colours = await ConfigMap({"metadata": {"name": "colours", "labels": {"mine": "yes"}}, "data": {}}, api=client)
    await colours.create()
    await colours.patch({"data": {"sky": "blue"}})
    async with asyncio.timeout(60):
        while not seen:
            await asyncio.sleep(0.05)
        await colours.delete()
        await task
    assert seen[0] == ("ADDED", "colours")
    assert seen[-1] == ("DELETED", "colours")


async def test_kinds_made_at_run_time_and_refusals(client: Any) -> None:
    """What is not there is an error of its own kind, and the API's version and resources are known."""
    assert (await client.version())["gitVersion"].startswith("v1.")
    assert any(one["kind"] == "StatefulSet" for one in await client.api_resources())
    await (await Namespace({"metadata": {"name": "other"}}, api=client)).create()
    with pytest.raises(kr8s.NotFoundError):
        await Deployment.get("absent", namespace="other", api=client)
    with pytest.raises(kr8s.ServerError, match="already exists"):
        await (await Namespace({"metadata": {"name": "other"}}, api=client)).create()
    lease = new_class("Lease", "coordination.k8s.io/v1", asyncio=True)
    made = await lease(
        {"metadata": {"name": "turn", "namespace": "other"}, "spec": {"holderIdentity": "me"}}, api=client
    )
    await made.create()
    assert made.spec.holderIdentity == "me"
