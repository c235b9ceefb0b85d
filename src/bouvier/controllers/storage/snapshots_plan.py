"""What becomes of a VolumeSnapshot next (pure): its content is made, its status follows, and it goes with its content.

Source: https://kubernetes.io/docs/concepts/storage/volume-snapshots/
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from bouvier.controllers.storage.actions import Action, Create, Remove, Say, Write
from bouvier.kinds.snapshot_v1.volumesnapshotclasses import DEFAULT_ANNOTATION
from bouvier.kinds.volumes.names import BOUND_SNAPSHOT
from bouvier.kinds.volumes.questions import class_of, is_bound, volume_mode
from bouvier.meta.objects import Obj, annotations_of, is_deleting, name_of, namespace_of, uid_of
from bouvier.meta.resources import VOLUMESNAPSHOTCONTENTS, VOLUMESNAPSHOTS

_STEPS = (("Ti", 1 << 40), ("Gi", 1 << 30), ("Mi", 1 << 20), ("Ki", 1 << 10))
_NANOSECONDS = 1_000_000_000


@dataclass(frozen=True, slots=True)
class SnapshotWorld:
    """What the plan for one snapshot looks at."""

    claim: Callable[[str], Obj | None]
    volume: Callable[[str], Obj | None]
    content: Callable[[str], Obj | None]
    classes: Sequence[Obj]
    now: datetime


class _CannotError(Exception):
    """The snapshot cannot be taken as things are."""


def content_name(snapshot: Obj) -> str:
    """Return the name of the content that is made for a snapshot."""
    return f"snapcontent-{uid_of(snapshot)}"


def plan_snapshot(snapshot: Obj, world: SnapshotWorld) -> list[Action]:
    """Return the next writes and events for a snapshot."""
    bound = (snapshot.get("status") or {}).get("boundVolumeSnapshotContentName") or ""
    if is_deleting(snapshot):
        return _leave(snapshot, world.content(bound or content_name(snapshot)))
    if bound:
        content = world.content(bound)
        return _follow(snapshot, content) if content else _report(snapshot, "VolumeSnapshotContent is missing", world)
    try:
        return _begin(snapshot, world)
    except _CannotError as error:
        return _report(snapshot, str(error), world)


def _begin(snapshot: Obj, world: SnapshotWorld) -> list[Action]:
    guard = _guard(snapshot)
    existing = snapshot["spec"]["source"].get("volumeSnapshotContentName")
    if existing:
        return [*guard, *_take_existing(snapshot, existing, world)]
    content = world.content(content_name(snapshot))
    if content is not None:
        return [*guard, _bind(snapshot, content)]
    storage_class, made = _new_content(snapshot, world)
    named = [] if snapshot["spec"].get("volumeSnapshotClassName") else [_name_class(snapshot, storage_class)]
    text = f"Waiting for a snapshot {namespace_of(snapshot)}/{name_of(snapshot)} to be created by the CSI driver."
    return [*guard, *named, Create(VOLUMESNAPSHOTCONTENTS, made), Say(snapshot, "Normal", "CreatingSnapshot", text)]


def _guard(snapshot: Obj) -> list[Action]:
    present = snapshot["metadata"].get("finalizers") or []
    if BOUND_SNAPSHOT in present:
        return []
    return [Write(VOLUMESNAPSHOTS, snapshot, {"metadata": {"finalizers": [*present, BOUND_SNAPSHOT]}})]


def _take_existing(snapshot: Obj, name: str, world: SnapshotWorld) -> list[Action]:
    content = world.content(name)
    if content is None:
        raise _CannotError(f"VolumeSnapshotContent {name} is not there")
    reference = content["spec"]["volumeSnapshotRef"]
    same = (reference.get("namespace"), reference.get("name")) == (namespace_of(snapshot), name_of(snapshot))
    if not same or reference.get("uid") not in (None, "", uid_of(snapshot)):
        raise _CannotError(f"VolumeSnapshotContent {name} belongs to another VolumeSnapshot: see its volumeSnapshotRef")
    actions: list[Action] = []
    if reference.get("uid") != uid_of(snapshot):
        body = {"spec": {"volumeSnapshotRef": {"uid": uid_of(snapshot)}}}
        actions.append(Write(VOLUMESNAPSHOTCONTENTS, content, body))
    return [*actions, _bind(snapshot, content)]


def _bind(snapshot: Obj, content: Obj) -> Action:
    status = {"boundVolumeSnapshotContentName": name_of(content), "error": None, "readyToUse": False}
    return Write(VOLUMESNAPSHOTS, snapshot, {"status": status}, "status")


def _name_class(snapshot: Obj, storage_class: Obj) -> Action:
    return Write(VOLUMESNAPSHOTS, snapshot, {"spec": {"volumeSnapshotClassName": name_of(storage_class)}})


def _new_content(snapshot: Obj, world: SnapshotWorld) -> tuple[Obj, Obj]:
    """Return the snapshot class and the content to make."""
    wanted = snapshot["spec"]["source"]["persistentVolumeClaimName"]
    claim = world.claim(f"{namespace_of(snapshot)}/{wanted}")
    if claim is None:
        raise _CannotError(f"there is no claim {wanted} in namespace {namespace_of(snapshot)}")
    volume = world.volume(claim["spec"].get("volumeName") or "")
    if volume is None or not is_bound(claim, volume):
        raise _CannotError(f"claim {wanted} is not bound to a volume yet")
    csi = volume["spec"].get("csi") or {}
    storage_class = _class(snapshot, claim, csi.get("driver", ""), world)
    reference = {
        "apiVersion": VOLUMESNAPSHOTS.api_version,
        "kind": VOLUMESNAPSHOTS.kind,
        "namespace": namespace_of(snapshot),
        "name": name_of(snapshot),
        "uid": uid_of(snapshot),
    }
    spec = {
        "deletionPolicy": storage_class["deletionPolicy"],
        "driver": csi["driver"],
        "source": {"volumeHandle": csi["volumeHandle"]},
        "sourceVolumeMode": volume_mode(volume),
        "volumeSnapshotClassName": name_of(storage_class),
        "volumeSnapshotRef": reference,
    }
    made = {
        "apiVersion": VOLUMESNAPSHOTCONTENTS.api_version,
        "kind": VOLUMESNAPSHOTCONTENTS.kind,
        "metadata": {"name": content_name(snapshot)},
        "spec": spec,
    }
    return storage_class, made


def _class(snapshot: Obj, claim: Obj, driver: str, world: SnapshotWorld) -> Obj:
    """Return the snapshot class that the snapshot names, or the default one of the volume's driver."""
    able = [each for each in world.classes if each["driver"] == driver]
    if not able:
        can = ", ".join(sorted({name_of(each) for each in world.classes})) or "none"
        raise _CannotError(
            f"volumes of class {class_of(claim) or '(none)'} have no snapshots: use a storage class whose driver takes "
            f"them (snapshot classes: {can})"
        )
    wanted = snapshot["spec"].get("volumeSnapshotClassName")
    chosen = [
        c for c in able if name_of(c) == wanted or (not wanted and annotations_of(c).get(DEFAULT_ANNOTATION) == "true")
    ]
    if not chosen:
        names = ", ".join(sorted(name_of(each) for each in able))
        raise _CannotError(f"snapshot class {wanted or '(default)'} does not serve driver {driver}: use {names}")
    return chosen[0]


