"""Garbage collection with the controllers at work: several owners, owners that wait, circles, orphans."""

from pathlib import Path

import pytest

from bouvier.client import MERGE
from bouvier.meta.gvk import Resource
from bouvier.meta.resources import CONFIGMAPS, NAMESPACES, PODS
from tests.contract.controllers.world import NAMESPACE, World, world

CONTROLLERS = Resource("", "v1", "replicationcontrollers", "ReplicationController")
SERVICES = Resource("", "v1", "services", "Service")
LABELS = {"app": "collected"}
TEMPLATE = {"metadata": {"labels": LABELS}, "spec": {"containers": [{"name": "c", "image": "web:1"}]}}


@pytest.fixture
async def here(tmp_path: Path):
    async with world(tmp_path) as made:
        yield made


def controller(name: str, replicas: int = 4, labels: dict | None = None) -> dict:
    template = TEMPLATE if labels is None else TEMPLATE | {"metadata": {"labels": labels}}
    return {
        "apiVersion": "v1",
        "kind": "ReplicationController",
        "metadata": {"name": name, "namespace": NAMESPACE},
        "spec": {"replicas": replicas, "selector": labels or LABELS, "template": template},
    }


def reference(owner: dict, **more: bool) -> dict:
    metadata = owner["metadata"]
    kind = {"apiVersion": owner["apiVersion"], "kind": owner["kind"]}
    return kind | {"name": metadata["name"], "uid": metadata["uid"], **more}


async def started(here: World, count: int) -> list[dict]:
    """Wait for so many running pods and return them."""

    def running(pods: list[dict]) -> list[dict]:
        found = [one for one in pods if (one.get("status") or {}).get("phase") == "Running"]
        return found if len(found) == count else []

    return await here.seen(PODS, running)


async def test_a_controller_that_waits_for_its_pods(here: World) -> None:
    """Deleted in the foreground it stays until the last of its pods is gone."""
    await here.admin.create(CONTROLLERS, controller("rc"))
    await started(here, 4)
    await here.admin.delete(CONTROLLERS, "rc", NAMESPACE, propagation="Foreground")
    await here.gone(CONTROLLERS, "rc")
    assert (await here.admin.list(PODS, NAMESPACE)).items == []


async def test_orphaned_pods_go_on(here: World) -> None:
    """Deleted with Orphan, the controller goes and its pods stay without it."""
    await here.admin.create(CONTROLLERS, controller("rc"))
    await started(here, 4)
    await here.admin.delete(CONTROLLERS, "rc", NAMESPACE, propagation="Orphan")
    await here.gone(CONTROLLERS, "rc")
    pods = await started(here, 4)
    assert not [one for one in pods if one["metadata"].get("ownerReferences")]


async def test_the_oldest_kinds_leave_their_pods(here: World) -> None:
    """A deletion that names no policy leaves the pods of a ReplicationController and of a Job as orphans."""
    await here.admin.create(CONTROLLERS, controller("rc", 2))
    await started(here, 2)
    await here.admin.delete(CONTROLLERS, "rc", NAMESPACE)
    await here.gone(CONTROLLERS, "rc")
    pods = await started(here, 2)
    assert not [one for one in pods if one["metadata"].get("ownerReferences")]


async def test_pods_with_another_owner_stay(here: World) -> None:
    """Pods that a second controller owns too are not deleted with the first, which waits for its own alone."""
    await here.admin.create(CONTROLLERS, controller("going"))
    pods = await started(here, 4)
    await here.admin.create(CONTROLLERS, controller("staying", 0, {"app": "other"}))
    staying = await here.admin.get(CONTROLLERS, "staying", NAMESPACE)
    shared = sorted(one["metadata"]["name"] for one in pods)[:2]
    for pod in pods:
        if pod["metadata"]["name"] in shared:
            owners = [*pod["metadata"]["ownerReferences"], reference(staying)]
            patch = {"metadata": {"ownerReferences": owners}}
            await here.admin.patch(PODS, pod["metadata"]["name"], patch, namespace=NAMESPACE, kind=MERGE)
    await here.admin.delete(CONTROLLERS, "going", NAMESPACE, propagation="Foreground")
    await here.gone(CONTROLLERS, "going")
    left = (await here.admin.list(PODS, NAMESPACE)).items
    assert sorted(one["metadata"]["name"] for one in left) == shared
    assert [[owner["name"] for owner in one["metadata"]["ownerReferences"]] for one in left] == [["staying"]] * 2
    assert not [one for one in left if one["metadata"].get("deletionTimestamp")]


@pytest.mark.parametrize("propagation", ["Background", "Foreground"])
async def test_a_circle_is_no_obstacle(here: World, propagation: str) -> None:
    """Three objects that own each other in a circle all go with the first."""
    made = {}
    for name in ("one", "two", "three"):
        body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": NAMESPACE}}
        made[name] = await here.admin.create(CONFIGMAPS, body)
    for name, owner in (("one", "three"), ("two", "one"), ("three", "two")):
        owners = [reference(made[owner], controller=True, blockOwnerDeletion=True)]
        await here.admin.patch(
            CONFIGMAPS, name, {"metadata": {"ownerReferences": owners}}, namespace=NAMESPACE, kind=MERGE
        )
    await here.admin.delete(CONFIGMAPS, "one", NAMESPACE, propagation=propagation)
    await here.gone(CONFIGMAPS, "one", "two", "three")


async def test_an_owner_in_another_namespace_is_none(here: World) -> None:
    """A reference that could only mean an object elsewhere is told by an event, and the object collected."""
    await here.admin.create(NAMESPACES, {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "elsewhere"}})
    body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "owner", "namespace": "elsewhere"}}
    owner = await here.admin.create(CONFIGMAPS, body)
    metadata = {"name": "owned", "namespace": NAMESPACE, "ownerReferences": [reference(owner)]}
    await here.admin.create(CONFIGMAPS, body | {"metadata": metadata})
    await here.gone(CONFIGMAPS, "owned")
    events = (await here.admin.list(Resource("", "v1", "events", "Event"), NAMESPACE)).items
    assert "OwnerRefInvalidNamespace" in {one["reason"] for one in events}
    # Beside its owner a dependent lives on: what is known of one namespace says nothing about another.
    beside = {"name": "beside", "namespace": "elsewhere", "ownerReferences": [reference(owner)]}
    await here.admin.create(CONFIGMAPS, body | {"metadata": beside})
    nobody = reference(owner) | {"name": "nobody", "uid": "nobody"}
    dangling = {"name": "dangling", "namespace": NAMESPACE, "ownerReferences": [nobody]}
    await here.admin.create(CONFIGMAPS, body | {"metadata": dangling})
    await here.gone(CONFIGMAPS, "dangling")
    assert (await here.admin.get(CONFIGMAPS, "beside", "elsewhere"))["metadata"]["name"] == "beside"


async def test_a_namespace_takes_pods_and_services(here: World) -> None:
    """Nothing of a deleted namespace is there when the next of its name is made."""
    body = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "again"}}
    await here.admin.create(NAMESPACES, body)
    metadata = {"name": "x", "namespace": "again"}
    await here.admin.create(PODS, {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": TEMPLATE["spec"]})
    service = {"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": {"ports": [{"port": 80}]}}
    await here.admin.create(SERVICES, service)
    await here.admin.delete(NAMESPACES, "again")
    await here.gone(NAMESPACES, "again")
    await here.admin.create(NAMESPACES, body)
    assert (await here.admin.list(PODS, "again")).items == []
    assert (await here.admin.list(SERVICES, "again")).items == []
