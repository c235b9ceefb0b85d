"""Makes the volumes of claims that were given to this host, and lets volumes grow."""

from __future__ import annotations

from bouvier.kinds.volumes.names import PROVISIONED_BY, SELECTED_NODE
from bouvier.kinds.volumes.questions import capacity, class_of, requested
from bouvier.kinds.volumes.sources import content_of, data_source, handle_parts, snapshot_handle
from bouvier.meta.errors import ApiError
from bouvier.meta.objects import Obj, annotations_of, name_of, namespace_of
from bouvier.meta.resources import (
    PERSISTENTVOLUMECLAIMS,
    PERSISTENTVOLUMES,
    STORAGECLASSES,
    VOLUMESNAPSHOTCONTENTS,
    VOLUMESNAPSHOTS,
)
from bouvier.node.storage.driver import CannotHoldError, Driver, Order, RefusedError, StorageError
from bouvier.node.storage.plan import (
    Growth,
    growth,
    is_ours,
    new_volume,
    promised,
    refusal,
    stored_name,
    volume_name,
    wants_volume,
)
from bouvier.node.storage.shared import StorageShared
from bouvier.util.clock import now_text

GROWTH_FAILED = "ControllerResizeError"


class Provisioner:
    """Works on claims."""

    def __init__(self, shared: StorageShared) -> None:
        self._shared = shared

    async def reconcile(self, key: str) -> None:
        """Make the claim's volume, or let it grow, if that is this host's business."""
        claim = self._shared.caches[PERSISTENTVOLUMECLAIMS].get(key)
        if claim is None:
            return
        driver = self._shared.drivers.find(wants_volume(claim, self._shared.host))
        if driver is not None:
            await self._provide(claim, driver)
            return
        volume = self._shared.caches[PERSISTENTVOLUMES].get(claim["spec"].get("volumeName") or "")
        wanted = growth(claim, volume)
        if wanted is not None and is_ours(wanted.volume, self._shared.host):
            await self._grow(wanted)

    # New volumes

    async def _provide(self, claim: Obj, driver: Driver) -> None:
        """Make the volume; a refusal is told once and rests, lack of room gives the choice of a host back."""
        storage_class = self._shared.caches[STORAGECLASSES].get(class_of(claim))
        if storage_class is None:
            return
        say = self._shared.recorder.event
        why = refusal(claim, driver.traits)
        if why:
            say(claim, "Warning", "ProvisioningFailed", why)
            return
        try:
            made = await driver.create(self._order(claim, storage_class))
        except RefusedError as error:
            say(claim, "Warning", "ProvisioningFailed", str(error))
            return
        except CannotHoldError as error:
            say(claim, "Warning", "ProvisioningFailed", f"{self._shared.host}: {error}")
            await self._give_back(claim)
            return
        except StorageError as error:
            say(claim, "Warning", "ProvisioningFailed", f"{self._shared.host}: {error}")
            raise
        volume = new_volume(claim, storage_class, made, self._shared.host)
        try:
            await self._shared.client.create(PERSISTENTVOLUMES, volume)
        except ApiError as error:
            if error.reason != "AlreadyExists":
                raise
            return
        say(claim, "Normal", "ProvisioningSucceeded", f"Successfully provisioned volume {name_of(volume)}")

    async def _give_back(self, claim: Obj) -> None:
        await self._shared.patch(PERSISTENTVOLUMECLAIMS, claim, {"metadata": {"annotations": {SELECTED_NODE: None}}})

    def _order(self, claim: Obj, storage_class: Obj) -> Order:
        volumes = self._shared.caches[PERSISTENTVOLUMES].items()
        name = volume_name(claim)
        from_volume, from_snapshot = self._origin(claim)
        return Order(
            name=name,
            size_bytes=int(requested(claim)),
            parameters=storage_class.get("parameters") or {},
            from_volume=from_volume,
            from_snapshot=from_snapshot,
            promised_bytes=promised(volumes, self._shared.host, besides=name),
        )

    def _origin(self, claim: Obj) -> tuple[str, str]:
        """Return the names of the volume and of the snapshot that the claim starts with, empty for none.

        Raises:
            StorageError: it is not there (yet).
            RefusedError: it cannot serve this claim.
        """
        source = data_source(claim)
        if source is None:
            return "", ""
        key = f"{namespace_of(claim)}/{source.name}"
        if source.kind == "PersistentVolumeClaim":
            return self._volume_to_clone(claim, key), ""
        return "", self._snapshot_to_restore(claim, key)

    def _volume_to_clone(self, claim: Obj, key: str) -> str:
        caches = self._shared.caches
        source = caches[PERSISTENTVOLUMECLAIMS].get(key)
        volume = caches[PERSISTENTVOLUMES].get(source["spec"].get("volumeName") or "") if source else None
        if volume is None:
            raise StorageError(f"the claim {key} to copy from is not there or has no volume yet")
        self._check_origin(claim, annotations_of(volume).get(PROVISIONED_BY, ""), int(capacity(volume)), key)
        return stored_name(volume)

    def _snapshot_to_restore(self, claim: Obj, key: str) -> str:
        caches = self._shared.caches
        snapshot = caches[VOLUMESNAPSHOTS].get(key)
        content = content_of(snapshot, caches[VOLUMESNAPSHOTCONTENTS].get) if snapshot else None
        if content is None or not (content.get("status") or {}).get("readyToUse"):
            raise StorageError(f"the snapshot {key} to restore from is not there or not ready")
        size = int((content.get("status") or {}).get("restoreSize") or 0)
        self._check_origin(claim, content["spec"]["driver"], size, key)
        return handle_parts(snapshot_handle(content))[1]

    def _check_origin(self, claim: Obj, driver: str, size_bytes: int, key: str) -> None:
        wanted = (self._shared.caches[STORAGECLASSES].get(class_of(claim)) or {}).get("provisioner")
        if driver != wanted:
            raise RefusedError(
                f"{key} was made by {driver or 'nobody'}: use a class of that driver, not {class_of(claim)}"
            )
        if requested(claim) < size_bytes:
            raise RefusedError(f"the claim asks for less than {key} holds: ask for {size_bytes} bytes at least")

    # Growing

    async def _grow(self, wanted: Growth) -> None:
        shared, name = self._shared, annotations_of(wanted.volume).get(PROVISIONED_BY, "")
        driver = shared.drivers.find(name)
        assert driver is not None
        size_text = wanted.claim["spec"]["resources"]["requests"]["storage"]
        volume_text = wanted.volume["spec"]["capacity"]["storage"]
        if requested(wanted.claim) > capacity(wanted.volume):
            try:
                await self._resize(driver, wanted)
            except StorageError as error:
                shared.recorder.event(wanted.claim, "Warning", "VolumeResizeFailed", str(error))
                await self._note_failure(wanted.claim, str(error))
                if isinstance(error, RefusedError):
                    return
                raise
            body: Obj = {"spec": {"capacity": {"storage": size_text}}}
            await shared.patch(PERSISTENTVOLUMES, wanted.volume, body)
            volume_text = size_text
            text = f"Volume {name_of(wanted.volume)} now holds {volume_text}"
            shared.recorder.event(wanted.claim, "Normal", "VolumeResizeSuccessful", text)
        status = {"capacity": {"storage": volume_text}, "conditions": _without_failure(wanted.claim)}
        await shared.patch(PERSISTENTVOLUMECLAIMS, wanted.claim, {"status": status}, "status")

    async def _resize(self, driver: Driver, wanted: Growth) -> None:
        if driver is self._shared.drivers.btrfs:
            name = name_of(wanted.volume)
            rest = promised(self._shared.caches[PERSISTENTVOLUMES].items(), self._shared.host, besides=name)
            await self._shared.drivers.btrfs.room_for(wanted.size_bytes, rest)
        await driver.resize(stored_name(wanted.volume), wanted.size_bytes)

    async def _note_failure(self, claim: Obj, message: str) -> None:
        conditions = _without_failure(claim) or []
        present = [c for c in (claim.get("status") or {}).get("conditions") or () if c.get("type") == GROWTH_FAILED]
        if present and present[0].get("message") == message:
            return
        failed = {"type": GROWTH_FAILED, "status": "True", "message": message, "lastTransitionTime": now_text()}
        body = {"status": {"conditions": [*conditions, failed]}}
        await self._shared.patch(PERSISTENTVOLUMECLAIMS, claim, body, "status")


def _without_failure(claim: Obj) -> list[Obj] | None:
    present = (claim.get("status") or {}).get("conditions") or []
    return [c for c in present if c.get("type") != GROWTH_FAILED] or None
