"""What the binder does next for a claim (pure).

Source: https://kubernetes.io/docs/concepts/storage/persistent-volumes/#lifecycle-of-a-volume-and-claim
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from bouvier.controllers.storage.actions import Action, Say, Write
from bouvier.kinds.volumes.matching import best_volume, mismatch
from bouvier.kinds.volumes.names import (
    BETA_PROVISIONER,
    BIND_COMPLETED,
    BOUND_BY_CONTROLLER,
    NO_PROVISIONER,
    PROVISIONER,
    SELECTED_NODE,
    WAIT,
    is_ours,
)
from bouvier.kinds.volumes.questions import (
    class_of,
    default_class,
    is_for,
    is_reachable,
    names_no_class,
    selected_node,
)
from bouvier.meta.objects import Obj, annotations_of, is_deleting, name_of, namespace_of, uid_of
from bouvier.meta.resources import PERSISTENTVOLUMECLAIMS, PERSISTENTVOLUMES

LOST_REFERENCE = "Bound claim has lost reference to PersistentVolume. Data on the volume is lost!"
LOST_VOLUME = "Bound claim has lost its PersistentVolume. Data on the volume is lost!"
MISBOUND = "Two claims are bound to the same volume, this one is bound incorrectly"
WAITING = "waiting for first consumer to be created before binding"
NOTHING_SUITS = "no persistent volumes available for this claim and no storage class is set"


@dataclass(frozen=True, slots=True)
class World:
    """What the plan for one claim looks at."""

    volumes: Sequence[Obj]
    find_volume: Callable[[str], Obj | None]
    classes: Mapping[str, Obj]
    node_labels: Callable[[str], Mapping[str, str] | None]
    """Labels of a host; None when there is no such host."""
    spare_host: Callable[[], str] = lambda: ""
    """A host for volumes that need not wait for a pod; empty when none is ready."""


def plan_claim(claim: Obj, world: World) -> list[Action]:
    """Return the next writes and events for a claim."""
    if BIND_COMPLETED in annotations_of(claim):
        return _bound(claim, world)
    if claim["spec"].get("volumeName"):
        return _named(claim, world)
    return _unbound(claim, world)


def _bound(claim: Obj, world: World) -> list[Action]:
    name = claim["spec"].get("volumeName")
    if not name:
        return _lose(claim, "ClaimLost", LOST_REFERENCE)
    volume = world.find_volume(name)
    if volume is None:
        return _lose(claim, "ClaimLost", LOST_VOLUME)
    reference = volume["spec"].get("claimRef")
    if not reference or reference.get("uid") == uid_of(claim):
        return bind(claim, volume)
    return _lose(claim, "ClaimMisbound", MISBOUND)


def _named(claim: Obj, world: World) -> list[Action]:
    """Plan for a claim whose user chose the volume."""
    volume = world.find_volume(claim["spec"]["volumeName"])
    if volume is None:
        return _pending(claim)
    if not volume["spec"].get("claimRef"):
        why = mismatch(claim, volume, by_name=True)
        if why:
            text = f'Cannot bind to requested volume "{name_of(volume)}": {why}'
            return [Say(claim, "Warning", "VolumeMismatch", text), *_pending(claim)]
        return bind(claim, volume)
    if is_for(volume, claim):
        return bind(claim, volume)
    text = f'volume "{name_of(volume)}" already bound to a different claim.'
    return [Say(claim, "Warning", "FailedBinding", text), *_pending(claim)]


def _unbound(claim: Obj, world: World) -> list[Action]:
    if names_no_class(claim) and (found := default_class(world.classes.values())):
        body = {"spec": {"storageClassName": name_of(found)}}
        return [Write(PERSISTENTVOLUMECLAIMS, claim, body)]
    storage_class = world.classes.get(class_of(claim))
    waits = storage_class is not None and storage_class.get("volumeBindingMode") == WAIT and not selected_node(claim)
    volume = best_volume(claim, world.volumes, _reach(claim, world), reserved_only=waits)
    if volume is not None:
        return bind(claim, volume)
    if waits:
        return [Say(claim, "Normal", "WaitForFirstConsumer", WAITING), *_pending(claim)]
    if not class_of(claim):
        return [Say(claim, "Normal", "FailedBinding", NOTHING_SUITS), *_pending(claim)]
    if storage_class is None:
        text = f'storageclass.storage.k8s.io "{class_of(claim)}" not found'
        known = ", ".join(sorted(world.classes)) or "none"
        return [Say(claim, "Warning", "ProvisioningFailed", f"{text}; there are: {known}"), *_pending(claim)]
    return [*_provision(claim, storage_class, world), *_pending(claim)]


def _reach(claim: Obj, world: World) -> Callable[[Obj], bool]:
    """Return whether the claim's host can mount a volume; any volume will do before there is a host."""
    host = selected_node(claim)
    if not host:
        return lambda _volume: True
    labels = world.node_labels(host)
    return lambda volume: labels is not None and is_reachable(volume, host, labels)


