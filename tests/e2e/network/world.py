"""A host of its own: a network namespace with pods, an outside machine, and hand-fed informers."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path
from typing import Any

from bouvier.meta.gvk import Resource
from bouvier.meta.objects import Obj, key_of
from bouvier.meta.resources import ENDPOINTSLICES, SERVICES
from bouvier.network.addresses.links import Links, LinkSettings
from bouvier.network.addresses.types import PodPort, PodRef
from bouvier.network.nftables import Nftables
from bouvier.network.service_watch import ServiceWatch
from bouvier.network.services.proxy import ServiceProxy, ServiceSettings
from bouvier.network.services.render import TableSettings

PLATFORM_ID = "0e2e0e"
PODS, PLATFORM, SERVICE_RANGE = (IPv4Network(n) for n in ("10.42.0.0/24", "10.42.0.0/16", "10.43.0.0/16"))
DNS = IPv4Address("10.43.0.10")
NODE = "here"
DEADLINE_SECONDS = 60.0


class FedInformer:
    """An informer whose objects a test sets and deletes."""

    def __init__(self) -> None:
        self.synced = asyncio.Event()
        self.synced.set()
        self._objects: dict[str, Obj] = {}
        self._handlers: list[Callable[[Any, Obj | None, Obj], None]] = []

    def add_handler(self, handler: Callable[[Any, Obj | None, Obj], None]) -> None:
        self._handlers.append(handler)
        for obj in self._objects.values():
            handler("ADDED", None, obj)

    def get(self, key: str) -> Obj | None:
        return self._objects.get(key)

    def items(self, namespace: str = "") -> list[Obj]:
        return [o for o in self._objects.values() if not namespace or o["metadata"].get("namespace") == namespace]

    def set(self, obj: Obj) -> None:
        old = self._objects.get(key_of(obj))
        self._objects[key_of(obj)] = obj
        for handler in self._handlers:
            handler("MODIFIED" if old else "ADDED", old, obj)

    def delete(self, key: str) -> None:
        old = self._objects.pop(key)
        for handler in self._handlers:
            handler("DELETED", old, old)


class FedInformers:
    """One fed informer for each resource."""

    def __init__(self) -> None:
        self._by_resource: dict[Resource, FedInformer] = {}

    def informer(self, resource: Resource, **_: Any) -> FedInformer:
        return self._by_resource.setdefault(resource, FedInformer())

    def forget(self, informer: FedInformer) -> None:
        """One informer serves every selector here: it stays."""


def service(name: str, cluster_ip: str = "10.43.0.100", namespace: str = "default", **spec: Any) -> Obj:
    ports = spec.pop("ports", [{"port": 80, "protocol": "TCP"}])
    spec = {"clusterIP": cluster_ip, "clusterIPs": [cluster_ip], "type": "ClusterIP", "ports": ports} | spec
    return {"metadata": {"name": name, "namespace": namespace}, "spec": spec, "status": spec.pop("status", {})}


def endpoint(address: str, **conditions: bool) -> Obj:
    return {"addresses": [address], "nodeName": NODE, "conditions": {"ready": True, "serving": True} | conditions}


def endpoint_slice(
    name: str, *endpoints: Obj, namespace: str = "default", port: int = 8080, protocol: str = "TCP", port_name: str = ""
) -> Obj:
    return {
        "metadata": {
            "name": f"{name}-{protocol.lower()}-x",
            "namespace": namespace,
            "labels": {"kubernetes.io/service-name": name},
        },
        "addressType": "IPv4",
        "ports": [{"name": port_name, "port": port, "protocol": protocol}],
        "endpoints": list(endpoints),
    }


@dataclass
class SimulatedPod:
    """A process in a namespace of its own that answers on a port."""

    ref: PodRef
    process: subprocess.Popen[bytes]
    address: str = ""

    def run(self, *command: str) -> str:
        return run("nsenter", "-t", str(self.process.pid), "-n", *command)

    def curl(self, url: str) -> str:
        return self.run("curl", "-sS", "--max-time", "3", url)


@dataclass
class World:
    """The host and everything on it."""

    folder: Path
    informers: FedInformers = field(default_factory=FedInformers)
    pods: list[SimulatedPod] = field(default_factory=list)
    tasks: list[asyncio.Task[None]] = field(default_factory=list)

    def __post_init__(self) -> None:
        run("ip", "link", "set", "lo", "up")
        self.nftables = Nftables()
        self.links = Links(
            LinkSettings(
                platform_id=PLATFORM_ID,
                folder=self.folder / "leases",
                pods=PODS,
                platform=PLATFORM,
                services=SERVICE_RANGE,
                dns=DNS,
            ),
            self.nftables,
        )
        self.proxy = self.new_proxy()
        self._outside: subprocess.Popen[bytes] | None = None

    def new_proxy(self) -> ServiceProxy:
        table = TableSettings(platform_id=PLATFORM_ID, services=SERVICE_RANGE, pods=PODS, platform=PLATFORM)
        settings = ServiceSettings(table=table, node_name=NODE, own=frozenset({DNS}))
        return ServiceProxy(settings, ServiceWatch(self.informers), self.nftables, self.links.leases)

    def start(self, part: Any) -> asyncio.Task[None]:
        task = asyncio.get_running_loop().create_task(part.run(), name=type(part).__name__)
        task.add_done_callback(lambda done: done.cancelled() or traceback.print_exception(done.exception()))
        self.tasks.append(task)
        return task

    async def stop(self) -> None:
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)
        for pod in self.pods:
            pod.process.kill()
            pod.process.communicate()
        if self._outside:
            self._outside.kill()
            self._outside.wait()
        self.links.close()
        self.nftables.close()

    def sandbox(self, name: str, *ports: PodPort, port: int = 8080) -> SimulatedPod:
        """Start a pod's process without attaching it."""
        script = str(Path(__file__).with_name("pod_server.py"))
        process = subprocess.Popen(["unshare", "-n", sys.executable, script, name, str(port)], stdout=subprocess.PIPE)
        pod = SimulatedPod(PodRef("default", name, f"uid-{name}-{len(self.pods)}", ports), process)
        self.pods.append(pod)
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        return pod

    async def pod(self, name: str, *ports: PodPort, port: int = 8080) -> SimulatedPod:
        """Start a pod and attach it."""
        pod = self.sandbox(name, *ports, port=port)
        pod.address = (await self.links.attach(pod.ref, pod.process.pid)).primary
        return pod

    def outside(self) -> SimulatedPod:
        """Return a machine beside the host: 192.168.77.2, which reaches the host at 192.168.77.1."""
        process = subprocess.Popen(["unshare", "-n", "sleep", "600"])
        self._outside = process
        wait_for_namespace(process.pid)
        run("ip", "link", "add", "up0", "type", "veth", "peer", "name", "eth0", "netns", str(process.pid))
        run("ip", "addr", "add", "192.168.77.1/24", "dev", "up0")
        run("ip", "link", "set", "up0", "up")
        machine = SimulatedPod(PodRef("", "outside", ""), process, "192.168.77.2")
        machine.run("ip", "link", "set", "lo", "up")
        machine.run("ip", "addr", "add", "192.168.77.2/24", "dev", "eth0")
        machine.run("ip", "link", "set", "eth0", "up")
        machine.run("ip", "route", "add", "default", "via", "192.168.77.1")
        return machine

    async def publish(self, obj: Obj, *slices: Obj) -> None:
        """Feed a Service with its slices and wait until the kernel has them."""
        for piece in slices:
            self.informers.informer(ENDPOINTSLICES).set(piece)
        self.informers.informer(SERVICES).set(obj)
        await asyncio.wait_for(self.proxy.in_step.wait(), DEADLINE_SECONDS)

    async def endpoints(self, piece: Obj) -> None:
        """Feed a slice and wait until the kernel has it."""
        self.informers.informer(ENDPOINTSLICES).set(piece)
        await asyncio.wait_for(self.proxy.in_step.wait(), DEADLINE_SECONDS)


def wait_for_namespace(pid: int) -> None:
    own = Path("/proc/thread-self/ns/net").readlink()
    while Path(f"/proc/{pid}/ns/net").readlink() == own:
        pass


def run(*command: str) -> str:
    """Run a command in the namespace of the host and return its output; fails the test when it fails."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{' '.join(command)}: {done.stderr or done.stdout}"
    return done.stdout.strip()


def curl(url: str, *options: str) -> str:
    return run("curl", "-sS", "--max-time", "3", *options, url)


def answers(count: int, ask: Callable[[], str]) -> set[str]:
    """Return the first words of several answers."""
    return {ask().split()[0] for _ in range(count)}
