# ruff: noqa: F811 (the fixture has the name of the argument)
"""Preemption against a real API server."""

from __future__ import annotations

import asyncio

from bouvier.meta.objects import condition_of
from bouvier.meta.resources import NODES, POD_DISRUPTION_BUDGETS, PODS, Resource
from tests.contract.test_scheduler import Bench, bench  # noqa: F401 (a fixture)
from tests.support.waiting import until

CLASSES = Resource("scheduling.k8s.io", "v1", "priorityclasses", "PriorityClass", namespaced=False)


async def make_class(bench: Bench, name: str, value: int, **fields: str) -> None:
    metadata = {"name": name}
    document = {"apiVersion": CLASSES.api_version, "kind": "PriorityClass", "metadata": metadata, "value": value}
    await bench.client.create(CLASSES, document | fields)


def leaves(bench: Bench, name: str) -> bool:
    pod = bench.pods.get(f"default/{name}")
    return pod is None or bool(pod["metadata"].get("deletionTimestamp"))


async def test_a_pod_of_higher_priority_gets_the_room(bench: Bench) -> None:
    """The least important pod leaves, told why; the room is kept for who asked for it."""
    await make_class(bench, "high", 1000)
    await make_class(bench, "middle", 10)
    bench.start()
    await bench.node("n0", cpu="2")
    await bench.pod("low", cpu="1")
    await bench.pod("mid", cpu="1", priorityClassName="middle")
    await until(lambda: bench.host("low") and bench.host("mid"))
    await bench.pod("vip", cpu="1", priorityClassName="high")
    await until(lambda: leaves(bench, "low"))
    victim = bench.pods.get("default/low")
    assert victim
    told = condition_of(victim, "DisruptionTarget") or {}
    assert told["reason"] == "PreemptionByScheduler"
    assert told["message"] == "default-scheduler: preempting to accommodate a higher priority pod"
    vip = await bench.client.get(PODS, "vip", "default")
    assert vip["status"]["nominatedNodeName"] == "n0"
    assert not leaves(bench, "mid")
    await bench.pod("late", cpu="1")
    await bench.client.delete(PODS, "low", "default", grace_seconds=0)
    await until(lambda: bench.host("vip") == "n0")
    assert not bench.host("late")
    uid = vip["metadata"]["uid"]
    while ("Normal", "Preempted", f"Preempted by pod {uid} on node n0") not in await bench.events("low"):
        await asyncio.sleep(0.01)


async def test_who_never_preempts_waits(bench: Bench) -> None:
    """`preemptionPolicy: Never` lets others stay."""
    await make_class(bench, "patient", 1000, preemptionPolicy="Never")
    bench.start()
    await bench.node("n0", cpu="1")
    await bench.pod("low", cpu="1")
    await until(lambda: bench.host("low"))
    await bench.pod("vip", cpu="1", priorityClassName="patient")
    await bench.refusal("vip", "Insufficient cpu")
    assert not leaves(bench, "low")


async def test_budgets_are_kept_where_possible(bench: Bench) -> None:
    """The host is chosen whose victims no budget guards."""
    await make_class(bench, "high", 1000)
    budget = {
        "apiVersion": "policy/v1",
        "kind": "PodDisruptionBudget",
        "metadata": {"name": "b", "namespace": "default"},
        "spec": {"minAvailable": 1, "selector": {"matchLabels": {"app": "kept"}}},
    }
    await bench.client.create(POD_DISRUPTION_BUDGETS, budget)
    bench.start()
    await bench.node("n0", cpu="1")
    await bench.pod("kept", cpu="1", labels={"app": "kept"})
    await until(lambda: bench.host("kept"))
    await bench.node("n1", cpu="1")
    await bench.pod("free", cpu="1")
    await until(lambda: bench.host("free") == "n1")
    await bench.pod("vip", cpu="1", priorityClassName="high")
    await until(lambda: leaves(bench, "free"))
    assert not leaves(bench, "kept")
    assert await bench.client.list(NODES)
