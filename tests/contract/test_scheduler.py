"""The scheduler against a real API server."""

import asyncio
from collections.abc import AsyncIterator, Callable

import pytest

from bouvier.client import Client
from bouvier.client.events import Recorder
from bouvier.client.informer import Informer, InformerSet
from bouvier.meta.errors import ApiError
from bouvier.meta.objects import condition_of, key_of
from bouvier.meta.resources import EVENTS, NAMESPACES, NODES, PODS
from bouvier.scheduler.daemon import Scheduler
from bouvier.scheduler.report import Reporter
from tests.support.apiserver import RunningApi
from tests.support.waiting import until
from tests.unit.scheduler.objects import HOST, node, pod


class Bench:
    """A running scheduler, and an administrator's view of what it does."""

    def __init__(self, client: Client, own: Client, pods: Informer, start: Callable[[], Scheduler]) -> None:
        self.client = client
        self.own = own
        self.pods = pods
        self.start = start

    async def node(self, name: str, **fields: object) -> None:
        made = node(name, **fields)
        await self.client.create(NODES, made)
        await self.client.patch(NODES, name, {"status": made["status"]}, subresource="status")

    async def pod(self, name: str, **fields: object) -> None:
        made = pod(name, namespace="default", **fields)
        made["metadata"].pop("uid")
        await self.client.create(PODS, made)

    def host(self, name: str) -> str:
        found = self.pods.get(f"default/{name}")
        return found["spec"].get("nodeName", "") if found else ""

    def condition(self, name: str) -> dict:
        found = self.pods.get(f"default/{name}")
        return (condition_of(found, "PodScheduled") if found else None) or {}

    async def refusal(self, name: str, text: str) -> dict:
        return await until(lambda: self.condition(name) if text in self.condition(name).get("message", "") else None)

    async def events(self, name: str) -> list[tuple[str, str, str]]:
        found = await self.client.list(EVENTS, "default", field_selector=f"involvedObject.name={name}")
        return [(event["type"], event["reason"], event["message"]) for event in found.items]


@pytest.fixture
async def bench(api: RunningApi, client: Client, client_of: Callable) -> AsyncIterator[Bench]:
    own = client_of("scheduler")
    tasks: list[asyncio.Task] = []

    def start() -> Scheduler:
        informers = InformerSet(own)
        scheduler = Scheduler(own, informers, Recorder(own, "default-scheduler"))
        tasks.extend([asyncio.create_task(informers.run()), asyncio.create_task(scheduler.run())])
        return scheduler

    pods = Informer(client, PODS)
    tasks.append(asyncio.create_task(pods.run()))
    await pods.synced.wait()
    yield Bench(client, own, pods, start)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def test_places_and_says_so(bench: Bench) -> None:
    """Pods get hosts within their limits; each gets an event and a true condition."""
    bench.start()
    await bench.node("n0", cpu="1")
    await bench.node("n1", cpu="1")
    for number in range(4):
        await bench.pod(f"p{number}", cpu="500m")
    await until(lambda: all(bench.host(f"p{number}") for number in range(4)))
    assert sorted(bench.host(f"p{number}") for number in range(4)) == ["n0", "n0", "n1", "n1"]
    assert bench.condition("p0")["status"] == "True"
    expected = ("Normal", "Scheduled", f"Successfully assigned default/p0 to {bench.host('p0')}")
    while expected not in await bench.events("p0"):
        await asyncio.sleep(0.01)


async def test_a_pod_without_a_host_waits_and_is_told_why(bench: Bench) -> None:
    """Condition and event carry Kubernetes' line; the pod is placed as soon as a host fits."""
    bench.start()
    await bench.node("n0", cpu="1")
    await bench.pod("big", cpu="2")
    condition = await bench.refusal("big", "Insufficient cpu")
    assert condition["status"] == "False"
    assert condition["reason"] == "Unschedulable"
    assert condition["message"] == "0/1 nodes are available: 1 Insufficient cpu."
    while ("Warning", "FailedScheduling", condition["message"]) not in await bench.events("big"):
        await asyncio.sleep(0.01)
    await bench.node("n1", cpu="4")
    await until(lambda: bench.host("big") == "n1")
    assert bench.condition("big")["status"] == "True"


async def test_freed_room_is_given_away(bench: Bench) -> None:
    """A pod that waits for room starts when another one is deleted, or has finished."""
    bench.start()
    await bench.node("n0", cpu="2")
    await bench.pod("a", cpu="1")
    await bench.pod("b", cpu="1")
    await until(lambda: bench.host("a") and bench.host("b"))
    await bench.pod("c", cpu="1")
    await bench.refusal("c", "Insufficient cpu")
    await bench.client.delete(PODS, "a", "default", grace_seconds=0)
    await until(lambda: bench.host("c"))
    await bench.pod("d", cpu="1")
    await bench.refusal("d", "Insufficient cpu")
    await bench.client.patch(PODS, "b", {"status": {"phase": "Succeeded"}}, namespace="default", subresource="status")
    await until(lambda: bench.host("d"))


