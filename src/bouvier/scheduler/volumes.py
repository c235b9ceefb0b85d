"""Claims, volumes and classes as placement sees them: which hosts can give a pod all that it mounts.

Plain objects by key, kept current by the daemon. `version` changes with every object, so that evaluations of pods with
claims know when to look again; pods without claims never ask.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator

from bouvier.kinds.volumes.matching import best_volume
from bouvier.kinds.volumes.names import NO_PROVISIONER, WAIT
from bouvier.kinds.volumes.questions import class_of, is_bound, modes_of, selected_node
from bouvier.kinds.volumes.sources import Sources, host_of_source
from bouvier.meta.gvk import Resource
from bouvier.meta.objects import Obj, is_deleting, key_of
from bouvier.meta.resources import (
    PERSISTENTVOLUMECLAIMS,
    PERSISTENTVOLUMES,
    STORAGECLASSES,
    VOLUMESNAPSHOTCONTENTS,
    VOLUMESNAPSHOTS,
)

RESOURCES = (PERSISTENTVOLUMECLAIMS, PERSISTENTVOLUMES, STORAGECLASSES, VOLUMESNAPSHOTS, VOLUMESNAPSHOTCONTENTS)
ALONE = "ReadWriteOncePod"


class VolumeView:
    """The objects of storage, by resource and key."""

    def __init__(self) -> None:
        self.version = 0
        self._objects: dict[Resource, dict[str, Obj]] = {resource: {} for resource in RESOURCES}
        self._waiters: list[asyncio.Future[None]] = []

    def set(self, resource: Resource, obj: Obj) -> None:
        """Take in a new or changed object."""
        self._objects[resource][key_of(obj)] = obj
        self._changed()

    def remove(self, resource: Resource, obj: Obj) -> None:
        """Forget an object."""
        if self._objects[resource].pop(key_of(obj), None) is not None:
            self._changed()

    async def change(self) -> None:
        """Wait for the next change."""
        waiter = asyncio.get_running_loop().create_future()
        self._waiters.append(waiter)
        await waiter

    def _changed(self) -> None:
        self.version += 1
        waiters, self._waiters = self._waiters, []
        for waiter in waiters:
            if not waiter.done():
                waiter.set_result(None)

    # Reading

    def claim(self, key: str) -> Obj | None:
        """Return a claim by `namespace/name`."""
        return self._objects[PERSISTENTVOLUMECLAIMS].get(key)

    def volume_of(self, claim: Obj) -> Obj | None:
        """Return the volume that a claim is bound to for good, None before that."""
        volume = self._objects[PERSISTENTVOLUMES].get(claim["spec"].get("volumeName") or "")
        return volume if is_bound(claim, volume) else None

    def trouble(self, key: str, uses: int, owner: str = "") -> str:
        """Return why no host at all can give a pod this claim, empty when some may.

        `uses` counts other pods with it; `owner` is the uid of the pod for whose ephemeral volume it must be.
        """
        name = key.partition("/")[2]
        claim = self.claim(key)
        if claim is None and owner:
            return f'waiting for ephemeral volume controller to create the persistentvolumeclaim "{name}"'
        if claim is None:
            return f'persistentvolumeclaim "{name}" not found'
        if owner and all(each.get("uid") != owner for each in claim["metadata"].get("ownerReferences") or ()):
            return f'PVC "{key}" was not created for this pod (pod is not owner)'
        if is_deleting(claim):
            return f'persistentvolumeclaim "{name}" is being deleted'
        if (claim.get("status") or {}).get("phase") == "Lost":
            return f'persistentvolumeclaim "{name}" bound to non-existent persistentvolume'
        if uses and ALONE in modes_of(claim):
            return f'another pod uses persistentvolumeclaim "{name}", whose access mode is {ALONE}'
        if self.volume_of(claim) is None and not self.waits(claim):
            return self._unbound(claim, name)
        return ""

    def _unbound(self, claim: Obj, name: str) -> str:
        wanted = class_of(claim)
        if wanted and wanted not in self._objects[STORAGECLASSES]:
            known = ", ".join(sorted(self._objects[STORAGECLASSES])) or "none"
            return f'storageclass.storage.k8s.io "{wanted}" of claim "{name}" not found; there are: {known}'
        return "pod has unbound immediate PersistentVolumeClaims"

    def waits(self, claim: Obj) -> bool:
        """Tell whether an unbound claim waits for the scheduler to choose its host."""
        found = self._objects[STORAGECLASSES].get(class_of(claim))
        return found is not None and found.get("volumeBindingMode") == WAIT and not claim["spec"].get("volumeName")

    def chosen_host(self, claim: Obj) -> str:
        """Return the only host that an unbound claim's volume can be made on, empty when there is no such bond."""
        objects = self._objects
        sources = Sources(
            objects[PERSISTENTVOLUMECLAIMS].get,
            objects[PERSISTENTVOLUMES].get,
            objects[VOLUMESNAPSHOTS].get,
            objects[VOLUMESNAPSHOTCONTENTS].get,
        )
        return selected_node(claim) or host_of_source(claim, sources)

    def makes(self, claim: Obj) -> list[Obj] | None:
        """Return the topology terms under which the claim's class makes volumes: None never, an empty list anywhere."""
        found = self._objects[STORAGECLASSES][class_of(claim)]
        if found.get("provisioner") == NO_PROVISIONER:
            return None
        return [_as_node_term(term) for term in found.get("allowedTopologies") or ()]

    def suiting(self, claim: Obj) -> Iterator[Obj]:
        """Yield every volume that is free and suits the claim."""
        for volume in self._objects[PERSISTENTVOLUMES].values():
            if best_volume(claim, (volume,), lambda _volume: True) is not None:
                yield volume

    def unbound(self, keys: Iterable[str]) -> list[Obj]:
        """Return those of the claims that have no volume yet."""
        found = (self.claim(key) for key in keys)
        return [claim for claim in found if claim is not None and self.volume_of(claim) is None]


def _as_node_term(topology: Obj) -> Obj:
    return {
        "matchExpressions": [
            {"key": each["key"], "operator": "In", "values": each.get("values") or []}
            for each in topology.get("matchLabelExpressions") or ()
        ]
    }
