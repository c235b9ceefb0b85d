"""Deployments and ReplicaSets on the real API server."""

import pytest

from bouvier.meta.objects import condition_of
from bouvier.meta.resources import DEPLOYMENTS, EVENTS, PODS, REPLICASETS
from tests.contract.controllers.world import NAMESPACE, controllers, world


def deployment(replicas=3, image="web:1", **spec):
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "web", "namespace": NAMESPACE},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": {"app": "web"}},
            "template": {
                "metadata": {"labels": {"app": "web"}},
                "spec": {"containers": [{"name": "c", "image": image}]},
            },
            **spec,
        },
    }


def is_rolled_out(image):
    def check(found):
        status, spec = found.get("status") or {}, found["spec"]
        counts = [status.get(n, 0) for n in ("updatedReplicas", "replicas", "availableReplicas")]
        progressing = condition_of(found, "Progressing") or {}
        return (
            status.get("observedGeneration") == found["metadata"]["generation"]
            and counts == [spec["replicas"]] * 3
            and spec["template"]["spec"]["containers"][0]["image"] == image
            and progressing.get("reason") == "NewReplicaSetAvailable"
        )

    return check


@pytest.fixture
async def here(tmp_path):
    async with world(tmp_path) as made:
        yield made


async def test_a_deployment_runs_updates_and_goes_back(here):
    """Create, roll out, look at history and undo with the real kubectl."""
    await here.admin.create(DEPLOYMENTS, deployment())
    await here.object(DEPLOYMENTS, "web", is_rolled_out("web:1"))
    kubectl = here.api.kubectl
    await kubectl("-n", NAMESPACE, "set", "image", "deployment/web", "c=web:2")
    output = await kubectl("-n", NAMESPACE, "rollout", "status", "deployment/web", "--timeout=20s")
    assert "successfully rolled out" in output
    history = await kubectl("-n", NAMESPACE, "rollout", "history", "deployment/web")
    assert [line.split()[0] for line in history.splitlines()[2:] if line] == ["1", "2"]
    await kubectl("-n", NAMESPACE, "rollout", "undo", "deployment/web")
    await here.object(DEPLOYMENTS, "web", is_rolled_out("web:1"))
    history = await kubectl("-n", NAMESPACE, "rollout", "history", "deployment/web")
    assert [line.split()[0] for line in history.splitlines()[2:] if line] == ["2", "3"]
    assert len((await here.admin.list(REPLICASETS, NAMESPACE)).items) == 2
    scaled = await here.seen(EVENTS, lambda items: [e for e in items if e["reason"] == "ScalingReplicaSet"])
    assert any("Scaled up replica set web-" in event["message"] for event in scaled)


async def test_no_pod_too_many_is_ever_made(here):
    """Scaling up and down quickly ends with the last wish, and the caches' lag never makes a pod twice."""
    await here.admin.create(DEPLOYMENTS, deployment(5))
    for replicas in (9, 2, 12, 7):
        await here.admin.patch(DEPLOYMENTS, "web", {"spec": {"replicas": replicas}}, namespace=NAMESPACE)
    await here.object(DEPLOYMENTS, "web", is_rolled_out("web:1"))
    pods = (await here.admin.list(PODS, NAMESPACE)).items
    assert sum(not p["metadata"].get("deletionTimestamp") for p in pods) == 7
    made = {pod["metadata"]["uid"] for _, pod in here.log}
    assert len(made) <= 12


async def test_a_deleted_pod_is_replaced(here):
    """What somebody deletes by hand comes back under another name."""
    await here.admin.create(DEPLOYMENTS, deployment(2))
    await here.object(DEPLOYMENTS, "web", is_rolled_out("web:1"))
    victim = (await here.admin.list(PODS, NAMESPACE)).items[0]["metadata"]["name"]
    await here.admin.delete(PODS, victim, NAMESPACE)
    await here.gone(PODS, victim)
    await here.object(DEPLOYMENTS, "web", is_rolled_out("web:1"))


async def test_pods_are_adopted_and_released_by_label(here):
    """Taking the label off a pod takes it out of the set for inspection; putting it back returns it."""
    await here.admin.create(DEPLOYMENTS, deployment(1))
    await here.object(DEPLOYMENTS, "web", is_rolled_out("web:1"))
    name = (await here.admin.list(PODS, NAMESPACE)).items[0]["metadata"]["name"]
    await here.admin.patch(PODS, name, {"metadata": {"labels": {"app": "aside"}}}, namespace=NAMESPACE)
    await here.object(PODS, name, lambda pod: not pod["metadata"].get("ownerReferences"))
    await here.seen(PODS, lambda items: len(items) == 2)
    await here.admin.patch(PODS, name, {"metadata": {"labels": {"app": "web"}}}, namespace=NAMESPACE)
    await here.seen(PODS, lambda items: len(items) == 1)


async def test_a_restarted_manager_changes_nothing_that_is_right(here):
    """Killing the controllers and starting them again creates and deletes no pod."""
    await here.admin.create(DEPLOYMENTS, deployment(3))
    await here.object(DEPLOYMENTS, "web", is_rolled_out("web:1"))
    before = {pod["metadata"]["uid"] for pod in (await here.admin.list(PODS, NAMESPACE)).items}
    async with controllers(here.api):
        await here.admin.patch(DEPLOYMENTS, "web", {"metadata": {"annotations": {"note": "1"}}}, namespace=NAMESPACE)
        await here.seen(REPLICASETS, lambda items: items[0]["metadata"]["annotations"].get("note") == "1")
    after = {pod["metadata"]["uid"] for pod in (await here.admin.list(PODS, NAMESPACE)).items}
    assert after == before


async def test_a_refused_pod_is_shown_on_set_and_deployment(here):
    """When pods may not be created, conditions and events say why."""
    template = deployment()["spec"]["template"]
    forbidden = {**template, "spec": {**template["spec"], "serviceAccountName": "nobody-made-this"}}
    await here.admin.create(DEPLOYMENTS, deployment(1, template=forbidden))
    failed = await here.object(DEPLOYMENTS, "web", lambda found: condition_of(found, "ReplicaFailure"))
    assert condition_of(failed, "ReplicaFailure")["reason"] == "FailedCreate"
    assert "nobody-made-this" in condition_of(failed, "ReplicaFailure")["message"]
