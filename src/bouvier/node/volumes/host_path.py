"""Checking (and where asked, making) a path of the host before it is mounted.

Source: https://kubernetes.io/docs/concepts/storage/volumes/#hostpath-volume-types
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from bouvier.node.pods.environment import ConfigError

_CHECKS: dict[str, tuple[Callable[[Path], bool], str]] = {
    "Directory": (Path.is_dir, "a directory"),
    "DirectoryOrCreate": (Path.is_dir, "a directory"),
    "File": (Path.is_file, "a file"),
    "FileOrCreate": (Path.is_file, "a file"),
    "Socket": (Path.is_socket, "a socket"),
    "CharDevice": (Path.is_char_device, "a character device"),
    "BlockDevice": (Path.is_block_device, "a block device"),
}


def prepare(source: str, kind: str) -> None:
    """Make the path if its type says so and check what it is.

    Raises:
        ConfigError: the path is not of that type.
    """
    path = Path(source)
    if kind in {"", "DirectoryOrCreate"} and not path.exists():
        path.mkdir(parents=True, mode=0o755)
    elif kind == "FileOrCreate" and not path.exists():
        _create_file(path)
    if kind == "":
        return
    if kind not in _CHECKS:
        raise ConfigError(f"hostPath type {kind} is unknown: use one of {', '.join(_CHECKS)}")
    check, shown = _CHECKS[kind]
    if not check(path):
        raise ConfigError(f"hostPath type check failed: {source} is not {shown}")


def _create_file(path: Path) -> None:
    try:
        path.touch(mode=0o644)
    except OSError as error:
        raise ConfigError(f"hostPath: cannot create {path}: {error.strerror}; make its folder first") from error
