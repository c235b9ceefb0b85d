"""The console's files as HTTP answers."""

import gzip
from pathlib import Path

import pytest

from bouvier.console.files import ConsoleFiles


@pytest.fixture
def files(tmp_path: Path) -> ConsoleFiles:
    (tmp_path / "index.html").write_text("<title>page</title>")
    (tmp_path / "assets").mkdir()
    (tmp_path / "assets" / "app-1a2b.js").write_text("run()" * 100)
    (tmp_path / "assets" / "font.woff2").write_bytes(b"font")
    return ConsoleFiles(tmp_path)


def test_assets_are_kept_for_ever_and_the_page_is_not(files: ConsoleFiles) -> None:
    """Hashed assets never change; the page names them and must be asked for again."""
    assert "immutable" in files.find("/console/assets/app-1a2b.js").headers["Cache-Control"]
    assert files.find("/console/").headers["Cache-Control"] == "no-cache"


def test_every_address_of_the_application_is_the_page(files: ConsoleFiles) -> None:
    """The application's own router takes over behind the page; a missing file is missing."""
    assert files.find("/console/workloads").body == files.find("/console").body == b"<title>page</title>"
    assert files.find("/console/assets/gone.js").status == 404


def test_nothing_outside_the_folder_is_served(files: ConsoleFiles, tmp_path: Path) -> None:
    """Dots in a path lead nowhere."""
    (tmp_path.parent / "secret.txt").write_text("secret")
    assert files.find("/console/../secret.txt").status == 404


def test_text_is_compressed_for_those_who_take_it(files: ConsoleFiles) -> None:
    """Scripts travel compressed when the browser says so, fonts as they are."""
    plain = files.find("/console/assets/app-1a2b.js")
    packed = files.find("/console/assets/app-1a2b.js", "gzip, br")
    assert "Content-Encoding" not in plain.headers
    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.body) == plain.body
    assert "Content-Encoding" not in files.find("/console/assets/font.woff2", "gzip").headers


def test_the_page_may_run_its_own_scripts_only(files: ConsoleFiles) -> None:
    """The policy forbids everything from elsewhere, and being framed."""
    policy = files.find("/console/").headers["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "script-src" not in policy


def test_an_unbuilt_console_says_how_to_build_it(tmp_path: Path) -> None:
    """Without a build the answer names the command."""
    answer = ConsoleFiles(tmp_path / "nothing").find("/console/")
    assert answer.status == 503
    assert b"make install" in answer.body
