"""Running the echo server of `floors.echo` in a process of its own."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.requests import Service
from bouvier.util.ports import first_free_port


@contextmanager
def echo_server(like: Service, pki: Path, answers: Path) -> Iterator[Service]:
    """Serve the files of a folder with the TLS settings of the platform to which `pki` belongs."""
    port = first_free_port(())
    command = [sys.executable, "-m", "bench.floors.echo", str(port), str(pki), str(answers)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE)
    assert process.stdout is not None
    try:
        if process.stdout.readline() != b"ready\n":
            raise RuntimeError("the echo server did not start")
        yield Service(port, like.context, process.pid)
    finally:
        process.terminate()
        process.wait()
        process.stdout.close()
