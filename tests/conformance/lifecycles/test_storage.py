"""Volumes, claims, classes and what drivers write, as the original's conformance tests go through them."""

import pytest

from bouvier.meta.gvk import Resource
from bouvier.meta.resources import (
    CONFIGMAPS,
    NODES,
    PERSISTENTVOLUMECLAIMS,
    PERSISTENTVOLUMES,
    PODS,
    SECRETS,
    STORAGECLASSES,
)
from tests.conformance.lifecycles.go_client import GoClient, Obj, conditions
from tests.support.raw_api import STRATEGIC

pytestmark = pytest.mark.asyncio(loop_scope="module")

CSIDRIVERS = Resource("storage.k8s.io", "v1", "csidrivers", "CSIDriver", namespaced=False)
CSINODES = Resource("storage.k8s.io", "v1", "csinodes", "CSINode", namespaced=False)
CSISTORAGECAPACITIES = Resource("storage.k8s.io", "v1", "csistoragecapacities", "CSIStorageCapacity")
VOLUMEATTACHMENTS = Resource("storage.k8s.io", "v1", "volumeattachments", "VolumeAttachment", namespaced=False)


async def pair(go: GoClient, handle: str) -> tuple[str, str]:
    """Create a volume of a driver that is not there and a claim for its class; return their names."""
    csi = {"driver": "e2e-driver.example.com", "volumeHandle": handle}
    spec = {
        "accessModes": ["ReadWriteOnce", "ReadOnlyMany", "ReadWriteMany"],
        "capacity": {"storage": "2Gi"},
        "persistentVolumeReclaimPolicy": "Retain",
        "csi": csi,
        "storageClassName": go.namespace,
    }
    metadata = {"generateName": f"{go.namespace}-", "labels": {"e2e-pv-pool": go.namespace}}
    annotations = {"pv.beta.kubernetes.io/gid": "777"}
    volume = await go.create(PERSISTENTVOLUMES, {"metadata": metadata | {"annotations": annotations}, "spec": spec})
    wanted = {"requests": {"storage": "2Gi"}}
    spec = {"accessModes": ["ReadWriteOnce", "ReadOnlyMany", "ReadWriteMany"], "resources": wanted}
    spec |= {"storageClassName": go.namespace}
    claim = await go.create(PERSISTENTVOLUMECLAIMS, {"metadata": {"generateName": "pvc-"}, "spec": spec})
    return volume["metadata"]["name"], claim["metadata"]["name"]


async def test_life_of_a_volume_and_a_claim(go: GoClient) -> None:
    """Labels by patch and update; both go, alone and with others, whatever guards them."""
    pool = f"e2e-pv-pool={go.namespace}"
    volume, claim = await pair(go, "e2e-conformance")
    (listed,) = (await go.listed(PERSISTENTVOLUMES, labelSelector=pool))["items"]
    assert listed["metadata"]["name"] == volume
    assert len((await go.listed(PERSISTENTVOLUMECLAIMS))["items"]) == 1
    for resource, name in ((PERSISTENTVOLUMES, volume), (PERSISTENTVOLUMECLAIMS, claim)):
        patched = await go.patch(resource, name, {"metadata": {"labels": {name: "patched"}}}, STRATEGIC)
        assert patched["metadata"]["labels"][name] == "patched"
        assert (await go.get(resource, name))["metadata"]["uid"] == patched["metadata"]["uid"]
    await go.delete(PERSISTENTVOLUMECLAIMS, claim)
    await go.count(PERSISTENTVOLUMECLAIMS, 0)
    await go.delete(PERSISTENTVOLUMES, volume)
    await go.count(PERSISTENTVOLUMES, 0, labelSelector=pool)
    volume, claim = await pair(go, "e2e-conformance")
    updated = await go.changed(PERSISTENTVOLUMES, volume, lambda o: o["metadata"]["labels"].update({volume: "updated"}))
    assert updated["metadata"]["labels"][volume] == "updated"
    updated = await go.changed(PERSISTENTVOLUMECLAIMS, claim, lambda o: o["metadata"].update(labels={claim: "updated"}))
    assert updated["metadata"]["labels"] == {claim: "updated"}
    everywhere = await go.listed(PERSISTENTVOLUMECLAIMS, everywhere=True, labelSelector=f"{claim}=updated")
    assert len(everywhere["items"]) == 1
    await go.delete_collection(PERSISTENTVOLUMECLAIMS, f"{claim}=updated")
    await go.count(PERSISTENTVOLUMECLAIMS, 0)
    await go.delete_collection(PERSISTENTVOLUMES, f"{volume}=updated")
    await go.count(PERSISTENTVOLUMES, 0, labelSelector=pool)


