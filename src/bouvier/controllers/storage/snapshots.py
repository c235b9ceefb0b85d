"""Makes a VolumeSnapshotContent for each VolumeSnapshot, and shows on the snapshot what the host says of the content."""

from __future__ import annotations

from datetime import UTC, datetime

from bouvier.client.events import Recorder
from bouvier.client.informer import Informer, InformerSet
from bouvier.client.rest import Client
from bouvier.client.workqueue import WorkQueue
from bouvier.controllers.runtime.controller import Again
from bouvier.controllers.storage.actions import perform
from bouvier.controllers.storage.snapshots_plan import SnapshotWorld, plan_snapshot, reference_key
from bouvier.meta.objects import Obj, key_of, namespace_of
from bouvier.meta.resources import (
    PERSISTENTVOLUMECLAIMS,
    PERSISTENTVOLUMES,
    VOLUMESNAPSHOTCLASSES,
    VOLUMESNAPSHOTCONTENTS,
    VOLUMESNAPSHOTS,
)


class SnapshotController:
    """Keeps VolumeSnapshots; keys are theirs."""

    name = "volume-snapshot"
    workers = 2
    reads = (
        VOLUMESNAPSHOTS,
        VOLUMESNAPSHOTCONTENTS,
        VOLUMESNAPSHOTCLASSES,
        PERSISTENTVOLUMECLAIMS,
        PERSISTENTVOLUMES,
    )
    writes = (VOLUMESNAPSHOTS, VOLUMESNAPSHOTCONTENTS)

    def __init__(self, client: Client, recorder: Recorder) -> None:
        self._client = client
        self._recorder = recorder

    def register(self, informers: InformerSet, queue: WorkQueue) -> None:
        """Watch snapshots, contents, snapshot classes and claims."""
        self._queue = queue
        self._snapshots: Informer = informers.informer(VOLUMESNAPSHOTS)
        self._contents: Informer = informers.informer(VOLUMESNAPSHOTCONTENTS)
        self._classes: Informer = informers.informer(VOLUMESNAPSHOTCLASSES)
        self._claims: Informer = informers.informer(PERSISTENTVOLUMECLAIMS)
        self._volumes: Informer = informers.informer(PERSISTENTVOLUMES)
        self._snapshots.add_handler(lambda _type, _old, new: queue.add(key_of(new)))
        self._contents.add_handler(lambda _type, _old, new: queue.add(reference_key(new)))
        self._classes.add_handler(lambda _type, _old, _new: self._look_at_waiting(""))
        self._claims.add_handler(lambda _type, _old, new: self._look_at_waiting(namespace_of(new)))

    async def reconcile(self, key: str) -> Again | None:
        """Take the next step for a snapshot."""
        snapshot = self._snapshots.get(key)
        if snapshot is None:
            return None
        world = SnapshotWorld(
            self._claims.get, self._volumes.get, self._contents.get, self._classes.items(), datetime.now(UTC)
        )
        await perform(self._client, self._recorder, plan_snapshot(snapshot, world))
        return None

    def _look_at_waiting(self, namespace: str) -> None:
        for snapshot in self._snapshots.items(namespace):
            if not _is_bound(snapshot):
                self._queue.add(key_of(snapshot))


def _is_bound(snapshot: Obj) -> bool:
    return bool((snapshot.get("status") or {}).get("boundVolumeSnapshotContentName"))
