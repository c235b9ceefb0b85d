"""A platform, a real one-node Swarm in a network namespace of its own, and a second platform as a Kubernetes API."""

import json
import os
import shutil
import subprocess
import tempfile
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.platform.conftest import Platform

HOST_ADDRESS, SWARM_ADDRESS = "10.213.61.1", "10.213.61.2"
START_SECONDS = 30.0
_LAUNCH = (
    'if mountpoint -q /sys/fs/cgroup/unified; then umount /sys/fs/cgroup/unified; fi; hostname "$0"; '
    'exec nsenter --net="/run/netns/$0" dockerd "$@"'
)


@dataclass
class Swarm:
    """A Swarm manager."""

    socket: Path
    pid: int = 0
    """The engine's process."""
    address: str = SWARM_ADDRESS

    @property
    def url(self) -> str:
        return f"unix://{self.socket}"

    def docker(self, *words: str) -> str:
        """Run the docker client against it."""
        done = subprocess.run(
            ["docker", "-H", self.url, *words], capture_output=True, text=True, check=False, timeout=60
        )
        assert done.returncode == 0, f"docker {' '.join(words)}: {done.stderr}"
        return done.stdout

    def service(self, name: str) -> Any:
        return json.loads(self.docker("service", "inspect", name))[0]


def _run(*words: str) -> None:
    subprocess.run(words, check=True, capture_output=True)


def _add_network(name: str) -> None:
    _run("ip", "netns", "add", name)
    _run("ip", "link", "add", name, "type", "veth", "peer", "name", "eth0", "netns", name)
    _run("ip", "addr", "add", f"{HOST_ADDRESS}/30", "dev", name)
    _run("ip", "link", "set", name, "up")
    _run("ip", "-n", name, "addr", "add", f"{SWARM_ADDRESS}/30", "dev", "eth0")
    for device in ("eth0", "lo"):
        _run("ip", "-n", name, "link", "set", device, "up")
    _run("ip", "netns", "exec", name, "sysctl", "-qw", "net.ipv4.ip_forward=1")


@pytest.fixture(scope="module")
def swarm() -> Iterator[Swarm]:
    """Start an engine and make it a Swarm of one."""
    if os.geteuid() != 0 or shutil.which("dockerd") is None:
        pytest.skip("needs root and a Docker Engine")
    name = f"bvc{uuid.uuid4().hex[:6]}"
    folder = Path(tempfile.mkdtemp(prefix="bvc"))
    _add_network(name)
    options = ["--data-root", f"{folder}/data", "--exec-root", f"{folder}/exec", "-H", f"unix://{folder}/s.sock"]
    options += ["--pidfile", f"{folder}/pid", "--bip", "172.29.61.1/24", "--cgroup-parent", f"/{name}"]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            ["unshare", "--mount", "--uts", "--propagation", "private", "sh", "-c", _LAUNCH, name, *options],
            stdout=log,
            stderr=log,
        )
    made = Swarm(folder / "s.sock", process.pid)
    try:
        _wait_for_engine(made, process)
        made.docker("swarm", "init", "--advertise-addr", SWARM_ADDRESS)
        yield made
    finally:
        for command in (["swarm", "leave", "--force"],):
            subprocess.run(["docker", "-H", made.url, *command], check=False, capture_output=True)
        process.terminate()
        process.wait(30)
        _run("ip", "netns", "del", name)
        subprocess.run(["umount", "-R", "-l", str(folder / "exec")], check=False, capture_output=True)
        shutil.rmtree(folder, ignore_errors=True)


def _wait_for_engine(made: Swarm, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        assert process.poll() is None, (made.socket.parent / "log").read_text()[-2000:]
        done = subprocess.run(["docker", "-H", made.url, "info"], check=False, capture_output=True)
        if done.returncode == 0:
            return
        time.sleep(0.1)
    raise TimeoutError("the engine does not answer")


def _platform() -> Iterator[Platform]:
    with tempfile.TemporaryDirectory(prefix="bvc") as folder:
        made = Platform(Path(folder))
        try:
            made.up()
            made.run("images", "seed")
            yield made
        finally:
            made.run("down", "--purge", code=None)


@pytest.fixture(scope="module")
def platform() -> Iterator[Platform]:
    """A running platform; purged at the end."""
    yield from _platform()


@pytest.fixture(scope="module")
def other_platform() -> Iterator[Platform]:
    """A second one, used as a Kubernetes API that the first knows nothing else of."""
    yield from _platform()
