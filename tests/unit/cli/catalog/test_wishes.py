"""What users type, as values and sources."""

from pathlib import Path
from typing import Any

import pytest

from bouvier.catalog.entries import CHART, COMPOSE
from bouvier.catalog.releases.revisions import Revision
from bouvier.cli.catalog.choosing import catalog_source, previous_revision
from bouvier.cli.catalog.remote import source_of
from bouvier.cli.catalog.wishes import Given, values_of
from bouvier.cli.errors import CommandError


def write(folder: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


def test_values_lie_over_each_other(tmp_path: Path) -> None:
    """What the release has, then files in their order, then assignments, texts and files' texts."""
    write(tmp_path, {"a.yaml": "a: {x: 1, y: 1.5}\nb: yes\n", "b.yaml": "a: {x: 2}\n", "text": "one\ntwo\n"})
    given = Given(["c=3"], ["d=3"], [f"e={tmp_path / 'text'}"], [tmp_path / "a.yaml", tmp_path / "b.yaml"])
    assert values_of(given, {"a": {"z": 0}, "b": False}, CHART) == {
        "a": {"x": 2, "y": 1.5, "z": 0},
        "b": True,
        "c": 3,
        "d": "3",
        "e": "one\ntwo\n",
    }


def test_answers_stay_texts(tmp_path: Path) -> None:
    """Of a compose template: nothing in an answer is special."""
    write(tmp_path, {"answers.yaml": "N: 1.10\nON: yes\n"})
    given = Given(["A=1,b.c={x}", "B="], [], [], [tmp_path / "answers.yaml"])
    assert values_of(given, {}, COMPOSE) == {"A": "1,b.c={x}", "B": "", "N": "1.10", "ON": "yes"}


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (Given(["a"]), "--set a: expected KEY=VALUE"),
        (Given([], [], ["a"]), "--set-file a: expected KEY=FILE"),
        (Given([], [], ["a=/no/such/file"]), "--set-file a=/no/such/file: No such file or directory"),
        (Given([], [], [], [Path("/no/such/file")]), "/no/such/file: No such file or directory"),
    ],
)
def test_what_is_malformed_is_shown(given: Given, said: str) -> None:
    """With the option that it was given by."""
    with pytest.raises(CommandError, match=said):
        values_of(given, {}, CHART)


def test_a_broken_file_of_values(tmp_path: Path) -> None:
    """File, line and column."""
    write(tmp_path, {"bad.yaml": "a: [1\nb: 2\n", "list.yaml": "- a\n"})
    with pytest.raises(CommandError, match=r"bad\.yaml: line 2, column 2"):
        values_of(Given([], [], [], [tmp_path / "bad.yaml"]), {}, CHART)
    with pytest.raises(CommandError, match="expected a mapping of values"):
        values_of(Given([], [], [], [tmp_path / "list.yaml"]), {}, CHART)


async def test_what_is_to_be_installed(tmp_path: Path) -> None:
    """An entry, or a chart's folder; anything else is told what is expected."""
    assert await source_of("farm/web", version="1.0") == {"catalog": "farm", "entry": "web", "version": "1.0"}
    write(tmp_path, {"Chart.yaml": "apiVersion: v2\nname: x\nversion: 1.0.0\n"})
    assert list(await source_of(str(tmp_path))) == ["archive"]
    for text, said in (
        ("web", "expected CATALOG/ENTRY"),
        (str(tmp_path / "none"), "No such file"),
        ("oci://x/y", "OCI registries are not supported"),
        ("ftp://x/y.tgz", "only http and https"),
    ):
        with pytest.raises(CommandError, match=said):
            await source_of(text)


async def test_where_a_catalog_comes_from(tmp_path: Path) -> None:
    """A folder is read as it stands, with a branch by Git; a bare repository always."""
    bare = write(tmp_path / "bare", {"HEAD": "", "objects/x": ""})
    expected: list[tuple[tuple[str, str, str], dict[str, Any]]] = [
        (("builtin", "", ""), {"builtin": True}),
        ((str(tmp_path), "", ""), {"folder": str(tmp_path)}),
        ((str(tmp_path), "main", "charts"), {"git": {"url": str(tmp_path), "branch": "main", "path": "charts"}}),
        ((str(bare), "", ""), {"git": {"url": str(bare)}}),
        (("git@host.example:a/b.git", "", ""), {"git": {"url": "git@host.example:a/b.git"}}),
    ]
    for words, source in expected:
        assert await catalog_source(*words) == source
    with pytest.raises(CommandError, match="there is no such folder"):
        await catalog_source("nowhere", "", "")


def test_where_to_go_back_to() -> None:
    """Before the present, or to the present when a newer one failed."""

    def made(*statuses: str) -> list[Revision]:
        return [Revision("r", "n", number, status) for number, status in enumerate(statuses, 1)]

    assert previous_revision(made("superseded", "superseded", "deployed"), None, "r").number == 2
    assert previous_revision(made("superseded", "deployed", "failed"), None, "r").number == 2
    assert previous_revision(made("superseded", "deployed"), 1, "r").number == 1
    with pytest.raises(CommandError, match="no earlier revision"):
        previous_revision(made("deployed"), None, "r")
    with pytest.raises(CommandError, match="no revision 7"):
        previous_revision(made("deployed"), 7, "r")
