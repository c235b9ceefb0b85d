"""The whole network of a host as one process: killed at any moment, it leaves everything serving and comes back."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from ipaddress import IPv4Network
from pathlib import Path
from typing import Any

import pytest

from bouvier.meta.resources import NODES, SERVICECIDRS
from bouvier.network import namespaces
from bouvier.network.addresses.types import PodRef
from bouvier.network.balancer import process
from bouvier.network.host import HostNetwork, NetworkNotReadyError, NetworkSettings
from bouvier.network.purge import purge
from tests.e2e.network.test_balancer import ingress
from tests.e2e.network.world import (
    DEADLINE_SECONDS,
    NODE,
    PLATFORM_ID,
    FedInformers,
    SimulatedPod,
    curl,
    endpoint,
    endpoint_slice,
    run,
    service,
)

NODE_OBJECT = {"metadata": {"name": NODE}, "spec": {"podCIDR": "10.42.0.0/24"}}


class Host:
    """A namespace with pods, and the network in a process beside this one or in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.pods: list[SimulatedPod] = []
        self.process: subprocess.Popen[bytes] | None = None

    def sandbox(self, name: str) -> SimulatedPod:
        script = str(Path(__file__).with_name("pod_server.py"))
        started = subprocess.Popen(["unshare", "-n", sys.executable, script, name, "8080"], stdout=subprocess.PIPE)
        assert started.stdout is not None
        assert started.stdout.readline() == b"ready\n"
        pod = SimulatedPod(PodRef("default", name, f"uid-{name}"), started)
        self.pods.append(pod)
        return pod

    def start(self, **objects: list[Any]) -> None:
        self.feed(**objects)
        script = str(Path(__file__).with_name("run_host.py"))
        root = str(Path(__file__).parents[3])
        environment = os.environ | {"PYTHONPATH": f"{root}/src:{root}"}
        self.process = subprocess.Popen([sys.executable, script, str(self.folder)], env=environment)

    def feed(self, **objects: list[Any]) -> None:
        draft = self.folder / "objects.json.next"
        draft.write_text(json.dumps({"nodes": [NODE_OBJECT]} | objects))
        draft.replace(self.folder / "objects.json")

    def kill(self) -> None:
        assert self.process is not None
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()


@pytest.fixture
async def host(tmp_path: Path) -> AsyncIterator[Host]:
    """A bare namespace, cleaned up afterwards."""
    if os.geteuid() != 0:
        pytest.skip("needs root: makes network namespaces")
    with namespaces.opened() as home:
        namespaces.create()
        made = Host(tmp_path)
        try:
            run("ip", "link", "set", "lo", "up")
            yield made
        finally:
            if made.process:
                made.kill()
            await process.end(tmp_path / "network" / "balancer")
            for pod in made.pods:
                pod.process.kill()
                pod.process.communicate()
            namespaces.enter(home)


def balancers(folder: Path) -> set[int]:
    """Return HAProxy's masters; workers change with every reload, and a former one ends when its requests have."""
    found = set(process.running_in(folder))
    return {pid for pid in found if parent_of(pid) not in found | {0}}


