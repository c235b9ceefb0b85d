"""Agents and engines that die while pods run."""

from __future__ import annotations

import asyncio
import json
import signal
import sys
from pathlib import Path

from bouvier.meta.objects import Obj, condition_of, is_condition_true
from bouvier.meta.resources import NODES, PODS
from tests.e2e.node.conftest import NODE, OneHost, pod_of, shell
from tests.engines import PrivateEngine

ROOT = Path(__file__).parents[3]


async def start_process(host: OneHost) -> asyncio.subprocess.Process:
    """Run the agent as a program of its own, beside this test."""
    host.agent = None
    options = json.dumps(host.options)
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.support.node",
        options,
        cwd=ROOT,
        env={"PYTHONPATH": f"{ROOT}/src:{ROOT}", "PATH": "/usr/sbin:/usr/bin:/sbin:/bin"},
    )


async def end_process(process: asyncio.subprocess.Process, number: int) -> None:
    process.send_signal(number)
    await process.wait()


def container_ids(pod: Obj) -> list[str]:
    return [entry["containerID"] for entry in pod["status"]["containerStatuses"]]


async def test_a_killed_agent_costs_no_container(host: OneHost) -> None:
    """After kill -9 the next agent takes over the same containers and address, and drops orphans."""
    await host.stop_agent()
    process = await start_process(host)
    probe = {"exec": {"command": ["true"]}, "periodSeconds": 1}
    await host.create(pod_of("stays", shell("sleep 1000", readinessProbe=probe)))
    await host.create(pod_of("orphan"))
    before = await host.wait_ready("stays")
    await host.wait_ready("orphan")
    await end_process(process, signal.SIGKILL)
    await host.api.kubectl("delete", "pod", "orphan", "--force", "--grace-period=0")
    await host.create(pod_of("new"))
    transition = condition_of(before, "Ready")["lastTransitionTime"]  # type: ignore[index]
    process = await start_process(host)
    try:
        await host.wait_ready("new")
        after = await host.wait_ready("stays")
        assert container_ids(after) == container_ids(before)
        assert after["status"]["podIP"] == before["status"]["podIP"]
        assert after["status"]["containerStatuses"][0]["restartCount"] == 0
        assert condition_of(after, "Ready")["lastTransitionTime"] == transition  # type: ignore[index]
        async with asyncio.timeout(20):
            while len(await host.engine.containers({})) != 4:
                await asyncio.sleep(0.05)
        await host.client.delete(PODS, "stays", "default")
        await host.wait_gone("stays")
    finally:
        await end_process(process, signal.SIGTERM)


async def test_a_killed_engine_costs_no_container(host: OneHost, private_engine: PrivateEngine) -> None:
    """While the engine is away the Node says so; afterwards the same containers run on."""
    await host.create(pod_of("stays"))
    before = await host.wait_ready("stays")
    await asyncio.to_thread(private_engine.kill)
    try:
        async with asyncio.timeout(20):
            while is_condition_true(await host.client.get(NODES, NODE), "Ready"):
                await asyncio.sleep(0.05)
    finally:
        await asyncio.to_thread(private_engine.start)
    async with asyncio.timeout(20):
        while not is_condition_true(await host.client.get(NODES, NODE), "Ready"):
            await asyncio.sleep(0.05)
    await host.create(pod_of("new"))
    await host.wait_ready("new")
    assert container_ids(await host.wait_ready("stays")) == container_ids(before)


async def test_a_lost_sandbox_is_replaced(host: OneHost) -> None:
    """When the pause container dies, the pod gets a new one, a new network and new containers."""
    await host.create(pod_of("moved"))
    before = await host.wait_ready("moved")
    sandbox = next(c.id for c in await host.engine.containers({"io.bouvier.container.role": "sandbox"}))
    await host.engine.kill(sandbox)

    def replaced(pod: Obj | None) -> Obj | None:
        ready = pod and is_condition_true(pod, "Ready")
        return pod if pod and ready and container_ids(pod) != container_ids(before) else None

    after = await host.wait("moved", replaced)
    assert after["status"]["containerStatuses"][0]["restartCount"] == 1
    assert "SandboxChanged" in await host.event_reasons("moved")


async def test_a_removed_container_is_made_again(host: OneHost) -> None:
    """A container that somebody removed by hand comes back."""
    await host.create(pod_of("again"))
    before = await host.wait_ready("again")
    await host.engine.remove(container_ids(before)[0].removeprefix("docker://"))

    def renewed(pod: Obj | None) -> bool:
        return bool(pod and is_condition_true(pod, "Ready") and container_ids(pod) != container_ids(before))

    await host.wait("again", renewed)


async def test_a_changed_image_restarts_the_container(host: OneHost) -> None:
    """An image changed in place replaces the container, not the pod."""
    await host.create(pod_of("image"))
    before = await host.wait_ready("image")
    patch = {"spec": {"containers": [{"name": "app", "image": "docker.io/bouvier/busybox:1"}]}}
    await host.api.kubectl("patch", "pod", "image", "-p", json.dumps(patch))

    def renewed(pod: Obj | None) -> Obj | None:
        return pod if pod and is_condition_true(pod, "Ready") and container_ids(pod) != container_ids(before) else None

    after = await host.wait("image", renewed)
    assert after["status"]["podIP"] == before["status"]["podIP"]
    assert after["status"]["containerStatuses"][0]["restartCount"] == 1
