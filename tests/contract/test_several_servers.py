"""Two API servers on one etcd: each serves what the other wrote, at once."""

import asyncio
import json
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bouvier.client import Client, Endpoint
from bouvier.meta.errors import ApiError
from bouvier.meta.resources import CONFIGMAPS, NAMESPACES
from bouvier.store.etcd.store import EtcdStore
from tests.support.apiserver import RunningApi, running_api
from tests.support.etcd import running_etcd


@pytest.fixture
async def servers(tmp_path: Path) -> AsyncIterator[tuple[RunningApi, RunningApi]]:
    one, two = tmp_path / "one", tmp_path / "two"
    one.mkdir()
    with running_etcd() as etcd:
        address = etcd.address()
        async with running_api(one, await EtcdStore.open(address)) as first:
            shutil.copytree(one, two, ignore=shutil.ignore_patterns("*.sock", "kubeconfig"))
            async with running_api(two, await EtcdStore.open(address)) as second:
                yield first, second


def client_of(api: RunningApi) -> Client:
    return Client.connect(Endpoint(unix_socket=str(api.socket), token=api.token()))


async def test_a_write_at_one_is_read_at_the_other(servers: tuple[RunningApi, RunningApi]) -> None:
    """Whoever reads after an acknowledged write sees it, whichever server each asked."""
    one, two = map(client_of, servers)
    for number in range(50):
        name = f"c{number}"
        await one.create(CONFIGMAPS, {"metadata": {"name": name, "namespace": "default"}, "data": {"n": str(number)}})
        assert (await two.get(CONFIGMAPS, name, "default"))["data"] == {"n": str(number)}
        assert name in [c["metadata"]["name"] for c in (await two.list(CONFIGMAPS, "default")).items]
    await one.close()
    await two.close()


async def test_writers_at_both_never_overwrite_each_other(servers: tuple[RunningApi, RunningApi]) -> None:
    """Counting up with resourceVersions from both sides loses no step."""
    clients = [client_of(api) for api in servers]
    await clients[0].create(CONFIGMAPS, {"metadata": {"name": "sum", "namespace": "default"}, "data": {"n": "0"}})

    async def count(client: Client) -> None:
        done = 0
        while done < 25:
            found = await client.get(CONFIGMAPS, "sum", "default")
            found["data"]["n"] = str(int(found["data"]["n"]) + 1)
            try:
                await client.update(CONFIGMAPS, found)
            except ApiError as error:
                assert error.reason == "Conflict"
                continue
            done += 1

    await asyncio.gather(*map(count, clients))
    assert (await clients[1].get(CONFIGMAPS, "sum", "default"))["data"] == {"n": "50"}
    for client in clients:
        await client.close()


async def test_kubectl_does_not_notice(servers: tuple[RunningApi, RunningApi]) -> None:
    """A namespace made at one is used at the other, and its service account comes along."""
    one, two = servers
    await one.kubectl("create", "namespace", "shared")
    await two.kubectl("-n", "shared", "create", "configmap", "c", "--from-literal=a=b")
    shown = json.loads(await one.kubectl("-n", "shared", "get", "configmap", "c", "-o", "json"))
    assert shown["data"] == {"a": "b"}
    client = client_of(two)
    assert "shared" in [n["metadata"]["name"] for n in (await client.list(NAMESPACES)).items]
    await client.close()
