"""Writing a set of files so that readers see either all old or all new ones.

The files lie in a folder named by time; `..data` points to it, and each visible name points through `..data`. Renaming a
new `..data` over the old one is the single step by which readers change over. The layout is the kubelet's, and programs
that watch for `..data` rely on it.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from bouvier.node.volumes.contents import File

_DATA = "..data"
_NEW = "..data_tmp"
_GROUP_BITS = 0o440
_FOLDER_MODE = 0o755


def write_files(folder: Path, files: Mapping[str, File], group: int | None = None) -> bool:
    """Make the folder show exactly these files; tell whether anything changed.

    `group` owns the files and may read them (the pod's fsGroup).
    """
    old = _present(folder)
    if old is not None and _same(old, files, group):
        return False
    fresh = _write_fresh(folder, files, group)
    (folder / _NEW).unlink(missing_ok=True)
    (folder / _NEW).symlink_to(fresh.name)
    (folder / _NEW).rename(folder / _DATA)
    _link_names(folder, {path.split("/")[0] for path in files})
    if old is not None:
        shutil.rmtree(old, ignore_errors=True)
    return True


def _present(folder: Path) -> Path | None:
    try:
        return folder / (folder / _DATA).readlink()
    except OSError:
        return None


def _same(old: Path, files: Mapping[str, File], group: int | None) -> bool:
    found = {str(path.relative_to(old)) for path in old.rglob("*") if path.is_file()}
    return found == files.keys() and all(_is_file(old / path, file, group) for path, file in files.items())


def _is_file(path: Path, file: File, group: int | None) -> bool:
    state = path.stat()
    same_owner = (state.st_uid, state.st_gid) == (file.owner or 0, _group(file, group) or 0)
    return same_owner and state.st_mode & 0o7777 == _mode(file, group) and path.read_bytes() == file.data


def _group(file: File, group: int | None) -> int | None:
    return file.group if group is None else group


def _mode(file: File, group: int | None) -> int:
    return file.mode if group is None else file.mode | _GROUP_BITS


def _write_fresh(folder: Path, files: Mapping[str, File], group: int | None) -> Path:
    prefix = datetime.now(UTC).strftime("..%Y_%m_%d_%H_%M_%S.")
    fresh = Path(tempfile.mkdtemp(prefix=prefix, dir=folder))
    fresh.chmod(_FOLDER_MODE)
    for name, file in files.items():
        path = fresh / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(file.data)
        path.chmod(_mode(file, group))
        gid = _group(file, group)
        if gid is not None or file.owner is not None:
            os.chown(path, -1 if file.owner is None else file.owner, -1 if gid is None else gid)
    return fresh


def _link_names(folder: Path, names: set[str]) -> None:
    for entry in folder.iterdir():
        if not entry.name.startswith("..") and entry.name not in names:
            entry.unlink()
    for name in names:
        if not (folder / name).is_symlink():
            (folder / name).symlink_to(f"{_DATA}/{name}")
