"""Storage in the API: what claims and volumes are given, who may grow, and how long they stay."""

import json
from collections.abc import Callable

import pytest

from bouvier.client import Client
from bouvier.meta.errors import ApiError
from bouvier.meta.resources import (
    PERSISTENTVOLUMECLAIMS,
    PERSISTENTVOLUMES,
    STORAGECLASSES,
    VOLUMEREVERTS,
    VOLUMESNAPSHOTS,
)
from tests.support.apiserver import RunningApi


def claim(name: str = "c", **spec: object) -> dict:
    body = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}, **spec}
    metadata = {"name": name, "namespace": "default"}
    return {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": metadata, "spec": body}


async def test_a_platform_has_classes_and_a_default(client: Client) -> None:
    """`local` is the default, `btrfs` is there too, both keep their volumes; claims without a class get the default."""
    classes = {c["metadata"]["name"]: c for c in (await client.list(STORAGECLASSES)).items}
    assert classes.keys() == {"local", "btrfs"}
    assert {c["reclaimPolicy"] for c in classes.values()} == {"Retain"}
    assert (await client.create(PERSISTENTVOLUMECLAIMS, claim()))["spec"]["storageClassName"] == "local"
    none = await client.create(PERSISTENTVOLUMECLAIMS, claim("none", storageClassName=""))
    assert none["spec"]["storageClassName"] == ""


async def test_objects_in_use_are_guarded(client: Client) -> None:
    """New claims and volumes carry Kubernetes' finalizers, so deletion waits for their users."""
    made = await client.create(PERSISTENTVOLUMECLAIMS, claim())
    assert made["metadata"]["finalizers"] == ["kubernetes.io/pvc-protection"]
    body = {
        "apiVersion": "v1",
        "kind": "PersistentVolume",
        "metadata": {"name": "v"},
        "spec": {"accessModes": ["ReadWriteOnce"], "capacity": {"storage": "1Gi"}, "hostPath": {"path": "/x"}},
    }
    volume = await client.create(PERSISTENTVOLUMES, body)
    assert volume["metadata"]["finalizers"] == ["kubernetes.io/pv-protection"]
    await client.delete(PERSISTENTVOLUMECLAIMS, "c", "default")
    assert (await client.get(PERSISTENTVOLUMECLAIMS, "c", "default"))["metadata"]["deletionTimestamp"]


async def test_only_classes_that_allow_it_grow(client: Client) -> None:
    """A bound claim of a class without expansion is refused in Kubernetes' words."""
    await client.create(PERSISTENTVOLUMECLAIMS, claim("fixed", storageClassName="stiff"))
    await client.create(PERSISTENTVOLUMECLAIMS, claim("grows"))
    larger = {"spec": {"resources": {"requests": {"storage": "2Gi"}}}}
    for name in ("fixed", "grows"):
        status = {"status": {"phase": "Bound", "capacity": {"storage": "1Gi"}}}
        await client.patch(PERSISTENTVOLUMECLAIMS, name, status, namespace="default", subresource="status")
    with pytest.raises(ApiError, match="only dynamically provisioned pvc can be resized"):
        await client.patch(PERSISTENTVOLUMECLAIMS, "fixed", larger, namespace="default")
    grown = await client.patch(PERSISTENTVOLUMECLAIMS, "grows", larger, namespace="default")
    assert grown["spec"]["resources"]["requests"]["storage"] == "2Gi"


async def test_bad_snapshots_and_reverts_are_refused(client: Client) -> None:
    """A snapshot has one source that never changes; a revert names claim and snapshot."""
    metadata = {"name": "s", "namespace": "default"}
    body = {"apiVersion": "snapshot.storage.k8s.io/v1", "kind": "VolumeSnapshot", "metadata": metadata}
    with pytest.raises(ApiError, match="must name exactly one of"):
        await client.create(VOLUMESNAPSHOTS, {**body, "spec": {"source": {}}})
    await client.create(VOLUMESNAPSHOTS, {**body, "spec": {"source": {"persistentVolumeClaimName": "c"}}})
    change = {"spec": {"source": {"persistentVolumeClaimName": "d"}}}
    with pytest.raises(ApiError, match="field is immutable"):
        await client.patch(VOLUMESNAPSHOTS, "s", change, namespace="default")
    revert = {
        "apiVersion": "storage.bouvier.io/v1",
        "kind": "VolumeRevert",
        "metadata": {"name": "r", "namespace": "default"},
    }
    with pytest.raises(ApiError, match="snapshotName"):
        await client.create(VOLUMEREVERTS, {**revert, "spec": {"claimName": "c"}})
    made = await client.create(VOLUMEREVERTS, {**revert, "spec": {"claimName": "c", "snapshotName": "s"}})
    assert made["status"] == {"phase": "Pending"}


async def test_claims_count_against_quotas(client: Client) -> None:
    """Numbers and sizes of claims, in all and by class."""
    from bouvier.meta.resources import RESOURCEQUOTAS

    hard = {
        "persistentvolumeclaims": "2",
        "requests.storage": "3Gi",
        "btrfs.storageclass.storage.k8s.io/requests.storage": "1Gi",
    }
    body = {
        "apiVersion": "v1",
        "kind": "ResourceQuota",
        "metadata": {"name": "q", "namespace": "default"},
        "spec": {"hard": hard},
    }
    await client.create(RESOURCEQUOTAS, body)
    status = {"status": {"hard": hard, "used": dict.fromkeys(hard, "0")}}
    await client.patch(RESOURCEQUOTAS, "q", status, namespace="default", subresource="status")
    await client.create(PERSISTENTVOLUMECLAIMS, claim("one"))
    with pytest.raises(ApiError, match="exceeded quota: q, requested: btrfs"):
        await client.create(
            PERSISTENTVOLUMECLAIMS,
            claim("two", storageClassName="btrfs", resources={"requests": {"storage": "2Gi"}}),
        )


async def test_kubectl_knows_the_words(api: RunningApi) -> None:
    """Short names and tables are Kubernetes'."""
    shown = await api.kubectl("get", "sc,vsclass")
    assert "local (default)" in shown
    assert "btrfs.bouvier.io" in shown
    names = await api.kubectl("api-resources", "--no-headers")
    for short in (" pvc ", " pv ", " sc ", " vs ", "vsc,vscs"):
        assert short in names
    assert "VolumeSnapshot" in json.dumps(names)


async def test_a_host_touches_only_its_own_volumes(client: Client, client_of: Callable[[str], Client]) -> None:
    """An agent may make and change volumes of its own host, and claims that were given to it; no others."""
    node = client_of("node-n1")

    def volume(name: str, host: str) -> dict:
        metadata = {"name": name, "annotations": {"storage.bouvier.io/made-on": host}}
        spec = {"accessModes": ["ReadWriteOnce"], "capacity": {"storage": "1Gi"}, "hostPath": {"path": "/x"}}
        return {"apiVersion": "v1", "kind": "PersistentVolume", "metadata": metadata, "spec": spec}

    await node.create(PERSISTENTVOLUMES, volume("own", "n1"))
    with pytest.raises(ApiError, match="is not allowed to change it"):
        await node.create(PERSISTENTVOLUMES, volume("foreign", "n9"))
    for name, host in (("mine", "n1"), ("other", "n9")):
        made = claim(name)
        made["metadata"]["annotations"] = {"volume.kubernetes.io/selected-node": host}
        await client.create(PERSISTENTVOLUMECLAIMS, made)
    unmark = {"metadata": {"annotations": {"volume.kubernetes.io/selected-node": None}}}
    await node.patch(PERSISTENTVOLUMECLAIMS, "mine", unmark, namespace="default")
    with pytest.raises(ApiError, match="is not allowed to change it"):
        await node.patch(PERSISTENTVOLUMECLAIMS, "other", unmark, namespace="default")
