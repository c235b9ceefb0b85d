"""A simulated Mesos on an engine of its own, in a network namespace of its own with two agents."""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
START_SECONDS = 60.0
_LAUNCH = (
    'if mountpoint -q /sys/fs/cgroup/unified; then umount /sys/fs/cgroup/unified; fi; hostname "$0"; '
    'exec nsenter --net="/run/netns/$0" dockerd "$@"'
)


@dataclass
class Mesos:
    """A running simulator, reached by its HTTP interfaces only."""

    name: str
    folder: Path
    subnet: int
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def engine(self) -> str:
        return f"unix://{self.folder}/s.sock"

    @property
    def address(self) -> str:
        """Return the address of master and first agent."""
        return f"10.213.{self.subnet}.2"

    @property
    def master(self) -> str:
        return f"http://{self.address}:5050"

    @property
    def standby(self) -> str:
        return f"http://{self.address}:5052"

    @property
    def marathon(self) -> str:
        return f"http://{self.address}:8080"

    def docker(self, *words: str) -> str:
        """Run the docker client against its engine."""
        done = subprocess.run(["docker", "-H", self.engine, *words], capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"docker {' '.join(words)}: {done.stderr}"
        return done.stdout

    def start_simulator(self) -> None:
        """Start master, agents and Marathon, and wait until they answer."""
        agents = [f"--agent=one={self.address}", f"--agent=two=10.213.{self.subnet}.3,rack=b"]
        command = [sys.executable, "-m", "tools.mesos_simulator", f"--engine={self.engine}", *agents]
        command += [f"--address={self.address}", "--standby-port=5052"]
        environment = os.environ | {"PYTHONPATH": str(ROOT / "src")}
        with (self.folder / "simulator.log").open("ab") as log:
            process = subprocess.Popen(
                ["ip", "netns", "exec", self.name, *command], cwd=ROOT, env=environment, stdout=log, stderr=log
            )
        self.processes.append(process)
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            assert process.poll() is None, (self.folder / "simulator.log").read_text()[-2000:]
            with contextlib.suppress(OSError), urllib.request.urlopen(f"{self.marathon}/ping", timeout=2):
                return
            time.sleep(0.1)
        raise TimeoutError("the simulator does not answer")

    def stop_simulator(self) -> None:
        """End it with all its containers."""
        process = self.processes.pop()
        process.terminate()
        process.wait(30)


def _run(*words: str) -> None:
    subprocess.run(words, check=True, capture_output=True)


def _free_subnet() -> int:
    """Return a third octet that no other world on this machine uses."""
    used = subprocess.run(["ip", "-4", "route"], capture_output=True, text=True, check=True).stdout
    return random.choice([number for number in range(100, 250) if f"10.213.{number}." not in used])


def _add_network(name: str, subnet: int) -> None:
    _run("ip", "netns", "add", name)
    _run("ip", "link", "add", name, "type", "veth", "peer", "name", "eth0", "netns", name)
    _run("ip", "addr", "add", f"10.213.{subnet}.1/29", "dev", name)
    _run("ip", "link", "set", name, "up")
    for last in (2, 3):
        _run("ip", "-n", name, "addr", "add", f"10.213.{subnet}.{last}/29", "dev", "eth0")
    for device in ("eth0", "lo"):
        _run("ip", "-n", name, "link", "set", device, "up")
    _run("ip", "netns", "exec", name, "sysctl", "-qw", "net.ipv4.ip_forward=1")


def _start_engine(made: Mesos) -> subprocess.Popen[bytes]:
    folder = made.folder
    options = ["--data-root", f"{folder}/data", "--exec-root", f"{folder}/exec", "-H", made.engine]
    options += ["--pidfile", f"{folder}/pid", "--bip", "172.29.71.1/24", "--cgroup-parent", f"/{made.name}"]
    launch = ["unshare", "--mount", "--uts", "--propagation", "private", "sh", "-c", _LAUNCH, made.name, *options]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(launch, stdout=log, stderr=log)
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        assert process.poll() is None, (folder / "log").read_text()[-2000:]
        done = subprocess.run(["docker", "-H", made.engine, "info"], check=False, capture_output=True)
        if done.returncode == 0:
            return process
        time.sleep(0.1)
    raise TimeoutError("the engine does not answer")


def seed_images(made: Mesos) -> None:
    """Put the platform's offline images into its engine."""
    environment = os.environ | {"PYTHONPATH": str(ROOT / "src")}
    command = [sys.executable, "-m", "bouvier", "images", "seed", "--engine", made.engine]
    done = subprocess.run(command, check=False, capture_output=True, text=True, env=environment)
    assert done.returncode == 0, done.stdout + done.stderr


@contextlib.contextmanager
def running_mesos() -> Iterator[Mesos]:
    """Run a simulator with two agents; everything is removed at the end."""
    if os.geteuid() != 0 or shutil.which("dockerd") is None:
        pytest.skip("needs root and a Docker Engine")
    name = f"bvm{uuid.uuid4().hex[:6]}"
    made = Mesos(name, Path(tempfile.mkdtemp(prefix="bvm")), _free_subnet())
    _add_network(name, made.subnet)
    engine = None
    try:
        engine = _start_engine(made)
        seed_images(made)
        made.start_simulator()
        yield made
    finally:
        for _ in list(made.processes):
            made.stop_simulator()
        if engine is not None:
            engine.terminate()
            engine.wait(30)
        _run("ip", "netns", "del", name)
        subprocess.run(["umount", "-R", "-l", str(made.folder / "exec")], check=False, capture_output=True)
        shutil.rmtree(made.folder, ignore_errors=True)
