"""Numbers of Services: claimed before the Service, given back after it, never twice, whichever server is asked."""

import asyncio
import itertools
import shutil
from collections.abc import AsyncIterator
from ipaddress import IPv4Network
from pathlib import Path

import pytest

from bouvier.apiserver.build import ApiServer
from bouvier.client import Client, Endpoint
from bouvier.meta.errors import ApiError
from bouvier.meta.resources import IPADDRESSES, NODEPORTCLAIMS, SERVICECIDRS, SERVICES
from bouvier.store.etcd.store import EtcdStore
from tests.support.apiserver import RunningApi, running_api
from tests.support.etcd import running_etcd

OTHERS = "203.0.113.0/24"
"""A range for documentation (RFC 5737)."""


def service(name: str, **spec: object) -> dict:
    ports = spec.pop("ports", [{"port": 80}])
    return {"metadata": {"name": name, "namespace": "default"}, "spec": {"ports": ports} | spec}


def client_of(api: RunningApi) -> Client:
    return Client.connect(Endpoint(unix_socket=str(api.socket), token=api.token()))


@pytest.fixture
async def api(tmp_path: Path) -> AsyncIterator[RunningApi]:
    async with running_api(tmp_path) as running:
        yield running


@pytest.fixture
async def client(api: RunningApi) -> AsyncIterator[Client]:
    made = client_of(api)
    yield made
    await made.close()


async def claims(client: Client, of: str) -> set[str]:
    found = [*(await client.list(IPADDRESSES)).items, *(await client.list(NODEPORTCLAIMS)).items]
    return {c["metadata"]["name"] for c in found if c["spec"]["parentRef"]["name"] == of}


async def test_the_platform_has_its_range(client: Client) -> None:
    """The ServiceCIDR `kubernetes` is there and ready, and the Service `kubernetes` has claimed its address."""
    found = await client.get(SERVICECIDRS, "kubernetes")
    assert found["spec"] == {"cidrs": ["10.43.0.0/16"]}
    assert [(c["type"], c["status"]) for c in found["status"]["conditions"]] == [("Ready", "True")]
    address = await client.get(IPADDRESSES, "10.43.0.1")
    parent = {"group": "", "resource": "services", "namespace": "default", "name": "kubernetes"}
    assert address["spec"]["parentRef"] == parent
    assert address["metadata"]["labels"]["ipaddress.kubernetes.io/managed-by"] == "ipallocator.k8s.io"
    assert address["metadata"]["labels"]["ipaddress.kubernetes.io/ip-family"] == "IPv4"


async def test_claims_come_and_go_with_the_service(client: Client) -> None:
    """Creating claims address and ports, changing the type gives ports back, deleting gives back all."""
    made = await client.create(SERVICES, service("web", type="NodePort", ports=[{"name": "a", "port": 80}]))
    address, port = made["spec"]["clusterIP"], made["spec"]["ports"][0]["nodePort"]
    assert await claims(client, "web") == {address, str(port)}

    await client.patch(SERVICES, "web", {"spec": {"type": "ClusterIP"}}, namespace="default")
    assert await claims(client, "web") == {address}
    more = {"spec": {"type": "NodePort", "ports": [{"name": "a", "port": 80, "nodePort": 31234}]}}
    await client.patch(SERVICES, "web", more, namespace="default")
    assert await claims(client, "web") == {address, "31234"}
    await client.patch(SERVICES, "web", {"spec": {"type": "ExternalName", "externalName": "a.b", "clusterIP": None,
                                                  "clusterIPs": None}}, namespace="default")  # fmt: skip
    assert await claims(client, "web") == set()

    await client.delete(SERVICES, "web", "default")
    again = await client.create(SERVICES, service("next", clusterIP=address))
    assert again["spec"]["clusterIP"] == address


async def test_what_is_not_stored_claims_nothing(client: Client) -> None:
    """Neither a dry run, nor a name that is taken, nor an invalid Service leaves a claim behind."""
    await client.create(SERVICES, service("web"))
    before = len((await client.list(IPADDRESSES)).items)
    await client.create(SERVICES, service("dry", clusterIP="10.43.7.7"), dry_run=True)
    for wrong in (service("web", clusterIP="10.43.7.8"), service("bad", clusterIP="10.43.7.9", ports=[])):
        with pytest.raises(ApiError):
            await client.create(SERVICES, wrong)
    assert len((await client.list(IPADDRESSES)).items) == before


async def test_numbers_of_others_are_refused(client: Client) -> None:
    """An address or a port that a Service has, or that somebody else has claimed, is not given away."""
    await client.create(SERVICES, service("web", type="NodePort", clusterIP="10.43.7.7",
                                          ports=[{"port": 80, "nodePort": 31000}]))  # fmt: skip
    parent = {"group": "gateway", "resource": "gateways", "namespace": "default", "name": "g"}
    await client.create(IPADDRESSES, {"metadata": {"name": "10.43.7.8"}, "spec": {"parentRef": parent}})
    for address in ("10.43.7.7", "10.43.7.8"):
        with pytest.raises(ApiError, match=f"failed to allocate IP {address}: provided IP is already allocated"):
            await client.create(SERVICES, service("other", clusterIP=address))
    taken = service("other", type="NodePort", ports=[{"port": 80, "nodePort": 31000}])
    with pytest.raises(ApiError, match="provided port is already allocated"):
        await client.create(SERVICES, taken)


