"""Living servers: their Leases, and the endpoints of `kubernetes`."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from bouvier.apiserver.servers import leases
from bouvier.apiserver.servers.leases import Address, Sightings, lease_name, lease_object
from bouvier.client import Client, Endpoint
from bouvier.meta.resources import ENDPOINTS, ENDPOINTSLICES, LEASES
from bouvier.store.etcd.store import EtcdStore
from tests.support.apiserver import RunningApi, running_api
from tests.support.etcd import Etcd, running_etcd
from tests.support.waiting import eventually

HOSTS = ("192.0.2.1", "192.0.2.2", "192.0.2.3")


class Farm:
    """Servers on one etcd, one folder each with the same keys."""

    def __init__(self, folder: Path, etcd: Etcd, stack: AsyncExitStack) -> None:
        self._folder = folder
        self._address = etcd.address()
        self._stack = stack
        self._running: dict[str, AsyncExitStack] = {}

    async def start(self, host: str, port: int = 6443) -> RunningApi:
        own = self._folder / host
        keys = next(iter(self._folder.iterdir()), None)
        if keys is None:
            own.mkdir()
        elif not own.exists():
            shutil.copytree(keys, own, ignore=shutil.ignore_patterns("*.sock", "kubeconfig"))
        stack = AsyncExitStack()
        store = await EtcdStore.open(self._address)
        api = await stack.enter_async_context(running_api(own, store, endpoint=(host, port)))
        self._running[host] = stack
        self._stack.push_async_callback(stack.aclose)
        return api

    async def stop(self, host: str) -> None:
        await self._running.pop(host).aclose()


@pytest.fixture
async def farm(tmp_path: Path) -> AsyncIterator[Farm]:
    with running_etcd() as etcd:
        async with AsyncExitStack() as stack:
            yield Farm(tmp_path, etcd, stack)


async def client_of(api: RunningApi, stack: AsyncExitStack) -> Client:
    client = Client.connect(Endpoint(unix_socket=str(api.socket), token=api.token()))
    stack.push_async_callback(client.close)
    return client


async def hosts_of(client: Client) -> dict[int, list[str]]:
    items = (await client.list(ENDPOINTSLICES, "default", label_selector="kubernetes.io/service-name=kubernetes")).items
    return {piece["ports"][0]["port"]: [one["addresses"][0] for one in piece["endpoints"]] for piece in items}


async def test_every_server_is_an_endpoint_while_it_lives(farm: Farm) -> None:
    """Two servers are listed by both forms of endpoints; one that stops in order goes at once, with its Lease."""
    async with AsyncExitStack() as stack:
        client = await client_of(await farm.start(HOSTS[0]), stack)
        await farm.start(HOSTS[1])
        await eventually(lambda: _is(client, {6443: [HOSTS[0], HOSTS[1]]}))
        old = await client.get(ENDPOINTS, "kubernetes", "default")
        assert [one["ip"] for one in old["subsets"][0]["addresses"]] == [HOSTS[0], HOSTS[1]]
        selector = "apiserver.kubernetes.io/identity=kube-apiserver"
        names = {
            one["metadata"]["name"] for one in (await client.list(LEASES, "kube-system", label_selector=selector)).items
        }
        assert names == {lease_name(Address(host, 6443)) for host in HOSTS[:2]}

        await farm.stop(HOSTS[1])
        await eventually(lambda: _is(client, {6443: [HOSTS[0]]}))
        assert len((await client.list(LEASES, "kube-system", label_selector=selector)).items) == 1


async def test_servers_on_other_ports_are_listed_too(farm: Farm) -> None:
    """A slice has one list of ports: each port has its own slice, the lowest one's is called kubernetes."""
    async with AsyncExitStack() as stack:
        client = await client_of(await farm.start(HOSTS[0], 7443), stack)
        await farm.start(HOSTS[1], 6443)
        await eventually(lambda: _is(client, {6443: [HOSTS[1]], 7443: [HOSTS[0]]}))
        assert (await client.get(ENDPOINTSLICES, "kubernetes", "default"))["ports"][0]["port"] == 6443


async def test_a_dead_server_is_written_out(farm: Farm, monkeypatch: pytest.MonkeyPatch) -> None:
    """A Lease that nobody renews loses its endpoint after its duration, and is removed later."""
    monkeypatch.setattr(leases, "RENEW_SECONDS", 0.2)
    async with AsyncExitStack() as stack:
        api = await farm.start(HOSTS[0])
        api.server._presence._renew_seconds = 0.2
        client = await client_of(api, stack)
        dead = lease_object(Address(HOSTS[2], 6443), "gone", "h")
        dead["spec"]["leaseDurationSeconds"] = 1
        await client.create(LEASES, dead)
        await eventually(lambda: _is(client, {6443: [HOSTS[0], HOSTS[2]]}))
        await eventually(lambda: _is(client, {6443: [HOSTS[0]]}))
        monkeypatch.setattr(leases, "FORGOTTEN_SECONDS", 0.5)

        async def is_forgotten() -> bool:
            found = await client.list(LEASES, "kube-system")
            return dead["metadata"]["name"] not in {one["metadata"]["name"] for one in found.items}

        await eventually(is_forgotten)
        assert await _is(client, {6443: [HOSTS[0]]})


async def _is(client: Client, wanted: dict[int, list[str]]) -> bool:
    await asyncio.sleep(0)
    return await hosts_of(client) == wanted


def test_sightings_use_the_own_clock() -> None:
    """Age counts from when a change was seen, whatever the Lease's own time says."""
    seen = Sightings()
    lease = {"metadata": {"name": "a"}, "spec": {"renewTime": "1990-01-01T00:00:00.000000Z"}}
    assert seen.ages([lease], 100.0) == {"a": 0.0}
    assert seen.ages([lease], 130.0) == {"a": 30.0}
    renewed = {"metadata": {"name": "a"}, "spec": {"renewTime": "1990-01-01T00:00:10.000000Z"}}
    assert seen.ages([renewed], 131.0) == {"a": 0.0}
    assert seen.ages([], 132.0) == {}
