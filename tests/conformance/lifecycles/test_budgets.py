"""Budgets of disruptions as the original's conformance tests use them: changed in every way, and asked before evictions."""

import pytest

from bouvier.meta.resources import POD_DISRUPTION_BUDGETS, PODS, REPLICASETS
from bouvier.util.clock import now_text
from tests.conformance.lifecycles.go_client import GoClient, Obj, conditions
from tests.support.raw_api import Reply

pytestmark = pytest.mark.asyncio(loop_scope="module")

LABELS = {"foo": "bar"}


def budget(name: str = "foo", minimum: int | str = 1, labels: dict[str, str] = LABELS) -> Obj:
    spec = {"minAvailable": minimum, "selector": {"matchLabels": labels}}
    return {"metadata": {"name": name, "labels": labels}, "spec": spec}


async def observed(go: GoClient, obj: Obj) -> None:
    """Wait until the controller has reported on a budget."""

    async def check() -> bool:
        found = await go.get(POD_DISRUPTION_BUDGETS, obj["metadata"]["name"])
        return (found.get("status") or {}).get("observedGeneration") == found["metadata"]["generation"]

    await go.eventually(check)


async def made(go: GoClient, minimum: int | str, name: str = "foo", labels: dict[str, str] = LABELS) -> None:
    obj = await go.create(POD_DISRUPTION_BUDGETS, budget(name, minimum, labels))
    await observed(go, obj)


async def pods(go: GoClient, number: int) -> None:
    for index in range(number):
        containers = [{"name": "donothing", "image": "pause:1"}]
        spec = {"containers": containers, "restartPolicy": "Always"}
        await go.create(PODS, {"metadata": {"name": f"pod-{index}", "labels": LABELS}, "spec": spec})


async def running(go: GoClient, wanted: int) -> list[Obj]:
    async def check() -> list[Obj] | None:
        found = (await go.listed(PODS, labelSelector="foo=bar"))["items"]
        alive = [p for p in found if p["status"]["phase"] == "Running" and "deletionTimestamp" not in p["metadata"]]
        return alive if len(alive) >= wanted else None

    return await go.eventually(check, f"{wanted} pods")


async def evicted(go: GoClient, pod: Obj) -> Reply:
    name = pod["metadata"]["name"]
    eviction = {"metadata": {"name": name, "namespace": go.namespace}}
    path = PODS.path(go.namespace, name, "eviction")
    return await go.request("POST", path, ("policy/v1", "Eviction"), eviction)


def is_refused(reply: Reply) -> bool:
    causes = (reply.body.get("details") or {}).get("causes") or ()
    return reply.status == 429 and any(cause["reason"] == "DisruptionBudget" for cause in causes)


async def test_budgets_of_all_namespaces(go: GoClient, api: object) -> None:
    """Listed by label everywhere and here; a collection goes from here alone."""
    labels, chosen = {"foo_pdb": "bar_pdb"}, "foo_pdb=bar_pdb"
    other = GoClient(go.api, f"{go.namespace}-other")
    await go.api.ok("POST", "/api/v1/namespaces", {"metadata": {"name": other.namespace}})
    await made(go, 2, labels=labels)
    await made(go, "1%", "foo2", labels)
    await made(other, 2, "foo3", labels)
    everywhere = (await go.listed(POD_DISRUPTION_BUDGETS, everywhere=True, labelSelector=chosen))["items"]
    assert {one["metadata"]["name"] for one in everywhere} == {"foo", "foo2", "foo3"}
    await go.count(POD_DISRUPTION_BUDGETS, 2, labelSelector=chosen)
    await go.delete_collection(POD_DISRUPTION_BUDGETS, "")
    await go.count(POD_DISRUPTION_BUDGETS, 0)
    assert len((await other.listed(POD_DISRUPTION_BUDGETS))["items"]) == 1


async def test_life_of_a_budget(go: GoClient) -> None:
    """Created, updated, patched, and gone after its deletion; the controller follows each step."""
    await made(go, "1%")
    updated = await go.changed(POD_DISRUPTION_BUDGETS, "foo", lambda obj: obj["spec"].update(minAvailable="2%"))
    assert updated["spec"]["minAvailable"] == "2%"
    await observed(go, updated)
    patched = await go.patch(POD_DISRUPTION_BUDGETS, "foo", {"spec": {"minAvailable": "3%"}})
    assert patched["spec"]["minAvailable"] == "3%"
    await observed(go, patched)
    await go.delete(POD_DISRUPTION_BUDGETS, "foo")
    assert await go.find(POD_DISRUPTION_BUDGETS, "foo") is None


async def test_allowed_disruptions_are_counted(go: GoClient) -> None:
    """Pods without a controller count."""
    await made(go, 1)
    await pods(go, 3)
    await running(go, 3)

    async def allows() -> bool:
        return (await go.get(POD_DISRUPTION_BUDGETS, "foo"))["status"]["disruptionsAllowed"] > 0

    await go.eventually(allows)


async def test_disrupted_pods_are_written_by_clients(go: GoClient) -> None:
    """An update of the status names a pod; a merge patch made by comparison takes it back."""
    await made(go, 1)
    await pods(go, 1)
    (pod,) = await running(go, 1)
    name = pod["metadata"]["name"]
    await go.changed(
        POD_DISRUPTION_BUDGETS, "foo", lambda obj: obj["status"].update(disruptedPods={name: now_text()}), "status"
    )
    read = await go.get(POD_DISRUPTION_BUDGETS, "foo", "status")
    assert name in read["status"]["disruptedPods"]
    patch = {"status": {"disruptedPods": None}}
    patched = await go.patch(POD_DISRUPTION_BUDGETS, "foo", patch, part="status")
    assert not patched["status"].get("disruptedPods")


async def test_an_eviction_waits_for_the_budget(go: GoClient) -> None:
    """Refused with its cause, allowed after an update, refused after a patch, allowed without a budget."""
    await made(go, 3)
    template = {"metadata": {"labels": LABELS}, "spec": {"containers": [{"name": "donothing", "image": "pause:1"}]}}
    spec = {"replicas": 3, "selector": {"matchLabels": LABELS}, "template": template}
    await go.create(REPLICASETS, {"metadata": {"name": "rs"}, "spec": spec})
    pod = (await running(go, 3))[0]
    assert is_refused(await evicted(go, pod))
    updated = await go.changed(POD_DISRUPTION_BUDGETS, "foo", lambda obj: obj["spec"].update(minAvailable=2))
    await observed(go, updated)
    await healthy(go, 3)
    version = (await go.listed(PODS))["metadata"]["resourceVersion"]
    assert (await evicted(go, pod)).status == 201
    told = await go.until(PODS, version, lambda _, obj: "DisruptionTarget" in conditions(obj))
    assert conditions(told)["DisruptionTarget"]["reason"] == "EvictionByEvictionAPI"
    patch = {"spec": {"minAvailable": None, "maxUnavailable": 0}}
    patched = await go.patch(POD_DISRUPTION_BUDGETS, "foo", patch)
    assert "minAvailable" not in patched["spec"]
    await observed(go, patched)
    pod = (await running(go, 3))[0]
    assert is_refused(await evicted(go, pod))
    await go.delete(POD_DISRUPTION_BUDGETS, "foo")
    await running(go, 3)
    assert (await evicted(go, pod)).status == 201


async def healthy(go: GoClient, wanted: int) -> None:
    async def check() -> bool:
        status = (await go.get(POD_DISRUPTION_BUDGETS, "foo"))["status"]
        return status["currentHealthy"] == wanted and status["disruptionsAllowed"] == 1

    await go.eventually(check)
