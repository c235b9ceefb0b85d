"""In-place resize on a real engine: what the kernel says of a running container."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bouvier.meta.errors import ApiError
from bouvier.meta.objects import Obj, condition_of
from bouvier.meta.resources import PODS
from tests.e2e.node.conftest import OneHost, pod_of, shell

SLEEPS = "trap 'exit 0' TERM; sleep 1000 & wait"
MEBI = 2**20


def resources(cpu: str, memory: str, most_cpu: str, most_memory: str) -> Obj:
    return {"requests": {"cpu": cpu, "memory": memory}, "limits": {"cpu": most_cpu, "memory": most_memory}}


async def limits_of(host: OneHost, container: str) -> tuple[int, int]:
    """Return processor time in each period and memory limit, as the kernel has them."""
    pid = (await host.engine.inspect(container)).pid
    groups = dict(line.split(":")[1:] for line in Path(f"/proc/{pid}/cgroup").read_text().split())
    root = Path("/sys/fs/cgroup")
    if "memory" not in groups:
        group = root / groups[""].strip("/")
        return int((group / "cpu.max").read_text().split()[0]), int((group / "memory.max").read_text())
    processor = next(key for key in groups if "cpu" in key.split(","))
    quota = int((root / "cpu" / groups[processor].strip("/") / "cpu.cfs_quota_us").read_text())
    return quota, int((root / "memory" / groups["memory"].strip("/") / "memory.limit_in_bytes").read_text())


async def resize(host: OneHost, name: str, wanted: Obj) -> Obj:
    body = {"spec": {"containers": [{"name": "app", "resources": wanted}]}}
    kind = "application/strategic-merge-patch+json"
    return await host.client.patch(PODS, name, body, namespace="default", subresource="resize", kind=kind)


def settled(wanted: Obj) -> Any:
    """Return the condition that the pod has what is wanted."""

    def reached(pod: Obj | None) -> Obj | None:
        entries = ((pod or {}).get("status") or {}).get("containerStatuses") or [{}]
        same = entries[0].get("resources") == wanted and entries[0].get("allocatedResources") == wanted["requests"]
        return pod if pod and same and condition_of(pod, "PodResizeInProgress") is None else None

    return reached


def identity(pod: Obj) -> str:
    return str(pod["status"]["containerStatuses"][0]["containerID"]).rpartition("/")[2]


async def test_a_running_container_grows_and_shrinks(host: OneHost) -> None:
    """kubectl patch --subresource resize changes the cgroup of the same process."""
    small, large = resources("100m", "32Mi", "200m", "64Mi"), resources("200m", "48Mi", "400m", "96Mi")
    await host.create(pod_of("p", shell(SLEEPS, resources=small)))
    pod = await host.wait_ready("p")
    assert await limits_of(host, identity(pod)) == (20_000, 64 * MEBI)
    body = (
        '{"spec":{"containers":[{"name":"app","resources":{"requests":{"cpu":"200m","memory":"48Mi"},'
        '"limits":{"cpu":"400m","memory":"96Mi"}}}]}}'
    )
    await host.api.kubectl("patch", "pod", "p", "--subresource=resize", "--patch", body)
    grown = await host.wait("p", settled(large))
    assert identity(grown) == identity(pod)
    assert grown["status"]["observedGeneration"] == grown["metadata"]["generation"] == 2
    assert await limits_of(host, identity(pod)) == (40_000, 96 * MEBI)
    await resize(host, "p", small)
    shrunk = await host.wait("p", settled(small))
    assert shrunk["status"]["containerStatuses"][0]["restartCount"] == 0
    assert await limits_of(host, identity(pod)) == (20_000, 64 * MEBI)


async def test_a_container_that_wants_a_restart(host: OneHost) -> None:
    """A change of what its policy names restarts it; a change of the other resource does not."""
    small = resources("100m", "32Mi", "200m", "64Mi")
    policy = [{"resourceName": "memory", "restartPolicy": "RestartContainer"}]
    await host.create(pod_of("p", shell(SLEEPS, resources=small, resizePolicy=policy)))
    pod = await host.wait_ready("p")
    faster = resources("150m", "32Mi", "300m", "64Mi")
    await resize(host, "p", faster)
    assert identity(await host.wait("p", settled(faster))) == identity(pod)
    larger = resources("150m", "40Mi", "300m", "80Mi")
    await resize(host, "p", larger)
    restarted = await host.wait("p", settled(larger))
    assert restarted["status"]["containerStatuses"][0]["restartCount"] == 1
    assert await limits_of(host, identity(restarted)) == (30_000, 80 * MEBI)


async def test_what_the_host_cannot_give(host: OneHost) -> None:
    """More than the host has is never granted; more than is free waits for it."""
    await host.create(pod_of("big", shell(SLEEPS, resources={"requests": {"cpu": "1500m"}})))
    await host.create(pod_of("p", shell(SLEEPS, resources={"requests": {"cpu": "100m"}})))
    await host.wait_ready("big")
    await host.wait_ready("p")

    def pending(reason: str) -> Any:
        def reached(pod: Obj | None) -> Obj | None:
            found = condition_of(pod or {}, "PodResizePending") or {}
            return found if found.get("reason") == reason else None

        return reached

    await resize(host, "p", {"requests": {"cpu": "1000"}})
    found = await host.wait("p", pending("Infeasible"))
    assert found["message"].startswith("Node didn't have enough capacity: cpu, requested: 1000000, capacity: ")
    await resize(host, "p", {"requests": {"cpu": "1800m"}})
    found = await host.wait("p", pending("Deferred"))
    assert found["message"].startswith("Node didn't have enough resource: cpu, requested: 1800, used: 1500, capacity: ")
    await host.client.delete(PODS, "big", "default", grace_seconds=0)
    given = await host.wait("p", settled({"requests": {"cpu": "1800m"}}))
    assert condition_of(given, "PodResizePending") is None


async def test_what_a_resize_may_not_change(host: OneHost) -> None:
    """Only processor and memory change, and the quality of service stays."""
    await host.create(pod_of("p", shell(SLEEPS, resources=resources("100m", "32Mi", "200m", "64Mi"))))
    await host.wait_ready("p")
    with pytest.raises(ApiError, match="Pod QOS Class may not change as a result of resizing"):
        await resize(host, "p", resources("200m", "64Mi", "200m", "64Mi"))
    with pytest.raises(ApiError, match="resource limits cannot be removed"):
        await resize(host, "p", {"limits": {"cpu": None}})
    with pytest.raises(ApiError, match="only cpu and memory resources are mutable"):
        await resize(host, "p", {"limits": {"ephemeral-storage": "1Gi"}})
    with pytest.raises(ApiError, match="pod updates may not change fields other than"):
        await host.client.patch(
            PODS, "p", {"spec": {"containers": [{"name": "app", "resources": {"limits": {"cpu": "1"}}}]}},
            namespace="default", kind="application/strategic-merge-patch+json",
        )  # fmt: skip
