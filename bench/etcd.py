"""An etcd member for a benchmark, in a folder of its own on the disk that holds temporary files."""

from __future__ import annotations

import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from bench.options import need_program
from bouvier.util.ports import first_free_port

START_SECONDS = 60.0


class RunningStore(NamedTuple):
    """Where the objects are kept, and the process whose CPU time that costs; a file costs none but the server's."""

    url: str = ""
    pid: int = 0


FILE = RunningStore()


@contextmanager
def running_etcd(folder: Path) -> Iterator[RunningStore]:
    """Run a member until the end of the block.

    Raises:
        MissingError: etcd is not installed.
    """
    program = need_program("etcd", "etcd-server")
    client, peer = first_free_port(()), first_free_port(())
    urls = f"http://127.0.0.1:{client}", f"http://127.0.0.1:{peer}"
    command = [
        *(program, "--name", "bench", "--data-dir", str(folder / "etcd"), "--log-level", "error"),
        *("--listen-client-urls", urls[0], "--advertise-client-urls", urls[0]),
        *("--listen-peer-urls", urls[1], "--initial-advertise-peer-urls", urls[1]),
        *("--initial-cluster", f"bench={urls[1]}"),
    ]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _wait_healthy(urls[0], process)
        yield RunningStore(f"etcd://127.0.0.1:{client}/bench", process.pid)
    finally:
        process.kill()
        process.wait()


def _wait_healthy(url: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            with urllib.request.urlopen(f"{url}/health", timeout=1) as answer:
                if b"true" in answer.read():
                    return
        except OSError:
            pass
        if process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError("etcd did not start")
        time.sleep(0.02)
