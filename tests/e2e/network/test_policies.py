"""NetworkPolicies in the kernel: pods that may not be reached are not, from the first moment on."""

import asyncio
import subprocess
from collections.abc import AsyncIterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from bouvier.meta.objects import Obj
from bouvier.meta.resources import NAMESPACES, NETWORKPOLICIES, PODS
from bouvier.network.nftables import Context
from bouvier.network.policies import render
from bouvier.network.policies.enforcer import PolicyEnforcer, PolicySettings
from bouvier.network.policies.plan import Rules, plan
from tests.e2e.network.world import (
    DEADLINE_SECONDS,
    DNS,
    NODE,
    PLATFORM_ID,
    SimulatedPod,
    World,
    endpoint,
    endpoint_slice,
    run,
    service,
)
from tests.unit.network.policies.making import Cluster, clusters, policy

TABLE = render.Table(PLATFORM_ID, DNS)


class Enforced:
    """A host with an enforcer, and what its pods say of each other."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.policies = world.informers.informer(NETWORKPOLICIES)
        self.start()

    def start(self) -> None:
        found = PolicySettings(table=TABLE, node_name=NODE)
        world = self.world
        self.enforcer = PolicyEnforcer(found, world.informers, world.nftables, world.links.leases)
        world.links.on_change(self.enforcer.pods_changed)
        self.task = world.start(self.enforcer)

    async def kill(self) -> None:
        self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)

    async def pod(self, name: str, namespace: str = "default", **labels: str) -> SimulatedPod:
        made = await self.world.pod(name)
        metadata = {"namespace": namespace, "name": name, "uid": made.ref.uid, "labels": labels}
        ports = [{"name": "http", "containerPort": 8080}]
        spec = {"nodeName": NODE, "containers": [{"ports": ports}]}
        self.world.informers.informer(PODS).set({"metadata": metadata, "spec": spec, "status": {}})
        await self.settled()
        return made

    async def put(self, obj: Obj) -> None:
        self.policies.set(obj)
        await self.settled()

    async def settled(self) -> None:
        async with asyncio.timeout(DEADLINE_SECONDS):
            await self.enforcer.in_step.wait()


@pytest.fixture
async def enforced(world: World) -> AsyncIterator[Enforced]:
    """An enforcer in a fresh host, and two namespaces."""
    for name in ("default", "other"):
        labels = {"kubernetes.io/metadata.name": name}
        world.informers.informer(NAMESPACES).set({"metadata": {"name": name, "labels": labels}})
    return Enforced(world)


def reaches(pod: SimulatedPod, url: str) -> bool:
    """Tell whether a pod gets an answer; what is dropped is waited for a little only."""
    command = ["nsenter", "-t", str(pod.process.pid), "-n", "curl", "-s", "--max-time", "1", url]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


async def test_policies_hold_and_go(enforced: Enforced) -> None:
    """Closed by a policy, opened for some by another, by a Service's address too; the host always gets in."""
    web, near = await enforced.pod("web", app="web"), await enforced.pod("near", app="near")
    far = await enforced.pod("far", "other", app="far")
    await enforced.world.publish(service("web"), endpoint_slice("web", endpoint(web.address)))
    direct, by_service = f"http://{web.address}:8080/", "http://10.43.0.100/"
    assert reaches(near, direct)
    assert reaches(far, by_service)

    await enforced.put(policy(podSelector={"matchLabels": {"app": "web"}}))
    assert not reaches(near, direct)
    assert not reaches(near, by_service)
    assert reaches(web, by_service), "a pod always reaches itself"
    assert run("curl", "-sS", "--max-time", "3", direct).startswith("web ")

    peer = {
        "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "other"}},
        "podSelector": {"matchLabels": {"app": "far"}},
    }
    named = [{"protocol": "TCP", "port": "http"}]
    await enforced.put(policy(name="open", ingress=[{"from": [peer], "ports": named}]))
    assert reaches(far, direct)
    assert reaches(far, by_service)
    assert not reaches(near, direct)

    enforced.policies.delete("default/p")
    enforced.policies.delete("default/open")
    await enforced.settled()
    assert reaches(near, direct)
    assert "policies" not in run("nft", "list", "tables")


