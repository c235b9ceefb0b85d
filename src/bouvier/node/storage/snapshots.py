"""Takes and drops the snapshots of volumes that lie on this host."""

from __future__ import annotations

from bouvier.kinds.volumes.names import BTRFS_DRIVER, SNAPSHOT_CONTENTS
from bouvier.kinds.volumes.questions import capacity
from bouvier.kinds.volumes.sources import handle_parts, snapshot_handle
from bouvier.meta.objects import Obj, is_deleting, uid_of
from bouvier.meta.resources import PERSISTENTVOLUMES, VOLUMESNAPSHOTCONTENTS
from bouvier.node.storage.driver import StorageError
from bouvier.node.storage.shared import StorageShared
from bouvier.util.clock import now_text


class SnapshotTaker:
    """Works on VolumeSnapshotContents."""

    def __init__(self, shared: StorageShared) -> None:
        self._shared = shared

    async def reconcile(self, key: str) -> None:
        """Take the snapshot, or drop it, if it is this host's."""
        content = self._shared.caches[VOLUMESNAPSHOTCONTENTS].get(key)
        if content is None or content["spec"]["driver"] != BTRFS_DRIVER:
            return
        source = content["spec"]["source"]
        host, name = handle_parts(source.get("volumeHandle") or source.get("snapshotHandle") or "")
        if host != self._shared.host:
            return
        if is_deleting(content):
            await self._drop(content)
        elif not (content.get("status") or {}).get("readyToUse"):
            await self._take(content, name)

    async def _take(self, content: Obj, name: str) -> None:
        shared = self._shared
        guards = content["metadata"].get("finalizers") or []
        if SNAPSHOT_CONTENTS not in guards:
            body = {"metadata": {"finalizers": [*guards, SNAPSHOT_CONTENTS]}}
            content = await shared.patch(VOLUMESNAPSHOTCONTENTS, content, body)
        is_new = bool(content["spec"]["source"].get("volumeHandle"))
        snapshot = f"snapshot-{uid_of(content)}" if is_new else name
        try:
            taken = await shared.drivers.btrfs.take(name, snapshot)
        except StorageError as error:
            status: Obj = {"readyToUse": False, "error": {"message": str(error), "time": now_text()}}
            await shared.patch(VOLUMESNAPSHOTCONTENTS, content, {"status": status}, "status")
            raise
        status = {
            "snapshotHandle": f"{shared.host}/{snapshot}",
            "creationTime": taken,
            "readyToUse": True,
            "error": None,
        }
        if size_bytes := self._size(name):
            status["restoreSize"] = size_bytes
        await shared.patch(VOLUMESNAPSHOTCONTENTS, content, {"status": status}, "status")

    def _size(self, volume: str) -> int:
        """Return what a claim must ask for to hold the snapshot: the size of its volume."""
        found = self._shared.caches[PERSISTENTVOLUMES].get(volume)
        return int(capacity(found)) if found else 0

    async def _drop(self, content: Obj) -> None:
        if SNAPSHOT_CONTENTS not in (content["metadata"].get("finalizers") or ()):
            return
        handle = snapshot_handle(content)
        if content["spec"].get("deletionPolicy") == "Delete" and handle:
            await self._shared.drivers.btrfs.drop(handle_parts(handle)[1])
        await self._shared.drop_finalizer(VOLUMESNAPSHOTCONTENTS, content, SNAPSHOT_CONTENTS)
