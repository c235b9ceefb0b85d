"""The mounts of a container.

A `subPath` is resolved here, symbolic links included, and must stay inside its volume. The check happens before the
engine mounts the result: a container that swaps a folder for a link in between could still win that race.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from bouvier.engine.specs import Mount, MountKind, Propagation
from bouvier.meta.objects import Obj
from bouvier.node.pods.environment import ConfigError
from bouvier.node.pods.expansion import expand

_PROPAGATIONS = {
    "None": Propagation.PRIVATE,
    "HostToContainer": Propagation.HOST_TO_CONTAINER,
    "Bidirectional": Propagation.BIDIRECTIONAL,
}
_FOLDER_MODE = 0o755


@dataclass(frozen=True, slots=True)
class PreparedVolume:
    """A volume that can be mounted."""

    source: str
    """A path of the host, or the name of an engine's volume."""
    kind: MountKind = MountKind.PATH
    read_only: bool = False
    takes_group: bool = False
    """Whether the pod's `fsGroup` is to own the files."""
    lasts: bool = False
    """Whether an engine's volume outlives the pod, so that the sandbox need not hold it."""


def mounts_of(container: Obj, volumes: Mapping[str, PreparedVolume], environment: Mapping[str, str]) -> list[Mount]:
    """Return the mounts that `volumeMounts` ask for.

    Raises:
        ConfigError: a volume is missing, or a sub path cannot be used.
    """
    return [_mount(entry, volumes, environment) for entry in container.get("volumeMounts") or ()]


def _mount(entry: Obj, volumes: Mapping[str, PreparedVolume], environment: Mapping[str, str]) -> Mount:
    volume = volumes.get(entry["name"])
    if volume is None:
        raise ConfigError(f'volumeMounts: there is no volume "{entry["name"]}" in the pod')
    return Mount(
        target=entry["mountPath"],
        source=_source(entry, volume, environment),
        kind=volume.kind,
        read_only=volume.read_only or bool(entry.get("readOnly")),
        propagation=_PROPAGATIONS[entry.get("mountPropagation") or "None"],
    )


def _source(entry: Obj, volume: PreparedVolume, environment: Mapping[str, str]) -> str:
    sub_path = entry.get("subPath") or ""
    if expression := entry.get("subPathExpr"):
        sub_path = expand(expression, environment)
        if "$(" in sub_path:
            raise ConfigError(f'subPathExpr "{expression}": missing value for a variable in it')
    if not sub_path:
        return volume.source
    if volume.kind is not MountKind.PATH:
        raise ConfigError(
            f'subPath "{sub_path}" of volume "{entry["name"]}": not possible with medium Memory or a volume plugin'
        )
    return str(resolve_inside(Path(volume.source), sub_path))


def resolve_inside(root: Path, sub_path: str) -> Path:
    """Return the real path of `sub_path`, made as a folder when it is missing.

    Raises:
        ConfigError: it leads out of the volume.
    """
    parts = Path(sub_path).parts
    if Path(sub_path).is_absolute() or ".." in parts:
        raise ConfigError(f'subPath "{sub_path}" must be relative and must not contain ".."')
    real_root = root.resolve()
    target = (real_root / sub_path).resolve()
    if not target.is_relative_to(real_root):
        raise ConfigError(f'subPath "{sub_path}" leads out of its volume')
    if not target.exists():
        target.mkdir(parents=True, mode=_FOLDER_MODE)
    return target
