"""In-place resize of several containers at once on a real engine, there and back."""

from __future__ import annotations

from pathlib import Path

import pytest

from bouvier.meta.objects import Obj
from bouvier.meta.resources import PODS
from tests.e2e.node.conftest import OneHost, pod_of, shell
from tests.engines import BUSYBOX, PAUSE

SLEEPS = "trap 'exit 0' TERM; sleep 1000 & wait"
STRATEGIC = "application/strategic-merge-patch+json"
MEBI = 2**20
NONE = -1
UNLIMITED = 2**60
"""What the kernel says of memory without a limit is larger."""


def amounts(cpu: str = "", most_cpu: str = "", memory: str = "", most_memory: str = "") -> Obj:
    requests = {name: value for name, value in (("cpu", cpu), ("memory", memory)) if value}
    limits = {name: value for name, value in (("cpu", most_cpu), ("memory", most_memory)) if value}
    return {part: value for part, value in (("requests", requests), ("limits", limits)) if value}


def equal(*pairs: tuple[str, str]) -> list[Obj]:
    return [amounts(cpu, cpu, memory, memory) for cpu, memory in pairs]


def containers(wanted: list[Obj]) -> list[Obj]:
    return [shell(SLEEPS, f"c{number}", resources=one) for number, one in enumerate(wanted, start=1)]


async def kernel_of(host: OneHost, container: Obj) -> tuple[int, int]:
    """Return processor time in each period and memory limit as the kernel has them, `NONE` for no limit."""
    pid = (await host.engine.inspect(container["containerID"].rpartition("/")[2])).pid
    groups = dict(line.split(":")[1:] for line in Path(f"/proc/{pid}/cgroup").read_text().split())
    root = Path("/sys/fs/cgroup")
    if "memory" not in groups:
        group = root / groups[""].strip("/")
        texts = (group / "cpu.max").read_text().split()[0], (group / "memory.max").read_text().strip()
    else:
        processor = next(key for key in groups if "cpu" in key.split(","))
        texts = (
            (root / "cpu" / groups[processor].strip("/") / "cpu.cfs_quota_us").read_text(),
            (root / "memory" / groups["memory"].strip("/") / "memory.limit_in_bytes").read_text(),
        )
    quota, memory = (NONE if text == "max" else int(text) for text in texts)
    return quota, NONE if memory > UNLIMITED else memory


def expected(wanted: Obj) -> tuple[int, int]:
    limits = wanted.get("limits") or {}
    quota = max(int(limits["cpu"].removesuffix("m")) * 100, 1000) if "cpu" in limits else NONE
    return quota, int(limits["memory"].removesuffix("Mi")) * MEBI if "memory" in limits else NONE


async def settled(host: OneHost, wanted: list[Obj]) -> Obj:
    """Wait until the status says of every container what it wants, and look into the kernel."""

    def reached(pod: Obj | None) -> Obj | None:
        statuses = ((pod or {}).get("status") or {}).get("containerStatuses") or ()
        return pod if [one.get("resources") for one in statuses] == wanted else None

    pod = await host.wait("p", reached)
    statuses = pod["status"]["containerStatuses"]
    assert [await kernel_of(host, one) for one in statuses] == [expected(one) for one in wanted]
    return pod


async def resized(host: OneHost, wanted: list[Obj]) -> Obj:
    body = {"spec": {"containers": [{"name": f"c{n}", "resources": one} for n, one in enumerate(wanted, start=1)]}}
    await host.client.patch(PODS, "p", body, namespace="default", subresource="resize", kind=STRATEGIC)
    return await settled(host, wanted)


THREE = equal(("20m", "35Mi"), ("22m", "37Mi"), ("24m", "39Mi"))


@pytest.mark.parametrize(
    ("before", "after", "back"),
    [
        (THREE, equal(("25m", "40Mi"), ("27m", "42Mi"), ("19m", "34Mi")), True),
        (THREE, equal(("25m", "40Mi"), ("17m", "32Mi"), ("19m", "34Mi")), True),
        (THREE, equal(("25m", "35Mi"), ("17m", "42Mi"), ("29m", "44Mi")), True),
        (
            [
                amounts("20m"),
                amounts(memory="35Mi"),
                amounts("20m", memory="35Mi"),
                amounts("20m"),
                amounts(memory="35Mi"),
            ],
            [
                amounts("25m", "35m"),
                amounts(memory="30Mi", most_memory="50Mi"),
                amounts("20m", memory="30Mi"),
                amounts("15m", memory="35Mi"),
                amounts("20m", memory="40Mi"),
            ],
            False,
        ),
        ([amounts("2m", "10m")], [amounts("1m", "5m")], True),
    ],
    ids=["more in all", "less in all", "more and less", "added", "the same to the kernel"],
)
async def test_containers_of_a_pod(host: OneHost, before: list[Obj], after: list[Obj], back: bool) -> None:
    """Each has what it asks for, none is restarted, and the way back is open."""
    await host.create(pod_of("p", *containers(before), restartPolicy="OnFailure"))
    await host.wait_ready("p")
    await settled(host, before)
    pod = await resized(host, after)
    if back:
        pod = await resized(host, before)
    assert [one["restartCount"] for one in pod["status"]["containerStatuses"]] == [0] * len(before)


async def test_generations_are_observed(host: OneHost) -> None:
    """Every change of the spec, soon after it; other changes are none."""
    init = [{"name": "init", "image": BUSYBOX, "command": ["true"]}]
    await host.create(pod_of("p", initContainers=init, activeDeadlineSeconds=5000))
    await host.wait_ready("p")

    async def patched(body: Obj, generation: int) -> None:
        await host.client.patch(PODS, "p", body, namespace="default", kind=STRATEGIC)
        pod = await host.wait("p", lambda p: p if p and p["status"].get("observedGeneration") == generation else None)
        assert pod["metadata"]["generation"] == generation

    toleration = {"key": "foo", "operator": "Equal", "value": "bar", "effect": "NoSchedule"}
    present = (await host.client.get(PODS, "p", "default"))["spec"].get("tolerations") or []
    await patched({"metadata": {"annotations": {"key": "value"}}}, 1)
    await patched({"spec": {"tolerations": [*present, toleration]}}, 2)
    await patched({"spec": {"activeDeadlineSeconds": 4000}}, 3)
    await patched({"spec": {"initContainers": [{"name": "init", "image": PAUSE}]}}, 4)