async def test_more_ranges(client: Client) -> None:
    """An address of another ServiceCIDR can be had while that range is ready and not being deleted."""
    with pytest.raises(ApiError, match="not in the valid range"):
        await client.create(SERVICES, service("web", clusterIP="203.0.113.10"))
    await client.create(
        SERVICECIDRS, {"metadata": {"name": "more", "finalizers": ["a.b/c"]}, "spec": {"cidrs": [OTHERS]}}
    )
    made = await client.create(SERVICES, service("web", clusterIP="203.0.113.10"))
    assert made["spec"]["clusterIPs"] == ["203.0.113.10"]
    await client.delete(SERVICECIDRS, "more")
    with pytest.raises(ApiError, match="not in the valid range"):
        await client.create(SERVICES, service("late", clusterIP="203.0.113.11"))
    await client.patch(SERVICES, "web", {"metadata": {"labels": {"a": "b"}}}, namespace="default")


async def test_a_full_range_says_so_and_another_one_helps(
    client: Client, api: RunningApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Five addresses serve five Services, the sixth is refused by name until there is a second range."""
    ranges = api.server.context.numbers.ranges
    both = [IPv4Network("10.43.9.0/29")]
    monkeypatch.setattr(ranges, "of", lambda _cluster: both)
    for number in range(6):
        await client.create(SERVICES, service(f"s{number}"))
    with pytest.raises(ApiError, match=r"range is full \(10.43.9.0/29\): delete services or add a ServiceCIDR"):
        await client.create(SERVICES, service("s6"))
    both.append(IPv4Network(OTHERS))
    made = await client.create(SERVICES, service("s6"))
    assert made["spec"]["clusterIP"].startswith("203.0.113.")


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


def narrow(server: ApiServer, monkeypatch: pytest.MonkeyPatch) -> None:
    numbers = server.context.numbers
    monkeypatch.setattr(numbers.ranges, "of", lambda _cluster: [IPv4Network("10.43.9.0/26")])
    monkeypatch.setattr(numbers, "node_ports", (31000, 31049))


async def test_two_servers_never_give_the_same_number_away(
    servers: tuple[RunningApi, RunningApi], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Fifty Services made at both at once, in ranges hardly larger, all get numbers of their own."""
    for server in servers:
        narrow(server.server, monkeypatch)
    clients = [client_of(api) for api in servers]
    wanted = [service(f"s{n}", type="NodePort") for n in range(50)]
    chosen = itertools.cycle(clients)
    made = await asyncio.gather(*(next(chosen).create(SERVICES, one) for one in wanted))
    assert len({one["spec"]["clusterIP"] for one in made}) == 50
    assert len({one["spec"]["ports"][0]["nodePort"] for one in made}) == 50
    for one in made:
        numbers = {one["spec"]["clusterIP"], str(one["spec"]["ports"][0]["nodePort"])}
        assert await claims(clients[0], one["metadata"]["name"]) == numbers
    for client in clients:
        await client.close()


async def test_one_address_asked_for_at_both_servers_is_had_once(servers: tuple[RunningApi, RunningApi]) -> None:
    """Of two Services that ask for the same address at the same time one is refused as Kubernetes would."""
    clients = [client_of(api) for api in servers]
    for attempt in range(10):
        address = f"10.43.8.{attempt + 1}"
        answers = await asyncio.gather(
            *(c.create(SERVICES, service(f"s{i}-{attempt}", clusterIP=address)) for i, c in enumerate(clients)),
            return_exceptions=True,
        )
        refused = [answer for answer in answers if isinstance(answer, ApiError)]
        assert [one.reason for one in refused] == ["Invalid"]
        assert "already allocated" in str(refused[0])
    for client in clients:
        await client.close()


async def test_node_ports_stay_with_the_names_of_ports(client: Client) -> None:
    """A manifest without node ports keeps those of ports of the same name, whatever else of them changed."""
    ports = [{"name": "a", "port": 80}, {"name": "b", "port": 81}]
    made = await client.create(SERVICES, service("named", type="NodePort", ports=ports))
    first = {port["name"]: port["nodePort"] for port in made["spec"]["ports"]}
    ports = [{"name": "b", "port": 8081}, {"name": "c", "port": 80}, {"name": "d", "port": 82, "nodePort": first["a"]}]
    again = service("named", type="NodePort", ports=ports)
    again["metadata"]["resourceVersion"] = made["metadata"]["resourceVersion"]
    changed = await client.update(SERVICES, again)
    now = {port["name"]: port["nodePort"] for port in changed["spec"]["ports"]}
    assert (now["b"], now["d"]) == (first["b"], first["a"])
    assert now["c"] not in first.values()
    assert changed["spec"]["clusterIP"] == made["spec"]["clusterIP"]
