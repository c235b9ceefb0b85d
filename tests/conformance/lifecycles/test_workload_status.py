"""Statuses of workloads written by somebody else than their controllers, as the original's conformance tests do."""

import pytest

from bouvier.meta.gvk import Resource
from bouvier.meta.resources import DAEMONSETS, DEPLOYMENTS, JOBS, REPLICASETS, STATEFULSETS
from tests.conformance.lifecycles.go_client import GoClient, Obj, conditions
from tests.support.raw_api import MERGE, STRATEGIC

pytestmark = pytest.mark.asyncio(loop_scope="module")

LABELS = {"e2e": "testing"}
CHOSEN = "e2e=testing"
UPDATED = {
    "type": "StatusUpdate",
    "status": "True",
    "lastTransitionTime": None,
    "reason": "E2E",
    "message": "Set from a test",
}
PATCHED = {"type": "StatusPatched", "status": "True", "lastTransitionTime": None}
COUNTS_OF_DAEMONS = {
    "currentNumberScheduled": 0,
    "numberMisscheduled": 0,
    "desiredNumberScheduled": 0,
    "numberReady": 0,
}
"""Go writes these even where nobody set them."""
EMPTY_TEMPLATE = {"metadata": {"creationTimestamp": None}, "spec": {"containers": None}}


def workload(name: str, **more: object) -> Obj:
    containers = [{"name": "webserver", "image": "httpd:1", "resources": {}}]
    template = {"metadata": {"labels": LABELS}, "spec": {"containers": containers}}
    return {
        "metadata": {"name": name, "labels": LABELS},
        "spec": {"selector": {"matchLabels": LABELS}, "template": template, **more},
    }


def is_complete(obj: Obj) -> bool:
    """Tell whether a controller has reported that all is as wanted."""
    status = obj.get("status") or {}
    if status.get("observedGeneration") != obj["metadata"]["generation"]:
        return False
    if "desiredNumberScheduled" in status:
        return status["desiredNumberScheduled"] == status.get("numberAvailable") == 2
    return status.get("readyReplicas") == status.get("availableReplicas") == obj["spec"]["replicas"]


async def ready(go: GoClient, resource: Resource, name: str) -> Obj:
    async def check() -> Obj | None:
        obj = await go.get(resource, name)
        return obj if is_complete(obj) else None

    return await go.eventually(check, f"{name} ready")


def told(obj: Obj, kind: str) -> tuple[str, str]:
    condition = conditions(obj)[kind]
    return condition["reason"], condition["message"]


def has(kind: str, obj: Obj) -> bool:
    return kind in conditions(obj)


@pytest.mark.parametrize(
    ("resource", "more", "noise"),
    [
        (DEPLOYMENTS, {"replicas": 1, "strategy": {"type": "RollingUpdate"}}, {}),
        (REPLICASETS, {"replicas": 1}, {}),
        (STATEFULSETS, {"replicas": 1, "serviceName": "test"}, {}),
        (
            DAEMONSETS,
            {},
            {
                "metadata": {"creationTimestamp": None},
                "spec": {"selector": None, "template": EMPTY_TEMPLATE, "updateStrategy": {}},
                "status": COUNTS_OF_DAEMONS,
            },
        ),
    ],
    ids=["deployments", "replicasets", "statefulsets", "daemonsets"],
)
async def test_a_status_is_read_updated_and_patched(go: GoClient, resource: Resource, more: Obj, noise: Obj) -> None:
    """Conditions of others are shown to watchers; whatever Go's empty fields say beside them changes nothing."""
    version = (await go.listed(resource, everywhere=True, labelSelector=CHOSEN))["metadata"]["resourceVersion"]
    await go.create(resource, workload("web", **more))
    made = await ready(go, resource, "web")
    read = await go.get(resource, "web", "status")
    assert read["metadata"]["uid"] == made["metadata"]["uid"]

    def add(obj: Obj) -> None:
        obj["status"].setdefault("conditions", []).append(UPDATED)

    updated = await go.changed(resource, "web", add, "status")
    assert told(updated, "StatusUpdate") == ("E2E", "Set from a test")
    seen = await go.until(resource, version, lambda _, obj: has("StatusUpdate", obj), selector=CHOSEN)
    assert told(seen, "StatusUpdate") == ("E2E", "Set from a test")
    patch = noise | {"status": noise.get("status", {}) | {"conditions": [PATCHED]}}
    patched = await go.patch(resource, "web", patch, MERGE, "status")
    assert conditions(patched)["StatusPatched"]["status"] == "True"
    assert patched["spec"] == made["spec"]
    assert patched["metadata"]["creationTimestamp"] == made["metadata"]["creationTimestamp"]
    await go.until(resource, version, lambda _, obj: has("StatusPatched", obj), selector=CHOSEN)
    assert is_complete(await ready(go, resource, "web"))


