"""`fsGroup`: giving a volume's files to the pod's group, as the kubelet does.

Source: https://kubernetes.io/docs/tasks/configure-pod-container/security-context/ (fsGroup, fsGroupChangePolicy)
"""

from __future__ import annotations

import os
import stat
from pathlib import Path

from bouvier.meta.objects import Obj

_FILE_BITS = stat.S_IRUSR | stat.S_IWUSR | stat.S_IRGRP | stat.S_IWGRP
_FOLDER_BITS = _FILE_BITS | stat.S_ISGID | stat.S_IXUSR | stat.S_IXGRP
_READ_ONLY_BITS = stat.S_IRUSR | stat.S_IRGRP
ON_ROOT_MISMATCH = "OnRootMismatch"


def group_of(pod: Obj) -> int | None:
    """Return the group that owns a pod's volumes."""
    group = (pod["spec"].get("securityContext") or {}).get("fsGroup")
    return None if group is None else int(group)


def give(root: Path, pod: Obj, *, read_only: bool) -> None:
    """Make everything below the folder readable and writable for the pod's group, if it has one.

    Blocking; large trees take as long as reading them.
    """
    group = group_of(pod)
    if group is None:
        return
    policy = (pod["spec"].get("securityContext") or {}).get("fsGroupChangePolicy")
    if policy == ON_ROOT_MISMATCH and _is_given(root, group):
        return
    for folder, _, files in os.walk(root, topdown=False):
        for name in files:
            _give_one(Path(folder, name), group, _READ_ONLY_BITS if read_only else _FILE_BITS)
        _give_one(Path(folder), group, _FOLDER_BITS)


def _is_given(root: Path, group: int) -> bool:
    state = root.stat()
    return state.st_gid == group and state.st_mode & _FOLDER_BITS == _FOLDER_BITS


def _give_one(path: Path, group: int, bits: int) -> None:
    state = path.lstat()
    if stat.S_ISLNK(state.st_mode):
        os.lchown(path, -1, group)
        return
    if state.st_gid != group:
        os.chown(path, -1, group)
    if state.st_mode & bits != bits:
        path.chmod(stat.S_IMODE(state.st_mode) | bits)