def _follow(snapshot: Obj, content: Obj) -> list[Action]:
    """Copy what the driver says to where users look."""
    told, status = content.get("status") or {}, snapshot.get("status") or {}
    wanted: dict[str, Any] = {"readyToUse": bool(told.get("readyToUse")), "error": told.get("error")}
    if told.get("creationTime"):
        moment = datetime.fromtimestamp(told["creationTime"] / _NANOSECONDS, UTC)
        wanted["creationTime"] = moment.strftime("%Y-%m-%dT%H:%M:%SZ")
    if told.get("restoreSize") is not None:
        wanted["restoreSize"] = size_text(int(told["restoreSize"]))
    if all(status.get(field) == value for field, value in wanted.items()):
        return []
    actions: list[Action] = [Write(VOLUMESNAPSHOTS, snapshot, {"status": wanted}, "status")]
    if wanted["readyToUse"] and not status.get("readyToUse"):
        actions.append(Say(snapshot, "Normal", "SnapshotReady", f"Snapshot {name_of(snapshot)} is ready to use."))
    return actions


def _report(snapshot: Obj, message: str, world: SnapshotWorld) -> list[Action]:
    """Say why there is no snapshot yet; the error's time stays while it is the same."""
    present = (snapshot.get("status") or {}).get("error") or {}
    if present.get("message") == message:
        return []
    error = {"message": message, "time": world.now.strftime("%Y-%m-%dT%H:%M:%SZ")}
    return [
        Write(VOLUMESNAPSHOTS, snapshot, {"status": {"readyToUse": False, "error": error}}, "status"),
        Say(snapshot, "Warning", "SnapshotContentCreationFailed", message),
    ]


def _leave(snapshot: Obj, content: Obj | None) -> list[Action]:
    """Plan the end of a snapshot: with policy Delete its content goes first."""
    mine = content is not None and content["spec"]["volumeSnapshotRef"].get("uid") == uid_of(snapshot)
    if content is not None and mine and content["spec"]["deletionPolicy"] == "Delete":
        return [] if is_deleting(content) else [Remove(VOLUMESNAPSHOTCONTENTS, content)]
    present = snapshot["metadata"].get("finalizers") or []
    if BOUND_SNAPSHOT not in present:
        return []
    left = [each for each in present if each != BOUND_SNAPSHOT]
    return [Write(VOLUMESNAPSHOTS, snapshot, {"metadata": {"finalizers": left}})]


def size_text(size_bytes: int) -> str:
    """Return a size as a quantity in the largest binary unit that divides it."""
    for suffix, step in _STEPS:
        if size_bytes and size_bytes % step == 0:
            return f"{size_bytes // step}{suffix}"
    return str(size_bytes)


def reference_key(content: Mapping[str, Any]) -> str:
    """Return the key of the snapshot that a content belongs to."""
    reference = content["spec"].get("volumeSnapshotRef") or {}
    return f"{reference.get('namespace', '')}/{reference.get('name', '')}"
