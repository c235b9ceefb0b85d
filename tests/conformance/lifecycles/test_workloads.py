"""Scales, collections, replacements and revisions of workloads, as the original's conformance tests go through them."""

import pytest

from bouvier.meta.gvk import Resource
from bouvier.meta.resources import (
    CONTROLLERREVISIONS,
    DAEMONSETS,
    DEPLOYMENTS,
    PODS,
    REPLICASETS,
    REPLICATIONCONTROLLERS,
    STATEFULSETS,
)
from tests.conformance.lifecycles.go_client import GoClient, Obj
from tests.support.raw_api import STRATEGIC

pytestmark = pytest.mark.asyncio(loop_scope="module")

SCALE = Resource("autoscaling", "v1", "scales", "Scale")
LABELS = {"name": "sample-pod", "pod": "httpd"}


def workload(name: str, labels: dict[str, str] = LABELS, **more: object) -> Obj:
    template = {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "webserver", "image": "httpd:1"}]}}
    selector: object = labels if more.pop("plain_selector", False) else {"matchLabels": labels}
    return {"metadata": {"name": name}, "spec": {"selector": selector, "template": template, **more}}


async def running(go: GoClient, wanted: int, **query: str) -> list[Obj]:
    async def check() -> list[Obj] | None:
        pods = [pod for pod in (await go.listed(PODS, **query))["items"] if "deletionTimestamp" not in pod["metadata"]]
        return pods if len(pods) == wanted and all(pod["status"]["phase"] == "Running" for pod in pods) else None

    return await go.eventually(check, f"{wanted} running pods")


async def scaled(go: GoClient, resource: Resource, name: str, scale: Obj) -> Obj:
    """Send a Scale in protobuf, as `UpdateScale` does."""
    path = resource.path(go.namespace, name, "scale")
    reply = await go.request("PUT", path, (SCALE.api_version, SCALE.kind), scale)
    assert reply.status == 200, reply.body
    return reply.body


@pytest.mark.parametrize(
    ("resource", "more"),
    [
        (DEPLOYMENTS, {}),
        (REPLICASETS, {}),
        (STATEFULSETS, {"serviceName": "test"}),
        (REPLICATIONCONTROLLERS, {"plain_selector": True}),
    ],
    ids=["deployments", "replicasets", "statefulsets", "replicationcontrollers"],
)
async def test_a_scale_is_read_updated_and_patched(go: GoClient, resource: Resource, more: Obj) -> None:
    """An update without a version is taken, and a patch with all of Go's empty fields beside the number."""
    await go.create(resource, workload("web", replicas=1, **more))
    await running(go, 1)
    scale = await go.eventually(lambda: shown(go, resource, 1))
    assert (scale["spec"]["replicas"], scale["kind"], scale["apiVersion"]) == (1, "Scale", "autoscaling/v1")
    assert scale["status"]["selector"] == "name=sample-pod,pod=httpd"
    scale["metadata"].pop("resourceVersion")
    scale["spec"]["replicas"] = 2
    assert (await scaled(go, resource, "web", scale))["spec"]["replicas"] == 2
    assert (await go.get(resource, "web"))["spec"]["replicas"] == 2
    body = {"metadata": {"creationTimestamp": None}, "spec": {"replicas": 4}, "status": {"replicas": 0}}
    patched = await go.patch(resource, "web", body, STRATEGIC, "scale")
    assert patched["spec"]["replicas"] == 4
    assert (await go.get(resource, "web"))["spec"]["replicas"] == 4
    await running(go, 4)


async def shown(go: GoClient, resource: Resource, replicas: int) -> Obj | None:
    scale = await go.get(resource, "web", "scale")
    return scale if scale["status"].get("replicas") == replicas else None


async def test_a_replica_set_adopts_is_patched_and_forgets(go: GoClient) -> None:
    """A patch with a new image and number is carried out, and a collection goes at once."""
    chosen = "test-rs=patched"
    await go.create(REPLICASETS, workload("test-rs", replicas=1))
    await running(go, 1)
    scale = await go.get(REPLICASETS, "test-rs", "scale")
    scale["spec"]["replicas"] = 2
    await scaled(go, REPLICASETS, "test-rs", scale)
    await running(go, 2)
    containers = [{"name": "test-rs", "image": "pause:1"}]
    template = {"spec": {"TerminationGracePeriodSeconds": 1, "containers": containers}}
    patch = {"metadata": {"labels": {"test-rs": "patched"}}, "spec": {"replicas": 3, "template": template}}
    patched = await go.patch(REPLICASETS, "test-rs", patch, STRATEGIC)
    assert patched["spec"]["replicas"] == 3
    assert patched["spec"]["template"]["spec"]["containers"][0]["image"] == "pause:1"
    await running(go, 3)
    await go.count(REPLICASETS, 1, labelSelector=chosen)
    await go.delete_collection(REPLICASETS, chosen, gracePeriodSeconds=1)
    assert (await go.listed(REPLICASETS, everywhere=True, labelSelector=chosen))["items"] == []


