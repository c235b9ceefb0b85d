"""The controllers on a real API server, with hosts and pods that are alive only in their status."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from bouvier.client.endpoint import Endpoint
from bouvier.client.events import Recorder
from bouvier.client.informer import Informer, InformerSet
from bouvier.client.rest import Client
from bouvier.controllers.daemonsets.pods import host_of
from bouvier.controllers.runtime.manager import Manager
from bouvier.daemons.controllers import ControllerOptions, build
from bouvier.meta.errors import ApiError
from bouvier.meta.gvk import Resource
from bouvier.meta.objects import is_condition_true, key_of
from bouvier.meta.resources import LEASES, NAMESPACES, NODES, PODS
from bouvier.util.clock import now_micro_text, now_text
from tests.support.apiserver import RunningApi, running_api

Obj = dict[str, Any]
NAMESPACE = "work"


class World:
    """What a test sees and does."""

    def __init__(self, api: RunningApi, admin: Client) -> None:
        self.api = api
        self.admin = admin
        self.silent: set[str] = set()
        """Hosts whose agent does nothing any more."""
        self.broken_images: set[str] = set()
        self.exit_codes: dict[str, int] = {}
        """Images whose containers end at once, with what code."""
        self.log: list[tuple[str, Obj]] = []
        """Every change of a pod."""
        self._informers = InformerSet(admin)
        self._addresses = itertools.count(2)

    async def apply(self, *objects: Obj, resource: Resource) -> None:
        for obj in objects:
            await self.admin.create(resource, obj)

    async def seen(self, resource: Resource, condition: Callable[[list[Obj]], Any], seconds: float = 15) -> Any:
        """Wait until the objects of a resource satisfy a condition; return its value."""
        deadline = asyncio.get_running_loop().time() + seconds
        while True:
            items = (await self.admin.list(resource, NAMESPACE if resource.namespaced else "")).items
            if value := condition(items):
                return value
            assert asyncio.get_running_loop().time() < deadline, f"not in time; last seen: {items}"
            await asyncio.sleep(0.02)

    async def object(self, resource: Resource, name: str, condition: Callable[[Obj], Any], seconds: float = 15) -> Obj:
        def check(items: list[Obj]) -> Obj | None:
            return next((o for o in items if o["metadata"]["name"] == name and condition(o)), None)

        found: Obj = await self.seen(resource, check, seconds)
        return found

    async def gone(self, resource: Resource, *names: str, seconds: float = 15) -> None:
        await self.seen(
            resource, lambda items: not {o["metadata"]["name"] for o in items} & set(names) or None, seconds
        )

    # Hosts

    async def add_host(self, name: str) -> None:
        node = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": name}}
        await self.admin.create(NODES, node)
        await self._report_host(name)
        lease = {
            "apiVersion": "coordination.k8s.io/v1",
            "kind": "Lease",
            "metadata": {"name": name, "namespace": "kube-node-lease"},
        }
        await self.admin.create(LEASES, lease | {"spec": {"holderIdentity": name, "renewTime": now_micro_text()}})

    async def _report_host(self, name: str) -> None:
        ready = {"type": "Ready", "status": "True", "reason": "KubeletReady", "lastTransitionTime": now_text()}
        status = {"conditions": [ready], "addresses": [{"type": "InternalIP", "address": "192.0.2.7"}]}
        await self.admin.patch(NODES, name, {"status": status}, subresource="status")

    def wake(self, name: str) -> None:
        self.silent.discard(name)

    # Agents and scheduler, as far as the API sees them

    async def run_agents(self) -> None:
        pods = self._informers.informer(PODS)
        changed: asyncio.Queue[str] = asyncio.Queue()

        def note(event_type: str, _old: Obj | None, new: Obj) -> None:
            self.log.append((event_type, new))
            changed.put_nowait(key_of(new))

        pods.add_handler(note)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._informers.run())
            tasks.create_task(self._heartbeats())
            while True:
                key = await changed.get()
                pod = pods.get(key)
                try:
                    await (self._act(pods, pod) if pod is not None else asyncio.sleep(0))
                except ApiError as error:
                    if error.reason == "Conflict":
                        changed.put_nowait(key)

    async def _act(self, pods: Informer, pod: Obj) -> None:
        metadata, host = pod["metadata"], pod["spec"].get("nodeName")
        name, namespace = metadata["name"], metadata["namespace"]
        if not host:
            nodes = (await self.admin.list(NODES)).items
            hosts = [n["metadata"]["name"] for n in nodes if host_of(pod) or not n["spec"].get("unschedulable")]
            usable = [each for each in hosts if each not in self.silent and (host_of(pod) or each) == each]
            if usable and not metadata.get("deletionTimestamp"):
                target = {"apiVersion": "v1", "kind": "Node", "name": min(usable, key=lambda h: self._load(pods, h))}
                binding = {"apiVersion": "v1", "kind": "Binding", "metadata": {"name": name}, "target": target}
                await self.admin.create(PODS, binding, namespace=namespace, name=name, subresource="binding")
        elif host in self.silent:
            return
        elif metadata.get("deletionTimestamp"):
            await self.admin.delete(PODS, name, namespace, grace_seconds=0, uid=metadata["uid"])
        elif (code := self._exit_code(pod)) is not None:
            await self._end(pod, code)
        elif (pod.get("status") or {}).get("phase") in (None, "Pending") and not self._is_broken(pod):
            ip = f"10.42.{next(self._addresses) // 200}.{next(self._addresses) % 200 + 2}"
            ready = {"type": "Ready", "status": "True", "lastTransitionTime": now_text()}
            status = {"phase": "Running", "podIP": ip, "podIPs": [{"ip": ip}], "conditions": [ready]}
            await self.admin.patch(PODS, name, {"status": status}, namespace=namespace, subresource="status")

    def _exit_code(self, pod: Obj) -> int | None:
        if (pod.get("status") or {}).get("phase") in ("Succeeded", "Failed"):
            return None
        return self.exit_codes.get(pod["spec"]["containers"][0]["image"])

    async def _end(self, pod: Obj, code: int) -> None:
        ended = {"exitCode": code, "reason": "Completed" if code == 0 else "Error", "finishedAt": now_text()}
        container = {"name": pod["spec"]["containers"][0]["name"], "state": {"terminated": ended}}
        container |= {"image": "", "imageID": "", "lastState": {}, "ready": False, "restartCount": 0}
        status = {"phase": "Failed" if code else "Succeeded", "containerStatuses": [container]}
        name, namespace = pod["metadata"]["name"], pod["metadata"]["namespace"]
        await self.admin.patch(PODS, name, {"status": status}, namespace=namespace, subresource="status")

    def _load(self, pods: Informer, host: str) -> int:
        return sum(each["spec"].get("nodeName") == host for each in pods.items())

    def _is_broken(self, pod: Obj) -> bool:
        return any(container["image"] in self.broken_images for container in pod["spec"]["containers"])

    async def _heartbeats(self) -> None:
        while True:
            for node in (await self.admin.list(NODES)).items:
                name = node["metadata"]["name"]
                if name in self.silent:
                    continue
                renewal = {"spec": {"renewTime": now_micro_text()}}
                await self.admin.patch(LEASES, name, renewal, namespace="kube-node-lease")
                if not is_condition_true(node, "Ready"):
                    await self._report_host(name)
            await asyncio.sleep(0.3)


@asynccontextmanager
async def controllers(api: RunningApi, **options: Any) -> AsyncIterator[Manager]:
    """Run all controllers as their own user."""
    client = Client.connect(
        Endpoint(unix_socket=str(api.socket), token=api.token("controllers")), user_agent="controllers"
    )
    informers = InformerSet(client)
    recorder = Recorder(client, "controllers")
    manager = Manager(informers, build(client, recorder, ControllerOptions(ca_pem="CA", **options)))
    tasks = [asyncio.create_task(informers.run()), asyncio.create_task(manager.run())]
    try:
        yield manager
    finally:
        for task in tasks:
            task.cancel()
        results = await asyncio.gather(*tasks, return_exceptions=True)
        await client.close()
        failures = [r for r in results if isinstance(r, Exception)]
        assert not failures, failures


@asynccontextmanager
async def world(folder: Path, hosts: tuple[str, ...] = ("h1",), **options: Any) -> AsyncIterator[World]:
    """Run API server, controllers and the pretended hosts."""
    async with running_api(folder) as api:
        admin = Client.connect(Endpoint(unix_socket=str(api.socket), token=api.token("admin")), user_agent="test")
        made = World(api, admin)
        try:
            async with controllers(api, **options):
                await admin.create(
                    NAMESPACES, {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}}
                )
                for host in hosts:
                    await made.add_host(host)
                agents = asyncio.create_task(made.run_agents())
                try:
                    yield made
                finally:
                    agents.cancel()
                    await asyncio.gather(agents, return_exceptions=True)
        finally:
            await admin.close()
