"""Archives of sources: nothing of Git's, nothing from outside."""

import os
import tarfile
from pathlib import Path

import pytest

from bouvier.builds.sources.context import SourceError, inside, unpack, write_archive


def test_an_archive_holds_the_files_and_what_is_put_over_them(tmp_path: Path) -> None:
    """Git's own files stay out, links are kept as links, and a replaced file is there once."""
    source = tmp_path / "source"
    (source / ".git").mkdir(parents=True)
    (source / "a").write_text("a")
    (source / "Dockerfile").write_text("old")
    (source / "link").symlink_to("/etc/passwd")
    os.mkfifo(source / "pipe")
    write_archive(source, tmp_path / "c.tar", extra={"Dockerfile": b"new"})
    with tarfile.open(tmp_path / "c.tar") as tar:
        assert sorted(tar.getnames()) == ["Dockerfile", "a", "link"]
        assert tar.extractfile("Dockerfile").read() == b"new"  # type: ignore[union-attr]
        assert tar.getmember("link").issym()
        assert {entry.uid for entry in tar} == {0}


def test_an_upload_cannot_leave_its_folder(tmp_path: Path) -> None:
    """An archive with a way out is refused, and so is what is no archive."""
    with tarfile.open(tmp_path / "evil.tar", "w") as tar:
        entry = tarfile.TarInfo("../out")
        tar.addfile(entry)
    with pytest.raises(SourceError, match="cannot be unpacked"):
        unpack(tmp_path / "evil.tar", tmp_path / "x")
    (tmp_path / "text").write_text("no archive")
    with pytest.raises(SourceError, match="cannot be unpacked"):
        unpack(tmp_path / "text", tmp_path / "x")


def test_a_context_folder_stays_inside(tmp_path: Path) -> None:
    """Links that lead out are as good as not there."""
    (tmp_path / "source" / "web").mkdir(parents=True)
    (tmp_path / "source" / "out").symlink_to("/etc")
    assert inside(tmp_path / "source", "/web").name == "web"
    for name in ("out", "gone", "../source"):
        with pytest.raises(SourceError, match="the source has no"):
            inside(tmp_path / "source" / "web", name)
