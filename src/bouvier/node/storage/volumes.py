"""Removes volumes: the contents first if the policy says Delete, then what kept the object."""

from __future__ import annotations

from bouvier.kinds.volumes.names import PROVISIONED_BY, VOLUME_CONTENTS
from bouvier.meta.objects import annotations_of
from bouvier.meta.resources import PERSISTENTVOLUMES
from bouvier.node.storage.driver import StorageError
from bouvier.node.storage.plan import is_ours, loses_contents, may_remove, stored_name
from bouvier.node.storage.shared import StorageShared


class VolumeKeeper:
    """Works on volumes."""

    def __init__(self, shared: StorageShared) -> None:
        self._shared = shared

    async def reconcile(self, key: str) -> None:
        """Remove the volume if it is to go and this host made it."""
        shared = self._shared
        volume = shared.caches[PERSISTENTVOLUMES].get(key)
        if volume is None or not is_ours(volume, shared.host) or not may_remove(volume):
            return
        driver = shared.drivers.find(annotations_of(volume).get(PROVISIONED_BY, ""))
        if driver is not None and loses_contents(volume):
            try:
                await driver.remove(stored_name(volume))
            except (StorageError, OSError) as error:
                shared.recorder.event(volume, "Warning", "VolumeFailedDelete", str(error))
                raise
        await shared.drop_finalizer(PERSISTENTVOLUMES, volume, VOLUME_CONTENTS)
