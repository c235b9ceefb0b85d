"""Replacing the files of a volume in one step."""

from __future__ import annotations

import tempfile
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from bouvier.node.volumes.atomic import write_files
from bouvier.node.volumes.contents import File

names = st.text("abc", min_size=1, max_size=3)
trees = st.dictionaries(names, st.binary(max_size=8), max_size=4)


def shown(folder: Path) -> dict[str, bytes]:
    """Return what a reader sees, hidden entries left out."""
    return {path.name: path.read_bytes() for path in folder.iterdir() if not path.name.startswith("..")}


@given(st.lists(trees, min_size=1, max_size=4))
def test_the_last_files_are_shown(sequence: list[dict[str, bytes]]) -> None:
    """After each write exactly those files are there, and no old data is left."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        before: dict[str, bytes] | None = None
        for tree in sequence:
            changed = write_files(folder, {path: File(data, 0o644) for path, data in tree.items()})
            assert changed is (tree != before)
            assert shown(folder) == tree
            before = tree
        assert len([path for path in folder.iterdir() if path.is_dir() and not path.is_symlink()]) == 1


def test_modes_and_folders(tmp_path: Path) -> None:
    """Files may lie in folders and have modes of their own; a changed mode counts as a change."""
    write_files(tmp_path, {"a/b": File(b"1", 0o400)})
    assert (tmp_path / "a" / "b").stat().st_mode & 0o777 == 0o400
    assert write_files(tmp_path, {"a/b": File(b"1", 0o600)})
    assert not write_files(tmp_path, {"a/b": File(b"1", 0o600)})


def test_a_reader_with_an_open_link_changes_over(tmp_path: Path) -> None:
    """The visible name is a link through `..data`, as programs that watch for changes expect."""
    write_files(tmp_path, {"k": File(b"old", 0o644)})
    assert (tmp_path / "k").readlink() == Path("..data/k")
    write_files(tmp_path, {"k": File(b"new", 0o644)})
    assert (tmp_path / "k").read_bytes() == b"new"
