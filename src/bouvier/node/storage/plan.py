"""What this host has to do for a claim or volume, and what its objects then look like (pure)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from bouvier.kinds.volumes.names import (
    BTRFS_DRIVER,
    MADE_ON,
    PROVISIONED_BY,
    PROVISIONER,
    VOLUME_CONTENTS,
    VOLUME_PROTECTION,
)
from bouvier.kinds.volumes.questions import (
    capacity,
    class_of,
    host_of,
    modes_of,
    only_on,
    requested,
    selected_node,
    volume_mode,
)
from bouvier.kinds.volumes.sources import data_source, handle_parts
from bouvier.meta.objects import Obj, annotations_of, is_deleting, name_of, namespace_of, uid_of
from bouvier.node.storage.driver import Made, Traits

_SOURCES = frozenset({"PersistentVolumeClaim", "VolumeSnapshot"})


def wants_volume(claim: Obj, host: str) -> str:
    """Return the driver that is to make a claim's volume on this host, empty when there is nothing to do."""
    waits = (claim.get("status") or {}).get("phase") == "Pending" and not claim["spec"].get("volumeName")
    if not waits or is_deleting(claim) or selected_node(claim) != host:
        return ""
    return annotations_of(claim).get(PROVISIONER, "")


def volume_name(claim: Obj) -> str:
    """Return the name of the volume that is made for a claim; the same however often it is made."""
    return f"pvc-{uid_of(claim)}"


def refusal(claim: Obj, traits: Traits) -> str:
    """Return why volumes of a driver can never be what the claim asks for, empty when they can."""
    wanted = class_of(claim)
    missing = sorted(modes_of(claim) - traits.modes)
    if missing:
        can = ", ".join(sorted(traits.modes))
        return f"access mode {', '.join(missing)} is not possible with class {wanted}: use {can}, or another class"
    if volume_mode(claim) == "Block":
        return f"volumeMode Block is not possible with class {wanted}: use Filesystem"
    if claim["spec"].get("selector"):
        return "claim.Spec.Selector is not supported where volumes are made on demand: leave it out"
    source = data_source(claim)
    if source and source.kind not in _SOURCES:
        return f"a claim cannot be filled from a {source.kind}: use a PersistentVolumeClaim or a VolumeSnapshot"
    if source and not traits.can_clone:
        return f"class {wanted} cannot fill a claim from a {source.kind}: use class btrfs"
    return ""


def new_volume(claim: Obj, storage_class: Obj, made: Made, host: str) -> Obj:
    """Return the PersistentVolume of a volume that was made for a claim."""
    spec: Obj = {
        "accessModes": sorted(modes_of(claim)),
        "capacity": {"storage": claim["spec"]["resources"]["requests"]["storage"]},
        "claimRef": {
            "apiVersion": "v1",
            "kind": "PersistentVolumeClaim",
            "namespace": namespace_of(claim),
            "name": name_of(claim),
            "uid": uid_of(claim),
        },
        "persistentVolumeReclaimPolicy": _policy(claim, storage_class),
        "storageClassName": name_of(storage_class),
        "volumeMode": volume_mode(claim),
        **made.source,
    }
    if storage_class.get("mountOptions"):
        spec["mountOptions"] = storage_class["mountOptions"]
    if made.is_bound_to_host:
        spec["nodeAffinity"] = only_on(host)
    metadata = {
        "name": volume_name(claim),
        "annotations": {PROVISIONED_BY: storage_class["provisioner"], MADE_ON: host},
        "finalizers": [VOLUME_CONTENTS],
    }
    return {"apiVersion": "v1", "kind": "PersistentVolume", "metadata": metadata, "spec": spec}


@dataclass(frozen=True, slots=True)
class Growth:
    """A volume that is to become larger."""

    claim: Obj
    volume: Obj
    size_bytes: int


def _policy(claim: Obj, storage_class: Obj) -> str:
    """Return the class's policy; the volume of an ephemeral claim goes with its pod, else each pod would leave one."""
    is_ephemeral = any(each.get("kind") == "Pod" and each.get("controller") for each in _owners(claim))
    return "Delete" if is_ephemeral else storage_class.get("reclaimPolicy") or "Delete"


def _owners(claim: Obj) -> list[Obj]:
    return claim["metadata"].get("ownerReferences") or []


def is_ours(volume: Obj, host: str) -> bool:
    """Tell whether this host made the volume."""
    annotations = annotations_of(volume)
    return bool(annotations.get(PROVISIONED_BY)) and annotations.get(MADE_ON, host_of(volume)) == host


def may_remove(volume: Obj) -> bool:
    """Tell whether a volume is being deleted and nobody holds it any more."""
    finalizers = volume["metadata"].get("finalizers") or ()
    return is_deleting(volume) and VOLUME_CONTENTS in finalizers and VOLUME_PROTECTION not in finalizers


def loses_contents(volume: Obj) -> bool:
    """Tell whether the contents go with the object; with policy Retain they stay on the disk."""
    return bool(volume["spec"].get("persistentVolumeReclaimPolicy") == "Delete")


def growth(claim: Obj, volume: Obj | None) -> Growth | None:
    """Return what a bound claim's volume should grow to, None when it is large enough."""
    if volume is None or (claim.get("status") or {}).get("phase") != "Bound":
        return None
    wanted = requested(claim)
    status_size = ((claim.get("status") or {}).get("capacity") or {}).get("storage")
    told = status_size == (volume["spec"].get("capacity") or {}).get("storage")
    if wanted <= capacity(volume) and told:
        return None
    return Growth(claim, volume, int(max(wanted, capacity(volume))))


def promised(volumes: Iterable[Obj], host: str, *, besides: str = "") -> int:
    """Return the sum of the sizes of the btrfs volumes of this host."""
    total = 0
    for volume in volumes:
        handle = (volume["spec"].get("csi") or {}).get("volumeHandle") or ""
        is_here = annotations_of(volume).get(PROVISIONED_BY) == BTRFS_DRIVER and handle_parts(handle)[0] == host
        if is_here and name_of(volume) != besides:
            total += int(capacity(volume))
    return total


def stored_name(volume: Obj) -> str:
    """Return the name under which a driver knows a volume."""
    spec = volume["spec"]
    if csi := spec.get("csi"):
        return handle_parts(csi["volumeHandle"])[1]
    if flex := spec.get("flexVolume"):
        return str((flex.get("options") or {}).get("volume") or name_of(volume))
    return name_of(volume)
