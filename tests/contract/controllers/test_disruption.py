"""Disruption budgets and evictions on the real API server, with the real kubectl."""

import asyncio

import pytest

from bouvier.meta.errors import ApiError
from bouvier.meta.objects import is_condition_true
from bouvier.meta.resources import DEPLOYMENTS, POD_DISRUPTION_BUDGETS, PODS
from tests.contract.controllers.test_workloads import deployment, is_rolled_out
from tests.contract.controllers.world import NAMESPACE, world


@pytest.fixture
async def here(tmp_path):
    async with world(tmp_path, ("h1", "h2")) as made:
        yield made


def allows(count):
    return lambda found: (
        found["status"].get("observedGeneration") == found["metadata"]["generation"]
        and found["status"]["disruptionsAllowed"] == count
        and not found["status"].get("disruptedPods")
    )


async def evict(here, name):
    body = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": name, "namespace": NAMESPACE}}
    try:
        await here.admin.create(PODS, body, namespace=NAMESPACE, name=name, subresource="eviction")
    except ApiError as error:
        return error
    return None


async def test_a_budget_grants_no_more_than_it_has(here):
    """Of many evictions at once exactly one is granted; the refusal names the budget and says when to come back."""
    await here.admin.create(DEPLOYMENTS, deployment(4))
    await here.object(DEPLOYMENTS, "web", is_rolled_out("web:1"))
    await here.api.kubectl("-n", NAMESPACE, "create", "pdb", "web", "--selector=app=web", "--max-unavailable=1")
    found = await here.object(POD_DISRUPTION_BUDGETS, "web", allows(1))
    assert (found["status"]["expectedPods"], found["status"]["desiredHealthy"]) == (4, 3)
    names = [pod["metadata"]["name"] for pod in (await here.admin.list(PODS, NAMESPACE)).items]
    results = await asyncio.gather(*(evict(here, name) for name in names))
    refused = [error for error in results if error]
    assert len(refused) == 3
    assert {error.code for error in refused} == {429}
    assert "needs 3 healthy pods and has" in refused[0].details["causes"][0]["message"]
    await here.object(POD_DISRUPTION_BUDGETS, "web", allows(1))


async def test_drain_respects_the_budget(here):
    """kubectl drain empties a host, and never are fewer pods healthy than the budget says."""
    await here.admin.create(DEPLOYMENTS, deployment(3))
    await here.object(DEPLOYMENTS, "web", is_rolled_out("web:1"))
    await here.api.kubectl("-n", NAMESPACE, "create", "pdb", "web", "--selector=app=web", "--min-available=2")
    await here.object(POD_DISRUPTION_BUDGETS, "web", allows(1))
    healthy = {pod["metadata"]["name"] for pod in (await here.admin.list(PODS, NAMESPACE)).items}
    here.log.clear()
    await here.api.kubectl("drain", "h1", "--timeout=50s")
    await here.seen(PODS, lambda items: all(pod["spec"].get("nodeName") != "h1" for pod in items))
    for kind, pod in here.log:
        is_up = is_condition_true(pod, "Ready") and not pod["metadata"].get("deletionTimestamp") and kind != "DELETED"
        (healthy.add if is_up else healthy.discard)(pod["metadata"]["name"])
        assert len(healthy) >= 2


async def test_pods_that_serve_nobody_may_always_go(here):
    """A pod that never started is evicted although the budget is spent."""
    here.broken_images.add("web:bad")
    await here.admin.create(DEPLOYMENTS, deployment(2, image="web:bad"))
    await here.seen(PODS, lambda items: len(items) == 2)
    await here.api.kubectl("-n", NAMESPACE, "create", "pdb", "web", "--selector=app=web", "--min-available=2")
    await here.object(POD_DISRUPTION_BUDGETS, "web", allows(0))
    name = (await here.admin.list(PODS, NAMESPACE)).items[0]["metadata"]["name"]
    assert await evict(here, name) is None
