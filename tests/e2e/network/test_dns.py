"""The name server asked by `dig` from a pod."""

import asyncio
from ipaddress import IPv4Address
from pathlib import Path

import pytest

from bouvier.meta.resources import ENDPOINTSLICES, SERVICES
from bouvier.network.dns.server import DnsServer, DnsSettings
from bouvier.network.service_watch import ServiceWatch
from tests.e2e.network.world import (
    DNS,
    PLATFORM,
    SERVICE_RANGE,
    SimulatedPod,
    World,
    endpoint,
    endpoint_slice,
    run,
    service,
)


@pytest.fixture
async def client(world: World, tmp_path: Path) -> SimulatedPod:
    """A pod beside a running name server that knows one other server, which is dead."""
    (tmp_path / "resolv.conf").write_text(f"nameserver 127.0.0.9\nnameserver {DNS}\n")
    settings = DnsSettings(
        listen=(DNS,), services=SERVICE_RANGE, platform=PLATFORM, resolv_conf=tmp_path / "resolv.conf"
    )
    server = DnsServer(settings, ServiceWatch(world.informers), world.links.leases)
    world.links.on_change(server.pods_changed)
    world.start(server)
    await asyncio.wait_for(server.listening.wait(), 5)
    return await world.pod("client")


async def dig(pod: SimulatedPod, *arguments: str) -> str:
    command = ("dig", "+tries=1", "+time=6", f"@{DNS}", *arguments)
    return await asyncio.to_thread(pod.run, *command)


async def short(pod: SimulatedPod, *arguments: str) -> list[str]:
    return sorted((await dig(pod, "+short", *arguments)).splitlines())


async def test_service_names(world: World, client: SimulatedPod) -> None:
    """A Service has its address, its named ports, and its address points back; the host's resolver works the same."""
    ports = [{"name": "http", "port": 80, "protocol": "TCP"}]
    world.informers.informer(SERVICES).set(service("web", ports=ports))

    assert await short(client, "web.default.svc.cluster.local") == ["10.43.0.100"]
    assert await short(client, "WEB.default.SVC.cluster.local") == ["10.43.0.100"]
    assert await short(client, "SRV", "_http._tcp.web.default.svc.cluster.local") == [
        "0 100 80 web.default.svc.cluster.local."
    ]
    assert await short(client, "-x", "10.43.0.100") == ["web.default.svc.cluster.local."]
    assert await asyncio.to_thread(run, "dig", "+short", f"@{DNS}", "web.default.svc.cluster.local") == "10.43.0.100"


async def test_headless_service(world: World, client: SimulatedPod) -> None:
    """A headless Service answers its ready endpoints, each also under its own name; over TCP when they are many."""
    named = endpoint("10.42.0.5") | {"hostname": "db-0"}
    sick = endpoint("10.42.0.6", ready=False, serving=False)
    world.informers.informer(SERVICES).set(service("db", "None", ports=[{"name": "sql", "port": 5432}]))
    world.informers.informer(ENDPOINTSLICES).set(endpoint_slice("db", named, sick, port=5432, port_name="sql"))

    assert await short(client, "db.default.svc.cluster.local") == ["10.42.0.5"]
    assert await short(client, "db-0.db.default.svc.cluster.local") == ["10.42.0.5"]
    assert await short(client, "SRV", "_sql._tcp.db.default.svc.cluster.local") == [
        "0 100 5432 db-0.db.default.svc.cluster.local."
    ]

    many = [endpoint(f"10.42.1.{n}") for n in range(1, 201)]
    world.informers.informer(ENDPOINTSLICES).set(endpoint_slice("db", *many, port=5432, port_name="sql"))
    assert len(await short(client, "db.default.svc.cluster.local")) == 200


async def test_names_that_do_not_exist(world: World, client: SimulatedPod) -> None:
    """An unknown name is NXDOMAIN with the zone's SOA; a known one without the type asked is an empty answer."""
    world.informers.informer(SERVICES).set(service("web"))

    missing = await dig(client, "gone.default.svc.cluster.local")
    assert "status: NXDOMAIN" in missing
    assert "SOA\tns.dns.cluster.local." in missing
    for empty in (("AAAA", "web.default.svc.cluster.local"), ("default.svc.cluster.local",)):
        answer = await dig(client, *empty)
        assert "status: NOERROR" in answer, answer
        assert "ANSWER: 0" in answer


async def test_pod_names(world: World, client: SimulatedPod) -> None:
    """A pod has a name by its address, and the address of a pod of this host points back to it."""
    name = f"{client.address.replace('.', '-')}.default.pod.cluster.local"

    assert await short(client, name) == [client.address]
    assert await short(client, "-x", client.address) == [f"{name}."]


async def test_alias_inside_the_cluster(world: World, client: SimulatedPod) -> None:
    """An ExternalName that names another Service is followed."""
    world.informers.informer(SERVICES).set(service("web"))
    alias = service("alias", "", type="ExternalName", externalName="web.default.svc.cluster.local")
    world.informers.informer(SERVICES).set(alias)

    answers = await short(client, "alias.default.svc.cluster.local")
    assert answers == ["10.43.0.100", "web.default.svc.cluster.local."]


async def test_no_other_server_fails_in_time(world: World, client: SimulatedPod) -> None:
    """Names outside the cluster fail with SERVFAIL, not with silence, when no other server answers."""
    assert "status: SERVFAIL" in await dig(client, "example.com")


async def test_other_names_are_passed_on(world: World, client: SimulatedPod, tmp_path: Path) -> None:
    """Names outside the cluster, and what points to them, are answered by the host's own name server."""
    other = IPv4Address("127.0.0.8")
    settings = DnsSettings(listen=(other,), services=SERVICE_RANGE, platform=PLATFORM, domain="example.com")
    upstream = DnsServer(settings, ServiceWatch(world.informers))
    world.start(upstream)
    await asyncio.wait_for(upstream.listening.wait(), 5)
    (tmp_path / "resolv.conf").write_text("nameserver 127.0.0.8\n")
    world.informers.informer(SERVICES).set(service("web"))
    alias = service("far", "", type="ExternalName", externalName="ns.dns.example.com")
    world.informers.informer(SERVICES).set(alias)

    assert await short(client, "ns.dns.example.com") == ["127.0.0.8"]
    assert await short(client, "far.default.svc.cluster.local") == ["127.0.0.8", "ns.dns.example.com."]
    assert "status: NXDOMAIN" in await dig(client, "nothing.example.com")
