from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bouvier.client import Client, Endpoint
from bouvier.meta.errors import ApiError
from bouvier.scheduler.binding import bind
from tests.support.small_api import SmallApi
from tests.unit.scheduler.objects import pod

PATH = "api/v1/pods"
BINDING = "POST /api/v1/namespaces/x/pods/p/binding"


@pytest.fixture
async def api(tmp_path: Path) -> AsyncIterator[SmallApi]:
    server = SmallApi()
    await server.start(tmp_path / "api.sock")
    yield server
    await server.stop()


@pytest.fixture
async def client(api: SmallApi, tmp_path: Path) -> AsyncIterator[Client]:
    client = Client.connect(Endpoint(unix_socket=str(tmp_path / "api.sock")))
    yield client
    await client.close()


async def test_bound(api: SmallApi, client: Client) -> None:
    """A bind that succeeds returns the pod with its host."""
    waiting = api.put(PATH, "x", pod("p"))
    bound = await bind(client, waiting, "n1")
    assert bound["spec"]["nodeName"] == "n1"
    assert api.bindings == [("x/p", "n1")]


async def test_lost_answer_is_looked_up(api: SmallApi, client: Client) -> None:
    """When the answer of a bind that happened is lost, the pod counts as bound and is not bound again."""
    waiting = api.put(PATH, "x", pod("p"))
    api.lose_answers = 1
    bound = await bind(client, waiting, "n1")
    assert bound["spec"]["nodeName"] == "n1"
    assert api.bindings == [("x/p", "n1")]


async def test_somebody_else_was_faster(api: SmallApi, client: Client) -> None:
    """A pod that has another host already is returned with that host."""
    waiting = api.put(PATH, "x", pod("p"))
    api.put(PATH, "x", pod("p", nodeName="n2"))
    api.refuse[BINDING] = (409, "Conflict")
    assert (await bind(client, waiting, "n1"))["spec"]["nodeName"] == "n2"


async def test_pod_is_gone(api: SmallApi, client: Client) -> None:
    """A pod that was deleted, or replaced by another of its name, is not bound."""
    waiting = api.put(PATH, "x", pod("p"))
    api.remove(PATH, "x", "p")
    assert await bind(client, waiting, "n1") is None
    other = pod("p", nodeName="n2")
    other["metadata"]["uid"] = "another"
    api.put(PATH, "x", other)
    api.refuse[BINDING] = (409, "Conflict")
    with pytest.raises(ApiError):
        await bind(client, waiting, "n1")


async def test_refusal_is_raised(api: SmallApi, client: Client) -> None:
    """A refusal that leaves the pod without a host is the caller's to handle."""
    waiting = api.put(PATH, "x", pod("p"))
    api.refuse[BINDING] = (403, "Forbidden")
    with pytest.raises(ApiError, match="Forbidden"):
        await bind(client, waiting, "n1")
