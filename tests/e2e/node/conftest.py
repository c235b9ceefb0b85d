"""One host: API server, engine and agent."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from bouvier.client import Client, Endpoint
from bouvier.engine.docker.engine import DockerEngine
from bouvier.meta.errors import ApiError
from bouvier.meta.objects import Obj, is_condition_true
from bouvier.meta.resources import CONFIGMAPS, EVENTS, NAMESPACES, PODS, SERVICEACCOUNTS
from tests.engines import BUSYBOX, PrivateEngine
from tests.support.apiserver import RunningApi, running_api
from tests.support.node import run_agent
from tests.support.pod_network import VethNetwork

NODE = "n1"
DEADLINE_SECONDS = 120.0


@dataclass
class OneHost:
    """What a test needs of a running host."""

    api: RunningApi
    client: Client
    engine: DockerEngine
    network: VethNetwork
    options: dict[str, Any]
    agent: asyncio.Task[None] | None = field(default=None)

    def start_agent(self) -> None:
        self.agent = asyncio.create_task(run_agent(self.options, self.network))

    async def stop_agent(self) -> None:
        if self.agent is None:
            return
        self.agent.cancel()
        await asyncio.gather(self.agent, return_exceptions=True)

    async def create(self, pod: Obj) -> Obj:
        return await self.client.create(PODS, pod)

    async def pod(self, name: str) -> Obj | None:
        try:
            return await self.client.get(PODS, name, "default")
        except ApiError as error:
            if error.reason != "NotFound":
                raise
            return None

    async def wait(self, name: str, condition: Callable[[Obj | None], Any], seconds: float = DEADLINE_SECONDS) -> Any:
        """Wait until the pod fulfils the condition and return what the condition returned."""
        pod: Obj | None = None
        try:
            async with asyncio.timeout(seconds):
                while True:
                    assert self.agent is None or not self.agent.done(), self.agent
                    pod = await self.pod(name)
                    if found := condition(pod):
                        return found
                    await asyncio.sleep(0.02)
        except TimeoutError:
            raise AssertionError(f"pod {name}: {(pod or {}).get('status')}") from None

    async def wait_ready(self, name: str) -> Obj:
        def ready(pod: Obj | None) -> Obj | None:
            return pod if pod and is_condition_true(pod, "Ready") else None

        return await self.wait(name, ready)

    async def wait_phase(self, name: str, phase: str) -> Obj:
        def reached(pod: Obj | None) -> Obj | None:
            return pod if pod and pod["status"].get("phase") == phase else None

        return await self.wait(name, reached)

    async def wait_gone(self, name: str) -> None:
        await self.wait(name, lambda pod: pod is None)

    async def log(self, name: str, **query: str) -> str:
        async with self.client.stream("GET", f"/api/v1/namespaces/default/pods/{name}/log", query=query) as chunks:
            return b"".join([chunk async for chunk in chunks]).decode()

    async def event_reasons(self, name: str) -> dict[str, str]:
        events = await self.client.list(EVENTS, "default", field_selector=f"involvedObject.name={name}")
        return {event["reason"]: event["message"] for event in events.items}


def pod_of(name: str, *containers: Obj, **spec: Any) -> Obj:
    """Return a pod for this host; without containers it sleeps."""
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": "default"},
        "spec": {
            "nodeName": NODE,
            "terminationGracePeriodSeconds": 1,
            "containers": list(containers) or [shell("trap 'exit 0' TERM; sleep 1000 & wait")],
        }
        | spec,
    }


def shell(script: str, name: str = "app", **fields: Any) -> Obj:
    """Return a container that runs a script."""
    return {"name": name, "image": BUSYBOX, "command": ["sh", "-c", script]} | fields


@pytest.fixture
async def host(tmp_path: Path, private_engine: PrivateEngine, engine: DockerEngine) -> AsyncIterator[OneHost]:
    """Start an API server and an agent on the session's engine."""
    async with running_api(tmp_path) as api:
        client = Client.connect(Endpoint(unix_socket=str(api.socket), token=api.token()))
        await _prepare(client)
        network = VethNetwork()
        one = OneHost(api, client, engine, network, _options(api, private_engine, network, tmp_path))
        one.start_agent()
        try:
            yield one
        finally:
            await one.stop_agent()
            await network.close()
            await client.close()


def _options(api: RunningApi, private: PrivateEngine, network: VethNetwork, folder: Path) -> dict[str, Any]:
    return {
        "node": NODE,
        "folder": str(folder),
        "platform": secrets.token_hex(3),
        "cgroup_parent": f"{private.daemon.cgroup_parent}/pods",
        "api": str(api.socket),
        "token": api.token("node-n1"),
        "engine": private.socket,
        "subnet": network.subnet,
    }


async def _prepare(client: Client) -> None:
    """Make what the namespace controller makes on a whole platform."""
    for namespace in ("default", "kube-node-lease"):
        try:
            await client.create(NAMESPACES, {"metadata": {"name": namespace}, "apiVersion": "v1", "kind": "Namespace"})
        except ApiError as error:
            if error.reason != "AlreadyExists":
                raise
    meta = {"namespace": "default"}
    await client.create(
        SERVICEACCOUNTS, {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": meta | {"name": "default"}}
    )
    root = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta | {"name": "kube-root-ca.crt"}}
    await client.create(CONFIGMAPS, root | {"data": {"ca.crt": "certificate"}})