def _provision(claim: Obj, storage_class: Obj, world: World) -> list[Action]:
    """Hand the claim to the driver of its class."""
    driver = storage_class.get("provisioner", "")
    if driver == NO_PROVISIONER:
        return _cannot_make(claim)
    host = selected_node(claim) or (world.spare_host() if is_ours(driver) else "")
    if is_ours(driver) and not host:
        return [Say(claim, "Warning", "ProvisioningFailed", "no host is ready to make the volume on")]
    wanted = {PROVISIONER: driver, BETA_PROVISIONER: driver} | ({SELECTED_NODE: host} if host else {})
    present = annotations_of(claim)
    text = (
        f"Waiting for a volume to be created either by the external provisioner '{driver}' or manually by the system "
        "administrator. If volume creation is delayed, please verify that the provisioner is running and correctly "
        "registered."
    )
    actions: list[Action] = [Say(claim, "Normal", "ExternalProvisioning", text)]
    if any(present.get(key) != value for key, value in wanted.items()):
        actions.append(Write(PERSISTENTVOLUMECLAIMS, claim, {"metadata": {"annotations": wanted}}))
    return actions


def _cannot_make(claim: Obj) -> list[Action]:
    """Give the choice of a host back to the scheduler when the chosen one has no volume left."""
    host = selected_node(claim)
    text = "no persistent volume suits this claim, and its class makes none: create a PersistentVolume"
    actions: list[Action] = [Say(claim, "Warning", "FailedBinding", text)]
    if host:
        actions.append(Write(PERSISTENTVOLUMECLAIMS, claim, {"metadata": {"annotations": {SELECTED_NODE: None}}}))
    return actions


def bind(claim: Obj, volume: Obj) -> list[Action]:
    """Return what is missing until claim and volume are bound to each other, the volume's half first."""
    return [*_bind_volume(claim, volume), *_bind_claim(claim, volume)]


def _bind_volume(claim: Obj, volume: Obj) -> list[Action]:
    actions: list[Action] = []
    reference = volume["spec"].get("claimRef") or {}
    if reference.get("uid") != uid_of(claim):
        wanted = {
            "apiVersion": "v1",
            "kind": "PersistentVolumeClaim",
            "namespace": namespace_of(claim),
            "name": name_of(claim),
            "uid": uid_of(claim),
        }
        body: Obj = {"spec": {"claimRef": wanted}}
        if not reference:
            body["metadata"] = {"annotations": {BOUND_BY_CONTROLLER: "yes"}}
        actions.append(Write(PERSISTENTVOLUMES, volume, body))
    return [*actions, *volume_phase(volume, "Bound")]


def _bind_claim(claim: Obj, volume: Obj) -> list[Action]:
    actions: list[Action] = []
    annotations = annotations_of(claim)
    if claim["spec"].get("volumeName") != name_of(volume) or BIND_COMPLETED not in annotations:
        marks = {BIND_COMPLETED: "yes"} | ({} if claim["spec"].get("volumeName") else {BOUND_BY_CONTROLLER: "yes"})
        body = {"metadata": {"annotations": marks}, "spec": {"volumeName": name_of(volume)}}
        actions.append(Write(PERSISTENTVOLUMECLAIMS, claim, body))
    status = claim.get("status") or {}
    wanted: Obj = {"phase": "Bound"}
    if status.get("phase") != "Bound":
        wanted |= {"accessModes": volume["spec"].get("accessModes"), "capacity": volume["spec"].get("capacity")}
    if any(status.get(field) != value for field, value in wanted.items()):
        actions.append(Write(PERSISTENTVOLUMECLAIMS, claim, {"status": wanted}, "status"))
    return actions


def volume_phase(volume: Obj, phase: str) -> list[Action]:
    """Return the write of a volume's phase, if it has another."""
    if (volume.get("status") or {}).get("phase") == phase:
        return []
    return [Write(PERSISTENTVOLUMES, volume, {"status": {"phase": phase, "reason": None, "message": None}}, "status")]


def _pending(claim: Obj) -> list[Action]:
    if (claim.get("status") or {}).get("phase") == "Pending" or is_deleting(claim):
        return []
    return [Write(PERSISTENTVOLUMECLAIMS, claim, {"status": {"phase": "Pending"}}, "status")]


def _lose(claim: Obj, reason: str, message: str) -> list[Action]:
    if (claim.get("status") or {}).get("phase") == "Lost":
        return []
    status = {"phase": "Lost", "accessModes": None, "capacity": None}
    return [Write(PERSISTENTVOLUMECLAIMS, claim, {"status": status}, "status"), Say(claim, "Warning", reason, message)]
