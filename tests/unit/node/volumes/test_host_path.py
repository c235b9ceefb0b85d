"""Types of host paths."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from bouvier.node.pods.environment import ConfigError
from bouvier.node.volumes.host_path import prepare


def test_what_is_made(tmp_path: Path) -> None:
    """Folders and files are made where the type says so."""
    prepare(str(tmp_path / "a" / "b"), "DirectoryOrCreate")
    assert (tmp_path / "a" / "b").is_dir()
    prepare(str(tmp_path / "f"), "FileOrCreate")
    assert (tmp_path / "f").is_file()
    prepare(str(tmp_path / "plain"), "")
    assert (tmp_path / "plain").is_dir()


@pytest.mark.parametrize("kind", ["Directory", "File", "Socket", "CharDevice", "BlockDevice"])
def test_what_is_checked(tmp_path: Path, kind: str) -> None:
    """A path of another type is refused with its name."""
    (tmp_path / "d").mkdir()
    (tmp_path / "f").touch()
    wrong = tmp_path / ("f" if kind == "Directory" else "d")
    with pytest.raises(ConfigError, match=str(wrong)):
        prepare(str(wrong), kind)


def test_the_right_types_pass(tmp_path: Path) -> None:
    """What is as it should be is left alone."""
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(tmp_path / "s"))
        prepare(str(tmp_path / "s"), "Socket")
    prepare("/dev/null", "CharDevice")
    prepare(str(tmp_path), "Directory")


def test_a_file_without_its_folder(tmp_path: Path) -> None:
    """The way out is in the text."""
    with pytest.raises(ConfigError, match="make its folder first"):
        prepare(str(tmp_path / "none" / "f"), "FileOrCreate")
