"""A platform of its own for a module's tests, driven only by the command."""

import fcntl
import json
import os
import pty
import select
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import termios
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

DEADLINE_SECONDS = 60.0
ROOT = Path(__file__).parents[3]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Platform:
    """A data directory and the commands that a user would type."""

    def __init__(self, folder: Path) -> None:
        self.data = folder / "d"
        self.port = free_port()
        search = os.pathsep.join([str(ROOT / "src"), os.environ.get("PYTHONPATH", "")])
        self._environment = os.environ | {"BOUVIER_DATA_DIR": str(self.data), "PYTHONPATH": search}

    def run(self, *words: str, code: int | None = 0) -> str:
        """Run a command and return its standard output; another exit code than `code` fails the test."""
        done = subprocess.run(
            [sys.executable, "-m", "bouvier", *words],
            env=self._environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert code is None or done.returncode == code, f"bouvier {' '.join(words)}: {done.stdout}{done.stderr}"
        return done.stdout + (done.stderr if code else "")

    def program(self, *words: str) -> str:
        """Run any program and return its standard output; failing fails the test."""
        done = subprocess.run(words, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{' '.join(words)}: {done.stdout}{done.stderr}"
        return done.stdout

    def type_in(self, *words: str, prompt: bytes, keys: bytes) -> tuple[str, int]:
        """Run a command on a terminal, type `keys` at the prompt, and return what was shown and the exit code."""
        pid, terminal = pty.fork()
        if pid == 0:
            os.execve(sys.executable, [sys.executable, "-m", "bouvier", *words], self._environment)
        fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        shown, deadline = b"", time.monotonic() + DEADLINE_SECONDS
        while time.monotonic() < deadline:
            if not select.select([terminal], [], [], 1.0)[0]:
                continue
            try:
                shown += os.read(terminal, 4096)
            except OSError:  # how a terminal tells that its last process is gone
                break
            if keys and prompt in shown:
                os.write(terminal, keys)
                keys = b""
        else:
            os.kill(pid, signal.SIGKILL)
        os.close(terminal)
        return shown.decode(errors="replace"), os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])

    def data_of(self, *words: str, code: int | None = 0) -> Any:
        return json.loads(self.run(*words, "-o", "json", code=code))

    def up(self, *more: str) -> None:
        ports = [str(self.port), str(free_port()), str(free_port())]
        options = () if self.data.exists() else ("--port", ports[0], "--http-port", ports[1], "--https-port", ports[2])
        self.run("up", "--detach", *options, *more)

    def pids(self) -> dict[str, int]:
        return {process["name"]: process["pid"] for process in self.data_of("status", code=None)["processes"]}

    def supervisor(self) -> int:
        return int((self.data / "run" / "supervisor.lock").read_text())


def until(look: Callable[[], Any], what: str = "condition") -> Any:
    """Return the first true answer, failing when there is none in time."""
    deadline = time.monotonic() + DEADLINE_SECONDS
    while time.monotonic() < deadline:
        answer = look()
        if answer:
            return answer
        time.sleep(0.05)
    raise AssertionError(f"not in time: {what}")


@pytest.fixture(scope="module")
def platform() -> Iterator[Platform]:
    """A running platform; purged at the end."""
    if os.geteuid() != 0 or shutil.which("dockerd") is None:
        pytest.skip("needs root and a Docker Engine")
    with tempfile.TemporaryDirectory(prefix="bv") as folder:
        made = Platform(Path(folder))
        try:
            made.up()
            made.run("images", "seed")
            yield made
        finally:
            made.run("down", "--purge", code=None)
