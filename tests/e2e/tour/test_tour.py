"""The tour of the documentation, typed as it is printed."""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.e2e.platform.conftest import free_port

ROOT = Path(__file__).parents[3]
PAGE = ROOT / "docs" / "tour.md"
COMMANDS = 20
COMMAND_SECONDS = 180
_BLOCK = re.compile(r"```console\n(.*?)```", re.DOTALL)


class Step(NamedTuple):
    command: str
    answers: list[str]
    """Parts of what it must print."""


def steps() -> list[Step]:
    found = []
    for block in _BLOCK.findall(PAGE.read_text()):
        command, *answers = block.strip().splitlines()
        found.append(Step(command.removeprefix("$ "), answers))
    return found


class Visitor:
    """Somebody with a shell; only ports differ from the page, because others may be busy on this machine."""

    def __init__(self, folder: Path) -> None:
        self.data, commands = folder / "d", folder / "bin"
        commands.mkdir()
        program = commands / "bouvier"
        program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m bouvier "$@"\n')
        program.chmod(0o755)
        self._port, self._http, self._https = free_port(), free_port(), free_port()
        search = os.pathsep.join([str(ROOT / "src"), os.environ.get("PYTHONPATH", "")])
        self._environment = os.environ | {
            "PATH": f"{commands}:{os.environ['PATH']}",
            "PYTHONPATH": search,
            "BOUVIER_DATA_DIR": str(self.data),
            "KUBECONFIG": str(self.data / "kubeconfig"),
        }

    def type(self, command: str) -> subprocess.CompletedProcess[str]:
        ports = f"--port {self._port} --http-port {self._http} --https-port {self._https}"
        command = command.replace("up --detach", f"up --detach {ports}")
        command = command.replace(".localhost/", f".localhost:{self._http}/")
        return subprocess.run(
            ["sh", "-c", command],
            cwd=ROOT,
            env=self._environment,
            capture_output=True,
            text=True,
            timeout=COMMAND_SECONDS,
            check=False,
        )


@pytest.fixture
def visitor() -> Iterator[Visitor]:
    if os.geteuid() != 0 or shutil.which("dockerd") is None:
        pytest.skip("needs root and a Docker Engine")
    with tempfile.TemporaryDirectory(prefix="bv") as folder:
        made = Visitor(Path(folder))
        try:
            yield made
        finally:
            if made.data.exists():
                made.type("bouvier down --purge")


def test_every_command_of_the_tour(visitor: Visitor) -> None:
    """Each of the twenty succeeds and prints what the page shows; at the end nothing is left."""
    assert len(steps()) == COMMANDS
    for step in steps():
        done = visitor.type(step.command)
        said = done.stdout + done.stderr
        assert done.returncode == 0, f"{step.command}: {said}"
        for answer in step.answers:
            assert answer in said, step.command
    assert not visitor.data.exists()
