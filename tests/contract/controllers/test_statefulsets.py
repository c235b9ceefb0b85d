"""StatefulSets on the real API server, with the real kubectl."""

import pytest

from bouvier.meta.resources import (
    CONTROLLERREVISIONS,
    ENDPOINTSLICES,
    PERSISTENTVOLUMECLAIMS,
    PODS,
    SERVICES,
    STATEFULSETS,
)
from tests.contract.controllers.world import NAMESPACE, world


def stateful_set(replicas=3, image="db:1", **spec):
    return {
        "apiVersion": "apps/v1",
        "kind": "StatefulSet",
        "metadata": {"name": "db", "namespace": NAMESPACE},
        "spec": {
            "replicas": replicas,
            "serviceName": "db",
            "selector": {"matchLabels": {"app": "db"}},
            "template": {
                "metadata": {"labels": {"app": "db"}},
                "spec": {"containers": [{"name": "c", "image": image}]},
            },
            **spec,
        },
    }


CLAIM = {
    "metadata": {"name": "data"},
    "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}},
}


def names_of(items):
    return sorted(item["metadata"]["name"] for item in items)


def is_settled(replicas):
    def check(found):
        status = found.get("status") or {}
        counts = [status.get(n, 0) for n in ("replicas", "readyReplicas", "updatedReplicas", "currentReplicas")]
        current = status.get("observedGeneration") == found["metadata"]["generation"]
        return current and counts == [replicas] * 4 and status["currentRevision"] == status["updateRevision"]

    return check


@pytest.fixture
async def here(tmp_path):
    async with world(tmp_path) as made:
        yield made


async def test_pods_come_in_order_and_go_in_reverse(here):
    """Each pod starts when the one before it is ready; scaling down takes the highest first; names stay."""
    await here.admin.create(STATEFULSETS, stateful_set(3))
    await here.object(STATEFULSETS, "db", is_settled(3))
    made = [pod["metadata"]["name"] for kind, pod in here.log if kind == "ADDED"]
    assert made == ["db-0", "db-1", "db-2"]
    await here.api.kubectl("-n", NAMESPACE, "scale", "statefulset/db", "--replicas=1")
    await here.object(STATEFULSETS, "db", is_settled(1))
    gone = [pod["metadata"]["name"] for kind, pod in here.log if kind == "DELETED"]
    assert gone == ["db-2", "db-1"]
    old = (await here.admin.get(PODS, "db-0", NAMESPACE))["metadata"]["uid"]
    await here.admin.delete(PODS, "db-0", NAMESPACE)
    await here.object(PODS, "db-0", lambda pod: pod["metadata"]["uid"] != old)


async def test_pods_are_known_by_name_behind_a_headless_service(here):
    """Host name, subdomain and labels of each pod lead to a name in the headless service's endpoints."""
    service = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "db", "namespace": NAMESPACE},
        "spec": {"clusterIP": "None", "selector": {"app": "db"}, "ports": [{"port": 5432}]},
    }
    await here.admin.create(SERVICES, service)
    await here.admin.create(STATEFULSETS, stateful_set(2, podManagementPolicy="Parallel"))
    await here.object(STATEFULSETS, "db", is_settled(2))
    pod = await here.admin.get(PODS, "db-1", NAMESPACE)
    assert (pod["spec"]["hostname"], pod["spec"]["subdomain"]) == ("db-1", "db")
    assert pod["metadata"]["labels"]["statefulset.kubernetes.io/pod-name"] == "db-1"
    assert pod["metadata"]["labels"]["apps.kubernetes.io/pod-index"] == "1"

    def hostnames(items):
        return sorted(e.get("hostname", "") for s in items for e in s.get("endpoints") or ()) == ["db-0", "db-1"]

    await here.seen(ENDPOINTSLICES, hostnames)