async def test_statuses_of_a_volume_and_a_claim(go: GoClient) -> None:
    """Conditions, reasons and messages are patched and updated while a controller binds the two."""
    volume, claim = await pair(go, "e2e-status-conformance")
    read = await go.get(PERSISTENTVOLUMECLAIMS, claim, "status")
    assert read["status"]["phase"] in ("Pending", "Bound")
    read = await go.get(PERSISTENTVOLUMES, volume, "status")
    assert read["status"]["phase"] in ("Pending", "Available", "Bound")
    condition = {"type": "StatusPatched", "status": "True", "reason": "E2E patchedStatus", "message": "Set from a test"}
    patched = await go.patch(PERSISTENTVOLUMECLAIMS, claim, {"status": {"conditions": [condition]}}, part="status")
    assert conditions(patched)["StatusPatched"]["reason"] == "E2E patchedStatus"
    body = {"status": {"message": "StatusPatched", "reason": "E2E patchStatus"}}
    patched = await go.patch(PERSISTENTVOLUMES, volume, body, part="status")
    assert (patched["status"]["reason"], patched["status"]["message"]) == ("E2E patchStatus", "StatusPatched")
    more = condition | {"type": "StatusUpdated", "reason": "E2E updateStatus"}
    more |= {"lastProbeTime": None, "lastTransitionTime": None}
    updated = await go.changed(
        PERSISTENTVOLUMECLAIMS, claim, lambda o: o["status"].setdefault("conditions", []).append(more), "status"
    )
    assert conditions(updated)["StatusUpdated"]["message"] == "Set from a test"
    new = {"reason": "E2E updateStatus", "message": "StatusUpdated"}
    updated = await go.changed(PERSISTENTVOLUMES, volume, lambda o: o["status"].update(new), "status")
    assert new.items() <= updated["status"].items()
    await go.delete(PERSISTENTVOLUMECLAIMS, claim)
    await go.delete(PERSISTENTVOLUMES, volume)


@pytest.mark.parametrize(
    ("resource", "fields"),
    [
        (STORAGECLASSES, {"provisioner": "e2e-fake-provisioner"}),
        (CSINODES, {"spec": {"drivers": []}}),
        (CSIDRIVERS, {"spec": {"volumeLifecycleModes": ["Ephemeral"], "fsGroupPolicy": "ReadWriteOnceWithFSType"}}),
        (
            CSISTORAGECAPACITIES,
            {"storageClassName": "example", "capacity": "0", "maximumVolumeSize": None, "nodeTopology": {}},
        ),
        (
            VOLUMEATTACHMENTS,
            {
                "spec": {
                    "attacher": "e2e-test.storage.k8s.io",
                    "nodeName": "h1",
                    "source": {"persistentVolumeName": "pv"},
                },
                "status": {"attached": False},
            },
        ),
    ],
    ids=["storageclasses", "csinodes", "csidrivers", "csistoragecapacities", "volumeattachments"],
)
async def test_what_drivers_write(go: GoClient, resource: Resource, fields: Obj) -> None:
    """Made with a uid of the client's, which counts for nothing; labelled, listed, and deleted alone and by label."""
    first, second = f"{go.namespace}-one", f"{go.namespace}-two"
    label = {"here": go.namespace}

    async def make(name: str) -> Obj:
        return await go.create(resource, {"metadata": {"name": name, "uid": f"uid-{name}", "labels": label}} | fields)

    made = await make(first)
    assert made["metadata"]["uid"] != f"uid-{first}"
    assert (await go.send("POST", resource, {"metadata": {"name": first}} | fields)).status == 409
    patched = await go.patch(resource, first, {"metadata": {"labels": {first: "patched"}}}, STRATEGIC)
    assert patched["metadata"]["labels"][first] == "patched"
    assert len((await go.listed(resource, labelSelector=f"{first}=patched"))["items"]) == 1
    await go.delete(resource, first)
    assert await go.find(resource, first) is None
    await make(second)
    updated = await go.changed(resource, second, lambda obj: obj["metadata"]["labels"].update({second: "updated"}))
    assert updated["metadata"]["labels"][second] == "updated"
    assert len((await go.listed(resource, labelSelector=f"here={go.namespace}"))["items"]) == 1
    await go.delete_collection(resource, f"{second}=updated")
    assert await go.find(resource, second) is None