async def test_egress_and_the_outside(enforced: Enforced) -> None:
    """A pod sends to the blocks and names it may, and an answer always comes back; the name server is judged."""
    web, near = await enforced.pod("web", app="web"), await enforced.pod("near", app="near")
    machine = enforced.world.outside()
    server = subprocess.Popen(
        ["nsenter", "-t", str(machine.process.pid), "-n", "python3", "-m", "http.server", "8000"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    outside, inside = "http://192.168.77.2:8000/", f"http://{web.address}:8080/"
    async with asyncio.timeout(DEADLINE_SECONDS):
        while not reaches(near, outside):
            await asyncio.sleep(0.05)

    selected = {"matchLabels": {"app": "near"}}
    block = {"cidr": "192.168.0.0/16", "except": ["192.168.78.0/24"]}
    allowed = [{"to": [{"ipBlock": block}], "ports": [{"protocol": "TCP", "port": 7000, "endPort": 8000}]}]
    await enforced.put(policy(podSelector=selected, policyTypes=["Egress"], egress=allowed))
    assert reaches(near, outside)
    assert not reaches(near, inside)
    assert reaches(web, f"http://{near.address}:8080/"), "only what it sends is judged"

    questions = subprocess.Popen(
        ["python3", "-m", "http.server", "53", "--bind", str(DNS)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    async with asyncio.timeout(DEADLINE_SECONDS):
        while not reaches(web, f"http://{DNS}:53/"):
            await asyncio.sleep(0.05)
    assert not reaches(near, f"http://{DNS}:53/")
    names = {"to": [{"namespaceSelector": {}, "podSelector": {"matchLabels": {"k8s-app": "kube-dns"}}}]}
    enforced.world.informers.informer(NAMESPACES).set({"metadata": {"name": "kube-system"}})
    await enforced.put(policy(podSelector=selected, policyTypes=["Egress"], egress=[names]))
    assert reaches(near, f"http://{DNS}:53/")
    assert not reaches(near, outside)
    for process in (server, questions):
        process.kill()
        process.wait()


async def test_rules_stay_while_nobody_watches_them(enforced: Enforced) -> None:
    """Killed, the rules stay; at the next start they hold while they are replaced, and a new pod is closed at once."""
    web, near = await enforced.pod("web"), await enforced.pod("near", "other")
    await enforced.put(policy())
    url = f"http://{web.address}:8080/"
    await enforced.kill()
    assert not reaches(near, url)

    pods = enforced.world.informers.informer(PODS)
    pods.synced.clear()
    enforced.start()
    assert not reaches(near, url)
    pods.synced.set()
    await enforced.settled()
    assert not reaches(near, url)

    unknown = await enforced.world.pod("unknown")
    await enforced.settled()
    assert not reaches(near, f"http://{unknown.address}:8080/")


@pytest.fixture
def context(world: World) -> Any:
    """A context of libnftables in the fresh host."""
    made = Context()
    yield made
    made.close()


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(before=clusters(), after=clusters())
def _changes_lead_where_replacing_does(context: Context, before: Cluster, after: Cluster) -> None:
    old, new = planned(before), planned(after)
    context.run(render.whole(TABLE, old))
    text = render.change(TABLE, old, new)
    if text:
        context.run(text)
    changed = listed(context)
    context.run(render.whole(TABLE, new))
    assert changed == listed(context)


async def test_changes_lead_where_replacing_does(context: Context) -> None:
    """The kernel takes every change, and then has what it has after replacing the table."""
    _changes_lead_where_replacing_does(context)


def planned(cluster: Cluster) -> Rules:
    return plan(cluster.policies, cluster.namespaces, cluster.pods, cluster.held)


def listed(context: Context) -> list[str]:
    """Return the words of the table without regard to the order of its parts."""
    return sorted(context.run(f"list table ip {TABLE.name}\n").replace(",", " ").split())
