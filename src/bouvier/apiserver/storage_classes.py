"""The storage classes that a platform is born with.

Both keep a volume when its claim is deleted: nothing that a user wrote goes away unless somebody says so. Volumes lie on
the host of the first pod that uses them.
"""

from __future__ import annotations

from bouvier.kinds.snapshot_v1.volumesnapshotclasses import DEFAULT_ANNOTATION
from bouvier.kinds.volumes.names import BTRFS_CLASS, BTRFS_DRIVER, LOCAL_CLASS, LOCAL_DRIVER, WAIT
from bouvier.kinds.volumes.questions import DEFAULT_CLASS_ANNOTATIONS
from bouvier.meta.objects import Obj


def storage_classes() -> list[Obj]:
    """Return the classes `local` (the default) and `btrfs`, and the snapshot class of the latter."""
    local, btrfs = _class(LOCAL_CLASS, LOCAL_DRIVER), _class(BTRFS_CLASS, BTRFS_DRIVER)
    local["metadata"]["annotations"] = {DEFAULT_CLASS_ANNOTATIONS[0]: "true"}
    snapshots: Obj = {
        "apiVersion": "snapshot.storage.k8s.io/v1",
        "kind": "VolumeSnapshotClass",
        "metadata": {"name": BTRFS_CLASS, "annotations": {DEFAULT_ANNOTATION: "true"}},
        "driver": BTRFS_DRIVER,
        "deletionPolicy": "Delete",
    }
    return [local, btrfs, snapshots]


def _class(name: str, driver: str) -> Obj:
    return {
        "apiVersion": "storage.k8s.io/v1",
        "kind": "StorageClass",
        "metadata": {"name": name},
        "provisioner": driver,
        "reclaimPolicy": "Retain",
        "volumeBindingMode": WAIT,
        "allowVolumeExpansion": True,
    }