async def test_the_status_of_an_attachment(go: GoClient) -> None:
    """Attached by a patch, detached by an update, with Go's zero written out."""
    name = f"va-{go.namespace}"
    spec = {"attacher": "e2e-test.storage.k8s.io", "nodeName": "h1", "source": {"persistentVolumeName": "pv"}}
    await go.create(VOLUMEATTACHMENTS, {"metadata": {"name": name}, "spec": spec, "status": {"attached": True}})
    read = await go.get(VOLUMEATTACHMENTS, name, "status")
    assert not (read.get("status") or {}).get("attached")
    patched = await go.patch(VOLUMEATTACHMENTS, name, {"status": {"attached": True}}, part="status")
    assert patched["status"]["attached"] is True
    updated = await go.changed(VOLUMEATTACHMENTS, name, lambda obj: obj["status"].update(attached=False), "status")
    assert not updated["status"]["attached"]
    await go.delete(VOLUMEATTACHMENTS, name)
    assert await go.find(VOLUMEATTACHMENTS, name) is None


async def test_pods_with_volumes_of_drivers(go: GoClient) -> None:
    """The API takes them, whether the driver is there or not."""
    volumes = [
        {"name": "one", "csi": {"driver": "e2e.example.com"}},
        {"name": "two", "csi": {"driver": "e2e.example.com", "fsType": "ext4", "readOnly": True}},
    ]
    mounts = [{"name": "one", "mountPath": "/mnt/one"}, {"name": "two", "mountPath": "/mnt/two"}]
    container = {"name": "c", "image": "busybox:1", "command": ["sh", "-c", "ls /mnt/*"], "volumeMounts": mounts}
    pod = {"metadata": {"name": "inline"}, "spec": {"volumes": volumes, "containers": [container]}}
    made = await go.create(PODS, pod)
    assert (await go.send("POST", PODS, pod)).status == 409
    assert (await go.get(PODS, "inline"))["metadata"]["uid"] == made["metadata"]["uid"]
    assert made["spec"]["volumes"][1]["csi"] == volumes[1]["csi"]
    assert len((await go.listed(PODS))["items"]) == 1
    patched = await go.patch(PODS, "inline", {"metadata": {"annotations": {"patched": "true"}}})
    assert patched["metadata"]["annotations"]["patched"] == "true"
    await go.delete(PODS, "inline")
    left = await go.find(PODS, "inline")
    assert left is None or left["metadata"]["deletionTimestamp"]


@pytest.mark.parametrize(
    ("resource", "data"),
    [(CONFIGMAPS, {"data-1": "value-1"}), (SECRETS, {"data-1": "dmFsdWUtMQ=="})],
    ids=["configmaps", "secrets"],
)
async def test_immutable_data(go: GoClient, resource: Resource, data: Obj) -> None:
    """Changed, then immutable: neither the data nor the mark can change any more, but labels can, and it can go."""
    await go.create(resource, {"metadata": {"name": "immutable"}, "data": data})
    changed = await go.changed(resource, "immutable", lambda obj: obj["data"].update(data | {"data-4": data["data-1"]}))
    assert "data-4" in changed["data"]
    fixed = await go.changed(resource, "immutable", lambda obj: obj.update(immutable=True))
    for change in ({"data": fixed["data"] | {"data-5": data["data-1"]}}, {"immutable": False}, {"immutable": None}):
        reply = await go.send("PUT", resource, fixed | change)
        assert (reply.status, reply.body["reason"]) == (422, "Invalid"), reply.body
    labelled = await go.changed(resource, "immutable", lambda obj: obj["metadata"].update(labels={"label": "ok"}))
    assert labelled["metadata"]["labels"] == {"label": "ok"}
    await go.delete(resource, "immutable")


async def test_life_of_a_node(go: GoClient) -> None:
    """One that nobody runs is labelled, listed and deleted."""
    condition = {"type": "Ready", "status": "True", "message": "Set from a test", "reason": "E2E"}
    condition |= {"lastHeartbeatTime": None, "lastTransitionTime": None}
    status = {"phase": "Running", "conditions": [condition], "daemonEndpoints": {"kubeletEndpoint": {"Port": 0}}}
    name = f"fake-{go.namespace}"
    made = {"metadata": {"name": name}, "spec": {"unschedulable": True}, "status": status}
    assert (await go.create(NODES, made))["metadata"]["name"] == name
    patched = await go.patch(NODES, name, {"metadata": {"labels": {name: "patched"}}}, STRATEGIC)
    assert patched["metadata"]["labels"][name] == "patched"
    assert len((await go.listed(NODES, labelSelector=f"{name}=patched"))["items"]) == 1
    updated = await go.changed(NODES, name, lambda obj: obj["metadata"]["labels"].update({name: "updated"}))
    assert updated["metadata"]["labels"][name] == "updated"
    await go.delete(NODES, name)
    await go.eventually(lambda: is_gone(go, name))


async def is_gone(go: GoClient, name: str) -> bool:
    return await go.find(NODES, name) is None
