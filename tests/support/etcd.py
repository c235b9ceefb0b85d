"""A real etcd member for tests, in a folder of its own."""

import itertools
import shutil
import socket
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from bouvier.store.etcd.address import EtcdAddress, parse_address

START_SECONDS = 60.0


@dataclass
class Etcd:
    """A running member."""

    port: int
    health: int
    """Port on which it says how it is, without TLS."""
    process: subprocess.Popen[bytes]
    command: list[str]
    _numbers: Iterator[int] = field(default_factory=itertools.count)

    @property
    def url(self) -> str:
        """Return a store URL with keys that nobody else has."""
        return f"etcd://127.0.0.1:{self.port}/test{next(self._numbers)}"

    def address(self) -> EtcdAddress:
        return parse_address(self.url)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def start_again(self) -> None:
        self.process = subprocess.Popen(self.command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        until_healthy(self.health)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def until_healthy(port: int) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=1) as answer:
                if b"true" in answer.read():
                    return
        except OSError:
            pass
        assert time.monotonic() < deadline, "etcd did not start"
        time.sleep(0.02)


@contextmanager
def running_etcd(certificates: Path | None = None, options: tuple[str, ...] = ()) -> Iterator[Etcd]:
    """Run a member; with TLS and client certificates where there are `ca.crt`, `server.crt` and `server.key`."""
    folder = tempfile.mkdtemp(prefix="bv-etcd-")
    port, peer, health = free_port(), free_port(), free_port()
    scheme = "https" if certificates else "http"
    command = [
        "etcd",
        *("--name", "one", "--data-dir", folder, "--log-level", "error"),
        *("--listen-client-urls", f"{scheme}://127.0.0.1:{port}"),
        *("--advertise-client-urls", f"{scheme}://127.0.0.1:{port}"),
        *("--listen-metrics-urls", f"http://127.0.0.1:{health}"),
        *(
            "--listen-peer-urls",
            f"http://127.0.0.1:{peer}",
            "--initial-advertise-peer-urls",
            f"http://127.0.0.1:{peer}",
        ),
        *("--initial-cluster", f"one=http://127.0.0.1:{peer}"),
    ]
    if certificates:
        for option, name in (("trusted-ca-file", "ca.crt"), ("cert-file", "server.crt"), ("key-file", "server.key")):
            command += [f"--{option}", str(certificates / name)]
        command.append("--client-cert-auth")
    command += options
    running = Etcd(
        port, health, subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL), command
    )
    try:
        until_healthy(health)
        yield running
    finally:
        running.kill()
        shutil.rmtree(folder, ignore_errors=True)
