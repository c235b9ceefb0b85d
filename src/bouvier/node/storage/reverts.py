"""Carries out VolumeReverts: a claim's contents go back to a snapshot, while no pod uses the claim.

An order that cannot be carried out fails with the way out and is not tried again by itself: contents that change at an
unforeseen later moment would be worse.
"""

from __future__ import annotations

from bouvier.kinds.storage_v1.volumereverts import DONE, FAILED
from bouvier.kinds.volumes.names import BTRFS_DRIVER, PROVISIONED_BY
from bouvier.kinds.volumes.questions import class_of, is_bound, uses
from bouvier.kinds.volumes.sources import content_of, handle_parts, snapshot_handle
from bouvier.meta.errors import ApiError
from bouvier.meta.objects import Obj, annotations_of, name_of, namespace_of, uid_of
from bouvier.meta.resources import (
    PERSISTENTVOLUMECLAIMS,
    PERSISTENTVOLUMES,
    PODS,
    VOLUMEREVERTS,
    VOLUMESNAPSHOTCONTENTS,
    VOLUMESNAPSHOTS,
)
from bouvier.node.storage.driver import RefusedError
from bouvier.node.storage.plan import is_ours, stored_name
from bouvier.node.storage.shared import StorageShared
from bouvier.util.clock import now_text


class Reverts:
    """Works on VolumeReverts."""

    def __init__(self, shared: StorageShared) -> None:
        self._shared = shared

    async def reconcile(self, key: str) -> None:
        """Carry the order out if the claim's volume is on this host."""
        shared = self._shared
        order = await self._order(key)
        if order is None:
            return
        claim, volume = await self._claim(order)
        if volume is None or not is_ours(volume, shared.host):
            return
        name = stored_name(volume)
        shared.drivers.busy.add(name)
        try:
            snapshot = await self._check(order, claim, volume)
            await shared.drivers.btrfs.revert(name, snapshot, uid_of(order))
        except RefusedError as error:
            await self._finish(order, FAILED, str(error))
            shared.recorder.event(claim, "Warning", "RevertFailed", str(error))
            return
        finally:
            shared.drivers.busy.discard(name)
        text = f"the contents are those of snapshot {order['spec']['snapshotName']}"
        await self._finish(order, DONE, text)
        shared.recorder.event(claim, "Normal", "Reverted", text)

    async def _order(self, key: str) -> Obj | None:
        """Return the order as it is now, None when there is nothing to do any more."""
        namespace, _, name = key.partition("/")
        try:
            order = await self._shared.client.get(VOLUMEREVERTS, name, namespace)
        except ApiError as error:
            if error.reason == "NotFound":
                return None
            raise
        return None if (order.get("status") or {}).get("phase") in {DONE, FAILED} else order

    async def _claim(self, order: Obj) -> tuple[Obj, Obj | None]:
        """Return claim and volume; where there is no such claim, the order fails (every host may say so)."""
        caches, name = self._shared.caches, order["spec"]["claimName"]
        claim = caches[PERSISTENTVOLUMECLAIMS].get(f"{namespace_of(order)}/{name}")
        volume = caches[PERSISTENTVOLUMES].get(claim["spec"].get("volumeName") or "") if claim else None
        if claim is None or volume is None or not is_bound(claim, volume):
            await self._finish(order, FAILED, f"there is no bound claim {name} in namespace {namespace_of(order)}")
            return order, None
        if annotations_of(volume).get(PROVISIONED_BY) != BTRFS_DRIVER:
            await self._finish(order, FAILED, f"class {class_of(claim)} keeps no snapshots: use class btrfs")
            return claim, None
        return claim, volume

    async def _check(self, order: Obj, claim: Obj, volume: Obj) -> str:
        """Return the name of the snapshot on this host.

        Raises:
            RefusedError: it is not one of this claim, not ready, or the claim is in use.
        """
        caches, wanted = self._shared.caches, order["spec"]["snapshotName"]
        snapshot = caches[VOLUMESNAPSHOTS].get(f"{namespace_of(order)}/{wanted}")
        content = content_of(snapshot, caches[VOLUMESNAPSHOTCONTENTS].get) if snapshot else None
        if content is None or not (content.get("status") or {}).get("readyToUse"):
            raise RefusedError(f"there is no snapshot {wanted} that is ready: see kubectl get volumesnapshots")
        handle = content["spec"]["source"].get("volumeHandle") or ""
        if handle_parts(handle)[1] != stored_name(volume):
            raise RefusedError(f"{wanted} is not a snapshot of claim {name_of(claim)}: restore it into a new claim")
        users = await self._users(claim)
        if users:
            raise RefusedError(
                f"claim {name_of(claim)} is in use by {', '.join(users)}: scale its workload to 0, then revert again"
            )
        return handle_parts(snapshot_handle(content))[1]

    async def _users(self, claim: Obj) -> list[str]:
        """Return the pods that use the claim; the server is asked, since a pod may have just come."""
        pods = (await self._shared.client.list_all(PODS, namespace_of(claim))).items
        return sorted(name_of(pod) for pod in pods if uses(pod, claim))

    async def _finish(self, order: Obj, phase: str, message: str) -> None:
        status = {"phase": phase, "message": message, "finished": now_text()}
        await self._shared.patch(VOLUMEREVERTS, order, {"status": status}, "status")