async def test_update_history_undo_and_partition(here):
    """Updates go from the top, stop at the partition, and can be undone."""
    kubectl = here.api.kubectl
    await here.admin.create(STATEFULSETS, stateful_set(3))
    await here.object(STATEFULSETS, "db", is_settled(3))
    partition = {"updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"partition": 2}}}
    await here.admin.patch(STATEFULSETS, "db", {"spec": partition}, namespace=NAMESPACE)
    await kubectl("-n", NAMESPACE, "set", "image", "statefulset/db", "c=db:2")
    status = await kubectl("-n", NAMESPACE, "rollout", "status", "statefulset/db", "--timeout=20s")
    assert "partitioned roll out complete: 1 new pods have been updated" in status
    assert await images(here) == {"db-0": "db:1", "db-1": "db:1", "db-2": "db:2"}
    old = (await here.admin.get(PODS, "db-0", NAMESPACE))["metadata"]["uid"]
    await here.admin.delete(PODS, "db-0", NAMESPACE)
    await here.object(PODS, "db-0", lambda pod: pod["metadata"]["uid"] != old)
    assert (await images(here))["db-0"] == "db:1"
    partition["updateStrategy"]["rollingUpdate"]["partition"] = 0
    await here.admin.patch(STATEFULSETS, "db", {"spec": partition}, namespace=NAMESPACE)
    await here.object(STATEFULSETS, "db", is_settled(3))
    assert set((await images(here)).values()) == {"db:2"}
    history = await kubectl("-n", NAMESPACE, "rollout", "history", "statefulset/db")
    assert [line.split()[0] for line in history.splitlines()[2:] if line] == ["1", "2"]
    await kubectl("-n", NAMESPACE, "rollout", "undo", "statefulset/db")
    await kubectl("-n", NAMESPACE, "rollout", "status", "statefulset/db", "--timeout=20s")
    await here.object(STATEFULSETS, "db", is_settled(3))
    assert set((await images(here)).values()) == {"db:1"}
    revisions = (await here.admin.list(CONTROLLERREVISIONS, NAMESPACE)).items
    assert sorted(each["revision"] for each in revisions) == [2, 3]


async def images(here):
    pods = (await here.admin.list(PODS, NAMESPACE)).items
    return {pod["metadata"]["name"]: pod["spec"]["containers"][0]["image"] for pod in pods}


async def test_a_broken_update_takes_one_pod(here):
    """The first pod that does not come up stops the update."""
    here.broken_images.add("db:bad")
    await here.admin.create(STATEFULSETS, stateful_set(3))
    await here.object(STATEFULSETS, "db", is_settled(3))
    await here.api.kubectl("-n", NAMESPACE, "set", "image", "statefulset/db", "c=db:bad")
    await here.object(STATEFULSETS, "db", lambda found: found["status"].get("readyReplicas") == 2)
    await here.seen(PODS, lambda items: names_of(items) == ["db-0", "db-1", "db-2"])
    assert await images(here) == {"db-0": "db:1", "db-1": "db:1", "db-2": "db:bad"}


async def test_each_pod_has_its_claim_and_keeps_it(here):
    """Claims are made before pods, stay when the set shrinks, and are found again when it grows."""
    await here.admin.create(STATEFULSETS, stateful_set(2, volumeClaimTemplates=[CLAIM]))
    await here.object(STATEFULSETS, "db", is_settled(2))
    claims = (await here.admin.list(PERSISTENTVOLUMECLAIMS, NAMESPACE)).items
    assert names_of(claims) == ["data-db-0", "data-db-1"]
    assert not claims[0]["metadata"].get("ownerReferences")
    pod = await here.admin.get(PODS, "db-1", NAMESPACE)
    mounted = [v for v in pod["spec"]["volumes"] if v["name"] == "data"]
    assert mounted == [{"name": "data", "persistentVolumeClaim": {"claimName": "data-db-1"}}]
    uids = {claim["metadata"]["uid"] for claim in claims}
    for replicas in (1, 2):
        await here.admin.patch(STATEFULSETS, "db", {"spec": {"replicas": replicas}}, namespace=NAMESPACE)
        await here.object(STATEFULSETS, "db", is_settled(replicas))
    claims = (await here.admin.list(PERSISTENTVOLUMECLAIMS, NAMESPACE)).items
    assert {claim["metadata"]["uid"] for claim in claims} == uids


async def test_claims_go_when_the_policy_says_so(here):
    """With whenScaled and whenDeleted set to Delete, claims go with their pod and with the set."""
    policy = {"whenScaled": "Delete", "whenDeleted": "Delete"}
    wanted = stateful_set(3, volumeClaimTemplates=[CLAIM], persistentVolumeClaimRetentionPolicy=policy)
    await here.admin.create(STATEFULSETS, wanted)
    await here.object(STATEFULSETS, "db", is_settled(3))
    await here.admin.patch(STATEFULSETS, "db", {"spec": {"replicas": 1}}, namespace=NAMESPACE)
    await here.object(STATEFULSETS, "db", is_settled(1))
    await here.seen(PERSISTENTVOLUMECLAIMS, lambda items: names_of(items) == ["data-db-0"])
    await here.admin.delete(STATEFULSETS, "db", NAMESPACE, propagation="Background")
    await here.gone(PERSISTENTVOLUMECLAIMS, "data-db-0")