async def test_a_job_keeps_conditions_of_others(go: GoClient) -> None:
    """A condition is patched with an annotation, its time is changed by an update, and both are found."""
    template = {"spec": {"restartPolicy": "Never", "containers": [{"name": "c", "image": "busybox:1"}]}}
    job = {"metadata": {"name": "sum"}, "spec": {"parallelism": 2, "completions": 4, "template": template}}
    made = await go.create(JOBS, job)

    async def runs() -> bool:
        return (await go.get(JOBS, "sum")).get("status", {}).get("ready") == 2

    await go.eventually(runs)
    first = {"type": "CustomConditionType", "status": "True", "lastProbeTime": None}
    first["lastTransitionTime"] = "2026-01-02T03:04:05Z"
    body = {"metadata": {"annotations": {"patchedstatus": "true"}}, "status": {"conditions": [first]}}
    patched = await go.patch(JOBS, "sum", body | {"status": {"conditions": [first], "ready": None}}, MERGE, "status")
    assert conditions(patched)["CustomConditionType"]["lastTransitionTime"] == "2026-01-02T03:04:05Z"
    assert patched["metadata"]["annotations"]["patchedstatus"] == "true"

    def later(obj: Obj) -> None:
        conditions(obj)["CustomConditionType"]["lastTransitionTime"] = "2026-01-02T03:04:09Z"

    updated = await go.changed(JOBS, "sum", later, "status")
    assert conditions(updated)["CustomConditionType"]["lastTransitionTime"] == "2026-01-02T03:04:09Z"
    assert (await go.get(JOBS, "sum", "status"))["metadata"]["uid"] == made["metadata"]["uid"]


async def test_life_of_a_deployment(go: GoClient) -> None:
    """Every step, the controller's and the client's, is found in one watch from before the first."""
    labels = {"test-deployment-static": "true"}
    chosen = "test-deployment-static=true"

    def deployment(**more: object) -> Obj:
        made = workload("web", replicas=2, **more)
        made["metadata"]["labels"] = {"test-deployment-static": "true"}
        made["spec"]["selector"] = {"matchLabels": labels}
        made["spec"]["template"]["metadata"]["labels"] = labels
        return made

    version = (await go.listed(DEPLOYMENTS, everywhere=True, labelSelector=chosen))["metadata"]["resourceVersion"]
    await go.create(DEPLOYMENTS, deployment())

    def shows(**status: int) -> object:
        def check(_: str, obj: Obj) -> bool:
            return all((obj.get("status") or {}).get(name, 0) == value for name, value in status.items())

        return check

    await go.until(DEPLOYMENTS, version, lambda event, _: event == "ADDED", selector=chosen)
    await go.until(DEPLOYMENTS, version, shows(readyReplicas=2), selector=chosen)
    containers = [{"name": "webserver", "image": "pause:1"}]
    template = {"spec": {"terminationGracePeriodSeconds": 2, "containers": containers}}
    patch = {"metadata": {"labels": {"test-deployment": "patched"}}, "spec": {"replicas": 1, "template": template}}
    patched = await go.patch(DEPLOYMENTS, "web", patch, STRATEGIC)
    assert patched["spec"]["template"]["spec"]["containers"][0]["image"] == "pause:1"

    def rolled(_: str, obj: Obj) -> bool:
        spec = obj["spec"]["template"]["spec"]
        counts = shows(readyReplicas=1, updatedReplicas=1, unavailableReplicas=0)
        return (
            spec["terminationGracePeriodSeconds"] == 2
            and spec["containers"][0]["image"] == "pause:1"
            and counts(_, obj)
        )

    await go.until(DEPLOYMENTS, version, rolled, selector=chosen)
    listed = await go.listed(DEPLOYMENTS, everywhere=True, labelSelector=chosen)
    assert [one["metadata"]["name"] for one in listed["items"]] == ["web"]
    again = deployment()
    again["metadata"] |= {"labels": labels | {"test-deployment": "updated"}, "creationTimestamp": None}
    again["spec"]["template"]["spec"]["containers"][0]["image"] = "agnhost:1"
    await go.api.ok("PUT", DEPLOYMENTS.path(go.namespace, "web"), again | {"status": {}})
    status = await go.get(DEPLOYMENTS, "web", "status")
    assert status["spec"]["template"]["spec"]["containers"][0]["image"] == "agnhost:1"
    assert status["metadata"]["labels"]["test-deployment"] == "updated"
    version = listed["metadata"]["resourceVersion"]
    full = shows(readyReplicas=2, updatedReplicas=2, unavailableReplicas=0)
    await go.until(DEPLOYMENTS, version, full, selector=chosen)
    none = {"status": {"readyReplicas": 0, "availableReplicas": 0}}
    emptied = await go.patch(DEPLOYMENTS, "web", none, STRATEGIC, "status")
    assert not emptied["status"].get("readyReplicas")
    version = emptied["metadata"]["resourceVersion"]
    await go.until(DEPLOYMENTS, version, full, selector=chosen)
    await go.delete_collection(DEPLOYMENTS, chosen, gracePeriodSeconds=1)
    await go.until(DEPLOYMENTS, version, lambda event, _: event == "DELETED", selector=chosen)
