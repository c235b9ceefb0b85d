"""What a new claim is to be filled from, and on which host that lies (pure).

Handles of volumes and snapshots of the platform's own drivers read `HOST/NAME`.
Source: https://kubernetes.io/docs/concepts/storage/persistent-volumes/#volume-populators-and-data-sources
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from bouvier.kinds.volumes.questions import host_of
from bouvier.meta.objects import Obj, namespace_of

Find = Callable[[str], Obj | None]


class Sources(NamedTuple):
    """Looks objects up by key."""

    claim: Find
    volume: Find
    snapshot: Find
    content: Find


class DataSource(NamedTuple):
    """What a claim is to be filled from."""

    kind: str
    """`PersistentVolumeClaim` or `VolumeSnapshot`; anything else is not supported."""
    name: str


def data_source(claim: Obj) -> DataSource | None:
    """Return the source of a claim's first contents, None for an empty volume."""
    given = claim["spec"].get("dataSourceRef") or claim["spec"].get("dataSource")
    return DataSource(given.get("kind", ""), given.get("name", "")) if given else None


def handle_parts(handle: str) -> tuple[str, str]:
    """Return host and name of a handle."""
    host, _, name = handle.partition("/")
    return host, name


def snapshot_handle(content: Obj) -> str:
    """Return the handle of a snapshot that was taken, empty before that."""
    status, source = content.get("status") or {}, content["spec"].get("source") or {}
    return str(status.get("snapshotHandle") or source.get("snapshotHandle") or "")


def content_of(snapshot: Obj, find: Find) -> Obj | None:
    """Return the content that a snapshot is bound to."""
    name = (snapshot.get("status") or {}).get("boundVolumeSnapshotContentName")
    return find(name) if name else None


def host_of_source(claim: Obj, sources: Sources) -> str:
    """Return the host that the claim's contents come from; empty for an empty volume or an unknown source."""
    source = data_source(claim)
    if source is None:
        return ""
    key = f"{namespace_of(claim)}/{source.name}"
    if source.kind == "PersistentVolumeClaim":
        found = sources.claim(key)
        volume = sources.volume(found["spec"].get("volumeName") or "") if found else None
        return host_of(volume) if volume else ""
    snapshot = sources.snapshot(key)
    content = content_of(snapshot, sources.content) if snapshot else None
    return handle_parts(snapshot_handle(content))[0] if content else ""
