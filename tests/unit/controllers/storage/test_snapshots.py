"""VolumeSnapshots: their contents, what they show, and how they go."""

from datetime import UTC, datetime

from bouvier.controllers.storage.actions import Create, Remove, Say, Write
from bouvier.controllers.storage.snapshots_plan import SnapshotWorld, plan_snapshot, size_text

NOW = datetime(2026, 1, 2, tzinfo=UTC)
CLASS = {
    "metadata": {"name": "btrfs", "annotations": {"snapshot.storage.kubernetes.io/is-default-class": "true"}},
    "driver": "btrfs.bouvier.io",
    "deletionPolicy": "Delete",
}


def snapshot(status=None, deleting=False, finalizers=(), **spec):
    metadata = {"name": "s", "namespace": "x", "uid": "u", "resourceVersion": "1", "finalizers": list(finalizers)}
    if deleting:
        metadata["deletionTimestamp"] = "2026-01-01T00:00:00Z"
    spec = {"source": {"persistentVolumeClaimName": "c"}, **spec}
    return {"metadata": metadata, "spec": spec, "status": status or {}}


def content(ready=True, policy="Delete", uid="u"):
    status = {"readyToUse": ready, "creationTime": 1_700_000_000 * 10**9, "restoreSize": 64 << 20}
    reference = {"namespace": "x", "name": "s", "uid": uid}
    spec = {"volumeSnapshotRef": reference, "deletionPolicy": policy, "driver": "btrfs.bouvier.io", "source": {}}
    return {"metadata": {"name": "snapcontent-u", "resourceVersion": "1"}, "spec": spec, "status": status}


def world(source=None, contents=(), phase="Bound"):
    claim = {
        "metadata": {"name": "c", "namespace": "x", "uid": "cu"},
        "spec": {"volumeName": "v", "storageClassName": "some"},
        "status": {"phase": phase},
    }
    default = {"csi": {"driver": "btrfs.bouvier.io", "volumeHandle": "n/v"}}
    volume = {"metadata": {"name": "v"}, "spec": {"claimRef": {"uid": "cu"}, **(source or default)}}
    found = {c["metadata"]["name"]: c for c in contents}
    return SnapshotWorld({"x/c": claim}.get, {"v": volume}.get, found.get, [CLASS], NOW)


def errors(actions):
    return [a.message for a in actions if isinstance(a, Say) and a.type == "Warning"]


def test_a_content_is_made_of_the_claims_volume():
    """The default class of the volume's driver is written down, and the content names volume and snapshot."""
    actions = plan_snapshot(snapshot(), world())
    made = next(a.obj for a in actions if isinstance(a, Create))
    assert made["spec"]["source"] == {"volumeHandle": "n/v"}
    assert made["spec"]["volumeSnapshotRef"]["uid"] == "u"
    assert {"volumeSnapshotClassName": "btrfs"} in [a.body.get("spec") for a in actions if isinstance(a, Write)]


def test_what_cannot_be_taken_says_why():
    """No claim, no volume yet, a class without snapshots, a snapshot class of another driver."""
    assert errors(plan_snapshot(snapshot(source={"persistentVolumeClaimName": "z"}), world())) == [
        "there is no claim z in namespace x"
    ]
    assert errors(plan_snapshot(snapshot(), world(phase="Pending"))) == ["claim c is not bound to a volume yet"]
    local = plan_snapshot(snapshot(), world({"local": {"path": "/x"}}))
    assert "volumes of class some have no snapshots" in errors(local)[0]
    assert (
        "snapshot class gold does not serve"
        in errors(plan_snapshot(snapshot(volumeSnapshotClassName="gold"), world()))[0]
    )
    told = {"error": {"message": "claim c is not bound to a volume yet"}}
    assert plan_snapshot(snapshot(told), world(phase="Pending")) == []


def test_the_status_follows_the_content():
    """Ready, time and size are shown once the host has taken it; a second look changes nothing."""
    bound = {"boundVolumeSnapshotContentName": "snapcontent-u"}
    first = plan_snapshot(snapshot(bound), world(contents=[content()]))
    status = first[0].body["status"]
    assert (status["readyToUse"], status["restoreSize"], status["creationTime"]) == (
        True,
        "64Mi",
        "2023-11-14T22:13:20Z",
    )
    assert plan_snapshot(snapshot(bound | status), world(contents=[content()])) == []


def test_a_deleted_snapshot_goes_with_its_content():
    """With Delete the content goes first; with Retain, or another snapshot's content, it stays."""
    guard = "snapshot.storage.kubernetes.io/volumesnapshot-bound-protection"
    leaving = snapshot({"boundVolumeSnapshotContentName": "snapcontent-u"}, deleting=True, finalizers=[guard])
    assert isinstance(plan_snapshot(leaving, world(contents=[content()]))[0], Remove)
    for left in ([content(policy="Retain")], [content(uid="other")], []):
        assert plan_snapshot(leaving, world(contents=left))[0].body == {"metadata": {"finalizers": []}}


def test_sizes_as_quantities():
    """The largest unit that divides."""
    assert [size_text(n) for n in (1 << 30, 3 << 20, 1000)] == ["1Gi", "3Mi", "1000"]
