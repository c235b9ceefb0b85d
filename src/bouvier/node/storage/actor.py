"""The storage actor of one host: a queue of keys, and for each kind of key the module that knows what to do.

Keys are `claim:NAMESPACE/NAME`, `volume:NAME`, `content:NAME` and `revert:NAMESPACE/NAME`. What fails is tried again with
growing delays; what can never succeed is reported and rests until its object changes.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

from bouvier.client.informer import EventType, InformerSet
from bouvier.client.workqueue import WorkQueue
from bouvier.engine.errors import EngineError
from bouvier.kinds.volumes.questions import claim_names
from bouvier.meta.errors import ApiError
from bouvier.meta.gvk import Resource
from bouvier.meta.objects import Obj, key_of, namespace_of, uid_of
from bouvier.meta.resources import (
    PERSISTENTVOLUMECLAIMS,
    PERSISTENTVOLUMES,
    VOLUMEREVERTS,
    VOLUMESNAPSHOTCONTENTS,
)
from bouvier.node.storage.driver import StorageError
from bouvier.node.storage.provisioner import Provisioner
from bouvier.node.storage.reverts import Reverts
from bouvier.node.storage.shared import StorageShared
from bouvier.node.storage.snapshots import SnapshotTaker
from bouvier.node.storage.volumes import VolumeKeeper

WORKERS = 2
"""Making volumes is quick, but for copies: one of those must not hold up the others."""
FIRST_RETRY_SECONDS = 0.2
TIDY_SECONDS = 60.0

_KINDS = {
    PERSISTENTVOLUMECLAIMS: "claim:",
    PERSISTENTVOLUMES: "volume:",
    VOLUMESNAPSHOTCONTENTS: "content:",
    VOLUMEREVERTS: "revert:",
}
_log = logging.getLogger(__name__)


class HostStorage:
    """Makes, grows, keeps and removes the volumes of this host."""

    def __init__(self, shared: StorageShared, informers: InformerSet) -> None:
        self._shared = shared
        self._queue = WorkQueue(first_retry_seconds=FIRST_RETRY_SECONDS)
        self._work: dict[str, Callable[[str], Awaitable[None]]] = {
            "claim:": Provisioner(shared).reconcile,
            "volume:": VolumeKeeper(shared).reconcile,
            "content:": SnapshotTaker(shared).reconcile,
            "revert:": Reverts(shared).reconcile,
        }
        self._orders = informers.informer(VOLUMEREVERTS)
        for resource in _KINDS:
            informers.informer(resource).add_handler(self._handler(resource))

    def _handler(self, resource: Resource) -> Callable[[EventType, Obj | None, Obj], None]:
        prefix = _KINDS[resource]

        def changed(event_type: EventType, _old: Obj | None, new: Obj) -> None:
            if event_type != "DELETED":
                self._queue.add(prefix + key_of(new))

        return changed

    async def run(self) -> None:
        """Work until cancelled."""
        for informer in (*self._shared.informers, self._orders):
            await informer.synced.wait()
        if self._shared.drivers.btrfs.exists:
            await self._mount()
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._tidy_for_ever(), name="storage tidying")
            for number in range(WORKERS):
                tasks.create_task(self._worker(), name=f"storage {number}")

    async def _mount(self) -> None:
        """Bring the volumes of an earlier life of this host back before pods ask for them."""
        try:
            await self._shared.drivers.btrfs.mount()
        except StorageError as error:
            _log.warning("%s", error)

    async def _tidy_for_ever(self) -> None:
        """Unmount what no pod of this host uses any more, and drop marks of reverts that are gone."""
        shared = self._shared
        while True:
            used = set()
            for pod in shared.pods.items():
                used |= {f"{uid_of(pod)}-{v['name']}" for v in pod["spec"].get("volumes") or () if v.get("nfs")}
                for name in claim_names(pod):
                    claim = shared.caches[PERSISTENTVOLUMECLAIMS].get(f"{namespace_of(pod)}/{name}")
                    used.add(claim["spec"].get("volumeName") or "" if claim else "")
            await shared.drivers.nfs.keep_only(used)
            shared.drivers.btrfs.forget_marks({uid_of(order) for order in self._orders.items()})
            await asyncio.sleep(TIDY_SECONDS)

    async def _worker(self) -> None:
        while True:
            key = await self._queue.get()
            prefix, _, name = key.partition(":")
            try:
                await self._work[f"{prefix}:"](name)
                self._queue.forget(key)
            except (StorageError, ApiError, ConnectionError, EngineError, OSError) as error:
                _log.info("storage: %s: %s; to be tried again", key, error)
                self._queue.add_rate_limited(key)
            except Exception:
                _log.exception("storage: %s: a defect; to be tried again", key)
                self._queue.add_rate_limited(key)
            finally:
                self._queue.done(key)
