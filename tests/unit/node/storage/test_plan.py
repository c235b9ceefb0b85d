"""What a host does for a claim, and what the volume's object then says."""

import pytest

from bouvier.node.storage.driver import ONE_HOST, Made, Traits
from bouvier.node.storage.plan import growth, may_remove, new_volume, promised, refusal, stored_name, wants_volume

LOCAL = Traits(ONE_HOST, can_clone=True)
CLASS = {"metadata": {"name": "fast"}, "provisioner": "btrfs.bouvier.io", "reclaimPolicy": "Retain"}
MARKS = {
    "volume.kubernetes.io/storage-provisioner": "btrfs.bouvier.io",
    "volume.kubernetes.io/selected-node": "n1",
}


def claim(phase="Pending", size="1Gi", modes=("ReadWriteOnce",), owners=(), **spec):
    metadata = {"name": "c", "namespace": "x", "uid": "u", "annotations": MARKS, "ownerReferences": list(owners)}
    body = {
        "accessModes": list(modes),
        "resources": {"requests": {"storage": size}},
        "storageClassName": "fast",
        **spec,
    }
    return {"metadata": metadata, "spec": body, "status": {"phase": phase}}


def made(one, host="n1"):
    source = {"csi": {"driver": "btrfs.bouvier.io", "volumeHandle": f"{host}/pvc-u"}}
    return new_volume(one, CLASS, Made(source), host)


def test_only_the_chosen_host_makes_a_volume():
    """A claim that is marked for another host, or has a volume, is none of its business."""
    assert wants_volume(claim(), "n1") == "btrfs.bouvier.io"
    assert wants_volume(claim(), "n2") == ""
    assert wants_volume(claim(volumeName="v"), "n1") == ""
    assert wants_volume(claim("Bound"), "n1") == ""


@pytest.mark.parametrize(
    ("wish", "words"),
    [
        ({"modes": ["ReadWriteMany"]}, "access mode ReadWriteMany is not possible with class fast: use ReadWriteOnce"),
        ({"volumeMode": "Block"}, "volumeMode Block is not possible"),
        ({"selector": {"matchLabels": {}, "x": 1}}, "claim.Spec.Selector is not supported"),
        ({"dataSource": {"kind": "Pod", "name": "p"}}, "cannot be filled from a Pod"),
    ],
)
def test_what_a_driver_cannot_give_is_said(wish, words):
    """Each refusal names what is asked for and what to do instead."""
    assert words in refusal(claim(**wish), LOCAL)
    assert refusal(claim(), LOCAL) == ""


def test_the_volumes_object():
    """It is reserved for its claim, tied to its host, and kept; that of an ephemeral claim goes with its pod."""
    volume = made(claim())
    assert volume["metadata"]["name"] == "pvc-u"
    assert volume["spec"]["claimRef"]["uid"] == "u"
    assert volume["spec"]["nodeAffinity"]["required"]["nodeSelectorTerms"][0]["matchExpressions"][0]["values"] == ["n1"]
    assert volume["spec"]["persistentVolumeReclaimPolicy"] == "Retain"
    assert stored_name(volume) == "pvc-u"
    ephemeral = made(claim(owners=[{"kind": "Pod", "name": "p", "uid": "p", "controller": True}]))
    assert ephemeral["spec"]["persistentVolumeReclaimPolicy"] == "Delete"


def test_promises_are_counted_by_host():
    """Only volumes of the driver on this host count, and not the one that is asked about."""
    volumes = [made(claim(size="2Gi")), made(claim(size="4Gi"), "n2")]
    assert promised(volumes, "n1") == 2 << 30
    assert promised(volumes, "n1", besides="pvc-u") == 0


def test_growth_and_removal():
    """A larger request grows a bound claim; a volume goes when it is deleted and nobody holds it any more."""
    volume = made(claim())
    bound = claim("Bound", "2Gi", volumeName="pvc-u")
    bound["status"]["capacity"] = {"storage": "1Gi"}
    assert growth(bound, volume).size_bytes == 2 << 30
    same = claim("Bound", "1Gi", volumeName="pvc-u")
    same["status"]["capacity"] = {"storage": "1Gi"}
    assert growth(same, volume) is None
    volume["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z"
    assert may_remove(volume)
    volume["metadata"]["finalizers"].append("kubernetes.io/pv-protection")
    assert not may_remove(volume)
