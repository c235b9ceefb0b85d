"""Supervision of real processes: order, restart, stop, and what a client of the control socket sees."""

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

PROGRAM = """
import sys
from bouvier.daemons.control import ControlServer
from bouvier.daemons.forking import fork_daemon
from bouvier.daemons.service import Service
from bouvier.daemons.settings import Options, prepare_platform, settings_for
from bouvier.daemons.supervisor import Supervisor, handlers
from bouvier.util.places import open_places

modules, data, *names = sys.argv[1:]
sys.path.insert(0, modules)
places = open_places(data)
settings = settings_for(places, prepare_platform(places, Options()), places.private_engine_socket)
services = [
    Service(name, lambda name=name: fork_daemon(name, settings), needs=tuple(names[:i]))
    for i, name in enumerate(names)
]
supervisor = Supervisor(services, lambda line: print(line, flush=True))
control = ControlServer(places.supervisor_socket, handlers(supervisor, dict))
supervisor.attach_control(control)
supervisor.begin()
supervisor.run()
control.close()
"""

STEADY = """
import signal
from bouvier.daemons.readiness import announce_ready
def note(settings, what):
    with open(settings.data_dir / "order", "a") as order:
        order.write(__name__ + " " + what + "\\n")
def main(settings):
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])  # one that comes early waits
    note(settings, "up")
    announce_ready()
    signal.sigwait([signal.SIGTERM])
    note(settings, "down")
    return 0
"""

DEADLINE_SECONDS = 60.0


def until(look: Callable[[], Any]) -> Any:
    """Return the first true answer of `look`, failing when there is none in time."""
    deadline = time.monotonic() + DEADLINE_SECONDS
    while time.monotonic() < deadline:
        answer = look()
        if answer:
            return answer
        time.sleep(0.01)
    raise AssertionError("not in time")


class Running:
    """A supervisor in a process of its own, with daemons written for the test."""

    def __init__(self, folder: Path, **daemons: str) -> None:
        modules = folder / "modules"
        modules.mkdir()
        for name, text in daemons.items():
            (modules / f"{name}.py").write_text(text)
        self.data = folder / "data"
        self._command = [sys.executable, "-c", PROGRAM, str(modules), str(self.data), *daemons]
        self.start()

    def start(self) -> None:
        environment = os.environ | {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
        self.process = subprocess.Popen(self._command, env=environment, stdout=subprocess.DEVNULL)

    def ask(self, op: str) -> dict[str, Any]:
        with socket.socket(socket.AF_UNIX) as client:
            try:
                client.connect(str(self.data / "run" / "supervisor.sock"))
            except OSError:
                return {}
            client.sendall(json.dumps({"op": op}).encode() + b"\n")
            return json.loads(client.makefile().readline() or "{}")

    def pid_of(self, name: str) -> int:
        return next((p["pid"] for p in self.ask("status").get("processes", []) if p["name"] == name), 0)

    def is_ready(self) -> bool:
        return bool(self.ask("status").get("ready"))

    def end(self) -> None:
        self.process.kill()
        self.process.wait()


@pytest.fixture
def run() -> Iterator[Callable[..., Running]]:
    started: list[Running] = []
    # Not tmp_path: a parallel run makes that too long for the sockets below it.
    with tempfile.TemporaryDirectory(prefix="bv-") as folder:

        def start(**daemons: str) -> Running:
            started.append(Running(Path(folder), **daemons))
            return started[-1]

        yield start
        for running in started:
            running.end()


def is_gone(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


def test_starts_in_order_and_stops_in_reverse(run: Callable[..., Running]) -> None:
    """A daemon starts when those before it are ready; a stop takes them down last first."""
    platform = run(first=STEADY, second=STEADY)
    until(platform.is_ready)

    assert platform.ask("stop") == {"stopping": True}
    assert platform.process.wait(DEADLINE_SECONDS) == 0
    order = (platform.data / "order").read_text().split("\n")[:-1]
    assert order == ["first up", "second up", "second down", "first down"]
    assert not (platform.data / "run" / "supervisor.sock").exists()


def test_restarts_what_is_killed_and_leaves_the_others_alone(run: Callable[..., Running]) -> None:
    """After kill -9 of one daemon a new one serves, the other was not touched, and the status says what happened."""
    platform = run(first=STEADY, second=STEADY)
    until(platform.is_ready)
    killed, other = platform.pid_of("first"), platform.pid_of("second")
    os.kill(killed, signal.SIGKILL)

    until(lambda: platform.pid_of("first") not in (0, killed) and platform.is_ready())
    first = platform.ask("status")["processes"][0]
    assert (first["restarts"], first["lastEnd"]) == (1, "killed by signal 9")
    assert platform.pid_of("second") == other


def test_daemons_die_with_a_killed_supervisor_and_the_next_start_takes_over(run: Callable[..., Running]) -> None:
    """kill -9 of the supervisor leaves no daemon behind, and a new supervisor becomes ready in the same place."""
    platform = run(only=STEADY)
    until(platform.is_ready)
    orphan = platform.pid_of("only")
    platform.end()
    until(lambda: is_gone(orphan))

    platform.start()
    until(lambda: platform.is_ready() and platform.pid_of("only") != orphan)


def test_a_daemon_that_cannot_be_imported_says_why_in_its_log(run: Callable[..., Running]) -> None:
    """A broken daemon does not break the supervisor: it is tried again, and its log holds the reason."""
    platform = run(steady=STEADY, broken="import no_such_module\n")

    until(lambda: next((p for p in platform.ask("status").get("processes", []) if p["restarts"] > 1), None))
    assert "no_such_module" in (platform.data / "log" / "broken.log").read_text()
    assert not platform.is_ready()


def test_a_request_that_is_no_operation_is_answered_with_the_known_ones(run: Callable[..., Running]) -> None:
    """A wrong request on the control socket gets an error that names what is understood."""
    platform = run(only=STEADY)
    until(platform.is_ready)

    assert "status, stop" in platform.ask("dance")["error"]
