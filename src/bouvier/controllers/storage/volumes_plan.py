"""What the binder does next for a volume (pure): its phase, and what becomes of it when its claim is gone."""

from __future__ import annotations

from bouvier.controllers.storage.actions import Action, Remove, Say, Write
from bouvier.controllers.storage.binder_plan import volume_phase
from bouvier.kinds.volumes.names import BOUND_BY_CONTROLLER, PROVISIONED_BY
from bouvier.meta.objects import Obj, annotations_of, is_deleting, name_of
from bouvier.meta.resources import PERSISTENTVOLUMES

NO_RECYCLING = "Recycle is not supported: nobody empties volumes here; use Retain or Delete"


def plan_volume(volume: Obj, claim: Obj | None) -> list[Action]:
    """Return the next writes and events for a volume; `claim` is the living one that its `claimRef` means."""
    reference = volume["spec"].get("claimRef")
    if not reference or not reference.get("uid"):
        return [] if is_deleting(volume) else volume_phase(volume, "Available")
    if claim is None:
        return _without_claim(volume)
    bound_to = claim["spec"].get("volumeName")
    if bound_to == name_of(volume):
        return volume_phase(volume, "Bound")
    if not bound_to:
        return []  # about to be bound: the claim's plan does that
    if _is_made_for_claim(volume):
        return [Remove(PERSISTENTVOLUMES, volume)] if not is_deleting(volume) else []
    return _release(volume)


def _without_claim(volume: Obj) -> list[Action]:
    """Plan for a volume whose claim was deleted."""
    phase = (volume.get("status") or {}).get("phase")
    actions = [] if phase in {"Released", "Failed"} else volume_phase(volume, "Released")
    policy = volume["spec"].get("persistentVolumeReclaimPolicy")
    if policy == "Delete" and not is_deleting(volume):
        if annotations_of(volume).get(PROVISIONED_BY):
            return [*actions, Remove(PERSISTENTVOLUMES, volume)]
        return [*actions, *_fail(volume, "VolumeFailedDelete", "nobody made this volume who could delete its contents")]
    if policy == "Recycle":
        return [*actions, *_fail(volume, "VolumeFailedRecycle", NO_RECYCLING)]
    return actions


def _fail(volume: Obj, reason: str, message: str) -> list[Action]:
    if (volume.get("status") or {}).get("phase") == "Failed":
        return []
    status = {"phase": "Failed", "message": message}
    return [
        Write(PERSISTENTVOLUMES, volume, {"status": status}, "status"),
        Say(volume, "Warning", reason, message),
    ]


def _is_made_for_claim(volume: Obj) -> bool:
    is_made = bool(annotations_of(volume).get(PROVISIONED_BY))
    return is_made and volume["spec"].get("persistentVolumeReclaimPolicy") == "Delete"


def _release(volume: Obj) -> list[Action]:
    """Give a volume back whose claim took another one; a user's own reservation stays."""
    if BOUND_BY_CONTROLLER in annotations_of(volume):
        body: Obj = {"spec": {"claimRef": None}, "metadata": {"annotations": {BOUND_BY_CONTROLLER: None}}}
    else:
        body = {"spec": {"claimRef": {"uid": None}}}
    return [Write(PERSISTENTVOLUMES, volume, body), *volume_phase(volume, "Available")]
