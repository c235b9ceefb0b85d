"""Annotations, finalizers and drivers of storage; the words are Kubernetes' where it has one.

Source: https://kubernetes.io/docs/reference/labels-annotations-taints/
"""

from __future__ import annotations

BIND_COMPLETED = "pv.kubernetes.io/bind-completed"
"""On a claim: it was bound; losing its volume is a loss from then on."""
BOUND_BY_CONTROLLER = "pv.kubernetes.io/bound-by-controller"
"""On a claim or volume: the other half was chosen by the binder, not by a user."""
PROVISIONED_BY = "pv.kubernetes.io/provisioned-by"
"""On a volume: the driver that made it."""
PROVISIONER = "volume.kubernetes.io/storage-provisioner"
"""On a claim: the driver that is to make its volume."""
BETA_PROVISIONER = "volume.beta.kubernetes.io/storage-provisioner"
SELECTED_NODE = "volume.kubernetes.io/selected-node"
"""On a claim: the host for which its volume is to be made."""
BETA_CLASS = "volume.beta.kubernetes.io/storage-class"
CLAIM_PROTECTION = "kubernetes.io/pvc-protection"
VOLUME_PROTECTION = "kubernetes.io/pv-protection"
VOLUME_CONTENTS = "storage.bouvier.io/contents"
"""Finalizer of a volume whose policy is Delete: it goes when its contents are gone."""
SNAPSHOT_CONTENTS = "storage.bouvier.io/snapshot"
"""Finalizer of a VolumeSnapshotContent whose snapshot exists."""
BOUND_SNAPSHOT = "snapshot.storage.kubernetes.io/volumesnapshot-bound-protection"
"""Finalizer of a VolumeSnapshot that has contents."""

FILE_OWNER = "storage.bouvier.io/owner."
"""On a pod, before the name of a volume made from Secrets or ConfigMaps: `UID[:GID]` of its files."""

MADE_ON = "storage.bouvier.io/made-on"
"""On a volume: the host that made it, which also removes and grows it."""
NO_PROVISIONER = "kubernetes.io/no-provisioner"
WAIT = "WaitForFirstConsumer"
HOSTNAME = "kubernetes.io/hostname"

LOCAL_DRIVER = "local.bouvier.io"
"""Folders of a host."""
BTRFS_DRIVER = "btrfs.bouvier.io"
"""Subvolumes with a size limit, snapshots and clones."""
DOCKER_PREFIX = "docker.bouvier.io/"
"""Before the name of a volume plugin of the engine."""

LOCAL_CLASS = "local"
BTRFS_CLASS = "btrfs"
"""Names of the storage classes, and of the snapshot class, that a platform is born with."""


def is_ours(driver: str) -> bool:
    """Tell whether the hosts of this platform make volumes of that driver."""
    return driver in {LOCAL_DRIVER, BTRFS_DRIVER} or driver.startswith(DOCKER_PREFIX)
