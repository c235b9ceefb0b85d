"""Control groups of pods: engines remove a container's own group, but leave its parents.

With the `systemd` driver slices vanish by themselves; then nothing is found here.
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

MOUNT = Path("/sys/fs/cgroup")
_CLASSES = ("", "burstable", "besteffort")


def remove_pod(root: str, uid: str, mount: Path = MOUNT) -> None:
    """Remove the empty groups of a pod in every hierarchy."""
    for hierarchy in (mount, *_hierarchies(mount)):
        for quality in _CLASSES:
            with suppress(OSError):
                (hierarchy / root.strip("/") / "pods" / quality / f"pod{uid}").rmdir()


def _hierarchies(mount: Path) -> list[Path]:
    """Return the hierarchies of cgroup v1; none with v2, where the mount itself is the hierarchy."""
    if (mount / "cgroup.controllers").exists():
        return []
    return [path for path in mount.iterdir() if path.is_dir() and not path.is_symlink()]
