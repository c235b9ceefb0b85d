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

from bouvier.store.etcd.address import EtcdAddress, parse_address

START_SECONDS = 60.0


@dataclass
class Etcd:
    """A running member."""

    port: int
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
        until_healthy(self.port)


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
def running_etcd() -> Iterator[Etcd]:
    folder = tempfile.mkdtemp(prefix="bv-etcd-")
    port, peer = free_port(), free_port()
    command = [
        "etcd",
        *("--name", "one", "--data-dir", folder, "--log-level", "error"),
        *("--listen-client-urls", f"http://127.0.0.1:{port}", "--advertise-client-urls", f"http://127.0.0.1:{port}"),
        *(
            "--listen-peer-urls",
            f"http://127.0.0.1:{peer}",
            "--initial-advertise-peer-urls",
            f"http://127.0.0.1:{peer}",
        ),
        *("--initial-cluster", f"one=http://127.0.0.1:{peer}"),
    ]
    running = Etcd(port, subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL), command)
    try:
        until_healthy(port)
        yield running
    finally:
        running.kill()
        shutil.rmtree(folder, ignore_errors=True)