async def test_a_stateful_set_is_patched_and_deleted_with_others(go: GoClient) -> None:
    """A container that the patch names anew comes first; unknown fields are warned of; a collection goes at once."""
    chosen = "test-ss=patched"
    await go.create(STATEFULSETS, workload("test-ss", replicas=1, serviceName="test"))
    await running(go, 1)
    containers = [{"name": "test-ss", "image": "pause:1"}]
    template = {"spec": {"TerminationGracePeriodSeconds": 1, "containers": containers}}
    patch = {"metadata": {"labels": {"test-ss": "patched"}}, "spec": {"replicas": 2, "template": template}}
    await go.patch(STATEFULSETS, "test-ss", patch, STRATEGIC)
    found = await go.get(STATEFULSETS, "test-ss")
    assert found["spec"]["replicas"] == 2
    assert [one["image"] for one in found["spec"]["template"]["spec"]["containers"]] == ["pause:1", "httpd:1"]

    async def rolled() -> bool:
        status = (await go.get(STATEFULSETS, "test-ss"))["status"]
        return status.get("readyReplicas") == 2 and status["currentRevision"] == status["updateRevision"]

    await go.eventually(rolled)
    assert len((await go.listed(STATEFULSETS, everywhere=True, labelSelector=chosen))["items"]) == 1
    await go.delete_collection(STATEFULSETS, chosen, gracePeriodSeconds=1)
    assert (await go.listed(STATEFULSETS, everywhere=True, labelSelector=chosen))["items"] == []


async def test_a_collection_of_daemon_sets(go: GoClient) -> None:
    """It goes at once, whatever becomes of the pods."""
    made = workload("ds", {"daemonset-name": "ds"})
    made["metadata"]["labels"] = {"daemonset-name": "ds"}
    await go.create(DAEMONSETS, made)
    await running(go, 2)
    listed = await go.listed(DAEMONSETS, everywhere=True, labelSelector="daemonset-name=ds")
    assert len(listed["items"]) == 1
    await go.delete_collection(DAEMONSETS, "daemonset-name=ds", gracePeriodSeconds=1)
    assert (await go.listed(DAEMONSETS, everywhere=True, labelSelector="daemonset-name=ds"))["items"] == []
    await go.count(PODS, 0)


async def test_life_of_a_controller_revision(go: GoClient) -> None:
    """One that a client adds stays beside the controller's own; numbers go on from the highest, whoever gave it."""
    label, chosen = {"daemonset-name": "ds"}, "daemonset-name=ds"
    made = workload("ds", label)
    made["metadata"]["labels"] = label
    await go.create(DAEMONSETS, made)
    await running(go, 2)
    daemons = await go.get(DAEMONSETS, "ds")
    (first,) = (await go.listed(CONTROLLERREVISIONS, everywhere=True, labelSelector=chosen))["items"]
    owner = first["metadata"]["ownerReferences"][0]
    assert (owner["kind"], owner["uid"]) == ("DaemonSet", daemons["metadata"]["uid"])
    name = first["metadata"]["name"]
    patched = await go.patch(CONTROLLERREVISIONS, name, {"metadata": {"labels": {name: "patched"}}}, STRATEGIC)
    assert patched["metadata"]["labels"][name] == "patched"
    metadata = {
        "name": "ds-12345",
        "labels": label | {"controller-revision-hash": "12345"},
        "ownerReferences": first["metadata"]["ownerReferences"],
    }
    own = {"metadata": metadata, "data": first["data"], "revision": first["revision"] + 1}
    await go.create(CONTROLLERREVISIONS, own)
    await go.count(CONTROLLERREVISIONS, 2, labelSelector=chosen)
    await go.delete(CONTROLLERREVISIONS, name)
    (left,) = await go.count(CONTROLLERREVISIONS, 1, labelSelector=chosen)
    current = left["metadata"]["name"]
    updated = await go.changed(
        CONTROLLERREVISIONS, current, lambda obj: obj["metadata"]["labels"].update({current: "updated"})
    )
    assert updated["metadata"]["labels"][current] == "updated"
    template = {"spec": {"terminationGracePeriodSeconds": 1}}
    patch = {"spec": {"template": template}, "updateStrategy": {"type": "RollingUpdate"}}
    await go.patch(DAEMONSETS, "ds", patch, STRATEGIC)
    await go.count(CONTROLLERREVISIONS, 2, labelSelector=chosen)
    await go.delete_collection(CONTROLLERREVISIONS, f"{current}=updated")
    (last,) = await go.count(CONTROLLERREVISIONS, 1, labelSelector=chosen)
    assert last["revision"] == 3