async def test_gates_hold_a_pod_back(bench: Bench) -> None:
    """A pod with scheduling gates is not placed, and says so, until the last gate is removed."""
    bench.start()
    await bench.node("n0")
    await bench.pod("gated", schedulingGates=[{"name": "example.com/quota"}])
    await bench.pod("free")
    await until(lambda: bench.host("free"))
    assert bench.host("gated") == ""
    await until(lambda: bench.condition("gated").get("reason") == "SchedulingGated")
    await bench.client.patch(PODS, "gated", {"spec": {"schedulingGates": None}}, namespace="default")
    await until(lambda: bench.host("gated") == "n0")


async def test_other_schedulers_pods_are_left_alone(bench: Bench) -> None:
    """A pod that names another scheduler stays where it is."""
    bench.start()
    await bench.node("n0")
    await bench.pod("other", schedulerName="mine")
    await bench.pod("ours")
    await until(lambda: bench.host("ours"))
    assert bench.host("other") == ""
    assert bench.condition("other") == {}


async def test_cordon_and_uncordon(bench: Bench) -> None:
    """A cordoned host takes nothing; opening it again places what waits."""
    bench.start()
    await bench.node("n0", unschedulable=True)
    await bench.pod("p")
    await bench.refusal("p", "1 node(s) were unschedulable")
    await bench.client.patch(NODES, "n0", {"spec": {"unschedulable": None}})
    await until(lambda: bench.host("p") == "n0")


async def test_anti_affinity_over_a_restart(bench: Bench) -> None:
    """A scheduler that starts anew knows the rules of the pods that are placed already."""
    required = "requiredDuringSchedulingIgnoredDuringExecution"
    term = {"labelSelector": {"matchLabels": {"app": "a"}}, "topologyKey": HOST}
    alone = {"labels": {"app": "a"}, "affinity": {"podAntiAffinity": {required: [term]}}}
    await bench.node("n0")
    await bench.node("n1")
    await bench.pod("a0", **alone)
    first = bench.start()
    await until(lambda: bench.host("a0"))
    await until(lambda: not first.queue)
    second = bench.start()
    await bench.pod("a1", **alone)
    await until(lambda: bench.host("a1"))
    await bench.pod("a2", **alone)
    await bench.refusal("a2", "2 node(s) didn't match pod anti-affinity rules")
    assert {bench.host("a0"), bench.host("a1")} == {"n0", "n1"}
    assert second.queue.counts()["parked"] == 1


async def test_two_schedulers_never_overcommit(bench: Bench) -> None:
    """Even two schedulers at once (which election forbids) end with each pod on one host and one word about it."""
    bench.start()
    bench.start()
    for number in range(3):
        await bench.node(f"n{number}", cpu="8", pods="100")
    for number in range(30):
        await bench.pod(f"p{number}", cpu="100m")
    await until(lambda: all(bench.host(f"p{number}") for number in range(30)))


async def test_namespace_of_a_pod_may_go(bench: Bench) -> None:
    """Pods that disappear while they wait leave nothing behind."""
    scheduler = bench.start()
    await bench.client.create(NAMESPACES, {"metadata": {"name": "short"}})
    made = pod("p", namespace="short", cpu="1")
    made["metadata"].pop("uid")
    await bench.client.create(PODS, made)
    await until(
        lambda: "no nodes" in (condition_of(bench.pods.get("short/p") or {}, "PodScheduled") or {}).get("message", "")
    )
    await bench.client.delete(PODS, "p", "short", grace_seconds=0)
    await until(lambda: not scheduler.queue)
    assert key_of(made) not in {one.key for one in scheduler.snapshot.pods.values()}


async def test_late_word_about_a_bound_pod_is_dropped(bench: Bench) -> None:
    """A refusal written after the pod got a host does not undo its condition."""
    await bench.node("n0")
    await bench.pod("p")
    await until(lambda: bench.pods.get("default/p"))
    stale = bench.pods.get("default/p")
    bench.start()
    await until(lambda: bench.host("p"))
    reporter = Reporter(bench.own)
    reporter.unschedulable(stale, "too late")
    task = asyncio.create_task(reporter.run())
    await until(lambda: not reporter._wanted)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert (await bench.client.get(PODS, "p", "default"))["status"]["conditions"][0]["status"] == "True"


async def test_failed_binds_are_tried_again(bench: Bench) -> None:
    """A scheduler that may not bind yet keeps the pod, tells why, and places it once it may."""
    scheduler = bench.start()
    await bench.node("n0", cpu="1")
    real, refused = bench.own.create, []

    async def refuse_once(resource: object, obj: dict, **options: object) -> dict:
        if options.get("subresource") == "binding" and not refused:
            refused.append(obj)
            raise ApiError("Forbidden", "no right to bind")
        return await real(resource, obj, **options)

    bench.own.create = refuse_once
    await bench.pod("p", cpu="1")
    await until(lambda: bench.host("p") == "n0")
    assert refused
    await until(lambda: not scheduler.queue)
    assert int(scheduler.snapshot.requested("cpu").sum()) == 1000
