"""The options of `bouvier run` against those of `docker run`."""

import re
import shutil
import subprocess

import pytest
from click.testing import CliRunner

from bouvier.cli.commands.run import command
from bouvier.cli.errors import CommandError
from bouvier.kinds.podspec.runoptions.table import OPTIONS


def options_of_docker() -> list[str]:
    """Return every long option of the installed client but --help."""
    if not shutil.which("docker"):
        pytest.skip("no docker client on this host")
    text = subprocess.run(["docker", "run", "--help"], capture_output=True, text=True, check=True).stdout
    return sorted(set(re.findall(r"^ +(?:-\w, )?--([a-z0-9-]+)", text, re.MULTILINE)) - {"help"})


DOCKER_SHORT = {"a", "c", "d", "e", "h", "i", "l", "m", "p", "P", "q", "t", "u", "v", "w"}


def test_every_option_of_docker_run_is_known() -> None:
    """None of docker's options, long or short, looks like a typing error."""
    known = {name for parameter in command.params for name in (*parameter.opts, *parameter.secondary_opts)}

    assert [name for name in options_of_docker() if f"--{name}" not in known or name not in OPTIONS] == []
    assert {f"-{letter}" for letter in DOCKER_SHORT} <= known


def test_the_help_names_every_option() -> None:
    """What is refused is in the help too, with the reason."""
    text = CliRunner().invoke(command, ["--help"]).output

    assert [name for name in options_of_docker() if f"--{name}" not in text] == []
    assert "Known and refused" in text


@pytest.mark.parametrize("words", [["--ip", "10.0.0.9"], ["--mac-address=02:00:00:00:00:01"]])
def test_what_is_not_supported_is_refused_with_the_way_out(words: list[str]) -> None:
    """A refused option ends the command before anything is created."""
    result = CliRunner().invoke(command, [*words, "bouvier/sample:1"])

    assert isinstance(result.exception, CommandError)
    assert "is not supported: " in result.exception.what
    assert result.exception.exit_code == 2
