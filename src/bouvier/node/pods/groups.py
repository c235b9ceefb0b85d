"""Control groups of pods: their weights, and their removal.

Engines make the groups that a container names as its parents, but give them no weight and leave them behind. Weights
matter only while processors are short: pods then share by their requests, and best-effort pods get what is left. With
the `systemd` driver slices are systemd's business; then no folder is found and nothing happens.
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

MOUNT = Path("/sys/fs/cgroup")
_CLASSES = ("", "burstable", "besteffort")
_LEAST_SHARES = 2
_MOST_SHARES = 262_144


def weigh(group: str, shares: int, mount: Path = MOUNT) -> None:
    """Give a group its weight, counted as cgroup v1 does: 1024 is one core's worth."""
    shares = min(_MOST_SHARES, max(_LEAST_SHARES, shares))
    path = group.strip("/")
    with suppress(OSError):
        if _is_second_version(mount):
            (mount / path / "cpu.weight").write_text(str(_weight(shares)))
        else:
            (mount / "cpu" / path / "cpu.shares").write_text(str(shares))


def weigh_classes(root: str, burstable_shares: int, mount: Path = MOUNT) -> None:
    """Give the groups of the QoS classes their weights: what burstable pods request together; next to nothing."""
    weigh(f"{root}/pods/burstable", burstable_shares, mount)
    weigh(f"{root}/pods/besteffort", _LEAST_SHARES, mount)


def remove_pod(root: str, uid: str, mount: Path = MOUNT) -> None:
    """Remove the empty groups of a pod in every hierarchy."""
    for hierarchy in _hierarchies(mount):
        for quality in _CLASSES:
            with suppress(OSError):
                (hierarchy / root.strip("/") / "pods" / quality / f"pod{uid}").rmdir()


def _weight(shares: int) -> int:
    """Return the v2 weight (1 to 10000) of v1 shares (2 to 262144), on the scale that engines use."""
    return 1 + (shares - _LEAST_SHARES) * 9999 // (_MOST_SHARES - _LEAST_SHARES)


def _is_second_version(mount: Path) -> bool:
    return (mount / "cgroup.controllers").exists()


def _hierarchies(mount: Path) -> list[Path]:
    if _is_second_version(mount):
        return [mount]
    return [path for path in mount.iterdir() if path.is_dir() and not path.is_symlink()]
