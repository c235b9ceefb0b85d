"""The annotation's check and its translation."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from bouvier.kinds.podspec.runoptions.native import PREFIX, native_of
from bouvier.kinds.podspec.runoptions.option import Place
from bouvier.kinds.podspec.runoptions.page import page
from bouvier.kinds.podspec.runoptions.validation import validate_options

SPEC = {"containers": [{"name": "web"}]}


def errors(text: str, container: str = "web") -> list[str]:
    return [str(error) for error in validate_options("metadata.annotations", {PREFIX + container: text}, SPEC)]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"colour": "red"}, "no option that stands here"),
        ({"pids-limit": "many"}, "must be a whole number"),
        ({"pids-limit": True}, "must be a whole number"),
        ({"ulimit": "nofile=1"}, "must be a list of texts"),
        ({"ulimit": ["nofile=many"]}, "expected a number"),
        ({"device": ["a:b:c:d"]}, "expected /dev/X"),
        ({"memory-swap": "lots"}, "expected a size"),
    ],
)
def test_bad_options_are_refused_with_their_path(options: dict[str, Any], words: str) -> None:
    """The error names annotation, option and what was expected."""
    (error,) = errors(json.dumps(options))
    assert error.startswith(f"metadata.annotations[{PREFIX}web].{next(iter(options))}: Invalid value")
    assert words in error


def test_the_annotation_is_an_object_for_a_container_of_the_pod() -> None:
    """Broken JSON and unknown containers are refused; a right one is taken."""
    assert "must be a JSON object" in errors("[1")[0]
    assert "no container of that name" in errors("{}", "db")[0]
    assert errors('{"pids-limit": 9}') == []


def test_options_become_the_engines_configuration() -> None:
    """Each goes to the key that the table names, the sandbox's to the sandbox."""
    options = {"ulimit": ["nofile=1:2"], "domainname": "x.y", "stop-signal": "INT", "restart": "on-failure:1"}
    assert native_of(options) == {
        "HostConfig": {"Ulimits": [{"Name": "nofile", "Soft": 1, "Hard": 2}]},
        "StopSignal": "INT",
    }
    assert native_of(options, Place.SANDBOX) == {"Domainname": "x.y"}


def test_the_documentation_is_up_to_date() -> None:
    """docs/run-options.md is what the table says."""
    assert Path("docs/run-options.md").read_text() == page()