def parent_of(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    except OSError:
        return 0


async def answered(*command: str, begins: str) -> None:
    """Wait until a command's output begins with a text."""
    async with asyncio.timeout(DEADLINE_SECONDS):
        while True:
            done = await asyncio.to_thread(subprocess.run, command, capture_output=True, text=True)
            if done.stdout.startswith(begins):
                return


async def test_network_outlives_its_process(host: Host) -> None:
    """Services, names and Ingresses work; killed, all but names serve on; started again, it follows what changed."""
    one, two = host.sandbox("one"), host.sandbox("two")
    informers = FedInformers()
    informers.informer(NODES).set(NODE_OBJECT)
    settings = NetworkSettings(platform_id=PLATFORM_ID, node_name=NODE, folder=host.folder / "network")
    agent = HostNetwork(settings, informers)
    running = asyncio.create_task(agent.run())
    one.address = (await agent.attach(one.ref, one.process.pid)).primary
    two.address = (await agent.attach(two.ref, two.process.pid)).primary
    running.cancel()
    agent.close()
    await asyncio.gather(running, return_exceptions=True)

    objects = {
        "services": [service("web")],
        "ingresses": [ingress("web", ("web.example", "Prefix", "/", "web"))],
    }
    by_name = (
        "nsenter",
        "-t",
        str(two.process.pid),
        "-n",
        "dig",
        "+short",
        "@10.43.0.10",
        "web.default.svc.cluster.local",
    )
    by_host = ("curl", "-s", "--max-time", "2", "-H", "Host: web.example", "http://127.0.0.1/")
    by_address = ("curl", "-s", "--max-time", "2", "http://10.43.0.100/")
    host.start(**objects, endpointslices=[endpoint_slice("web", endpoint(one.address))])
    await answered(*by_address, begins="one ")
    await answered(*by_host, begins="one ")
    await answered(*by_name, begins="10.43.0.100")
    before = balancers(host.folder / "network" / "balancer")

    host.kill()
    assert curl("http://10.43.0.100/").startswith("one ")
    assert run(*by_host).startswith("one ")

    host.start(**objects, endpointslices=[endpoint_slice("web", endpoint(two.address))])
    await answered(*by_address, begins="two ")
    await answered(*by_host, begins="two ")
    await answered(*by_name, begins="10.43.0.100")
    assert balancers(host.folder / "network" / "balancer") == before
    await answered("cat", str(host.folder / "status"), begins="well")

    host.kill()
    for pod in host.pods:
        pod.process.kill()
    await purge(PLATFORM_ID, host.folder / "network")
    assert "bv-" not in run("ip", "-br", "link")
    assert "bouvier" not in run("nft", "list", "tables")
    assert process.running_in(host.folder / "network" / "balancer") == []


async def test_pods_keep_their_addresses(host: Host) -> None:
    """A new process knows the pods of the former one before anything else is known, and gives nobody else's address."""
    informers = FedInformers()
    settings = NetworkSettings(
        platform_id=PLATFORM_ID, node_name=NODE, folder=host.folder / "network", pods=IPv4Network("10.42.0.0/24")
    )
    one, two = host.sandbox("one"), host.sandbox("two")
    first = HostNetwork(settings, informers)
    running = asyncio.create_task(first.run())
    address = (await first.attach(one.ref, one.process.pid)).primary
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    first.close()

    second = HostNetwork(settings, informers)
    assert (await second.observe())[one.ref.uid].primary == address
    running = asyncio.create_task(second.run())
    assert (await second.attach(one.ref, one.process.pid)).primary == address
    assert (await second.attach(two.ref, two.process.pid)).primary != address
    assert curl(f"http://{address}:8080/").startswith("one ")

    await second.detach(one.ref)
    assert one.ref.uid not in await second.observe()
    assert run("ip", "-br", "link", "show", "type", "veth").count("v" + PLATFORM_ID) == 1
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    second.close()


async def test_leftover_interfaces_are_removed(host: Host) -> None:
    """An interface whose lease is gone is removed at the next start."""
    run("ip", "link", "add", f"v{PLATFORM_ID}0a2a0009", "type", "veth", "peer", "name", "x0")
    run("ip", "link", "add", "vffffff0a2a0009", "type", "veth", "peer", "name", "x1")
    settings = NetworkSettings(
        platform_id=PLATFORM_ID, node_name=NODE, folder=host.folder / "network", pods=IPv4Network("10.42.0.0/24")
    )
    network = HostNetwork(settings, FedInformers())
    running = asyncio.create_task(network.run())
    async with asyncio.timeout(DEADLINE_SECONDS):
        while not network.status().is_ready:
            await asyncio.sleep(0.01)

    assert f"v{PLATFORM_ID}" not in run("ip", "-br", "link")
    assert "vffffff0a2a0009" in run("ip", "-br", "link")
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    network.close()


async def test_more_ranges_of_services_are_followed(host: Host) -> None:
    """A ServiceCIDR brings a route and the refusal of unused addresses; both go with it, and bad luck harms nothing."""
    run("ip", "link", "add", "other0", "type", "bridge")
    run("ip", "addr", "add", "198.51.100.1/24", "dev", "other0")
    run("ip", "link", "set", "other0", "up")
    settings = NetworkSettings(
        platform_id=PLATFORM_ID, node_name=NODE, folder=host.folder / "network", pods=IPv4Network("10.42.0.0/24")
    )
    informers = FedInformers()
    network = HostNetwork(settings, informers)
    running = asyncio.create_task(network.run())
    cidrs = informers.informer(SERVICECIDRS)
    cidrs.set({"metadata": {"name": "kubernetes"}, "spec": {"cidrs": ["10.43.0.0/16"]}})
    cidrs.set({"metadata": {"name": "more"}, "spec": {"cidrs": ["203.0.113.0/24", "fd00::/64"]}})
    cidrs.set({"metadata": {"name": "taken"}, "spec": {"cidrs": ["198.51.100.0/24"]}})

    async def is_followed(*, follows: bool) -> None:
        async with asyncio.timeout(DEADLINE_SECONDS):
            while True:
                done = subprocess.run(["nft", "list", "table", "ip", f"bouvier_{PLATFORM_ID}"], capture_output=True)
                routed = f"203.0.113.0/24 dev {network._parts.links.settings.bridge}" in run("ip", "route")
                if routed is follows and (b"203.0.113.0/24" in done.stdout) is follows and done.returncode == 0:
                    return
                await asyncio.sleep(0.02)

    await network._links()
    await is_followed(follows=True)
    assert "198.51.100.0/24 dev other0" in run("ip", "route")
    cidrs.delete("more")
    await is_followed(follows=False)
    assert not network.status().problems
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    network.close()


async def test_a_range_of_somebody_else_is_not_taken(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    """When another interface has our range, attaching fails with its name and the way out."""
    monkeypatch.setattr("bouvier.network.host.READY_SECONDS", 0.5)
    run("ip", "link", "add", "other0", "type", "bridge")
    run("ip", "addr", "add", "10.42.0.1/24", "dev", "other0")
    run("ip", "link", "set", "other0", "up")
    settings = NetworkSettings(
        platform_id=PLATFORM_ID, node_name=NODE, folder=host.folder / "network", pods=IPv4Network("10.42.0.0/24")
    )
    network = HostNetwork(settings, FedInformers())
    running = asyncio.create_task(network.run())
    with pytest.raises(NetworkNotReadyError, match=r"10\.42\.0\.0/24 leads to other0"):
        await network.attach(PodRef("default", "x", "x"), os.getpid())
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    network.close()
