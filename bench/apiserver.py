"""The platform's API server process alone, with a store on disk, in a folder of its own.

It is the very process that `bouvier up` runs, told by the same settings; only the supervisor and the other processes
are left out.
"""

from __future__ import annotations

import os
import shutil
import signal
import ssl
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bouvier.daemons.settings import Options, Settings, prepare_platform, settings_for
from bouvier.util.places import open_places
from bouvier.util.ports import first_free_port
from bouvier.util.unix_http import get_status

START_SECONDS = 30.0


@dataclass(frozen=True)
class RunningServer:
    """Where the server is."""

    settings: Settings
    pid: int

    @property
    def port(self) -> int:
        return self.settings.platform.port

    def client_context(self) -> ssl.SSLContext:
        """Return TLS settings with the administrator's certificate."""
        return client_context(self.settings.pki_dir)


def client_context(pki: Path) -> ssl.SSLContext:
    """Return TLS settings with the administrator's certificate of a platform."""
    context = ssl.create_default_context(cafile=str(pki / "ca.crt"))
    context.load_cert_chain(pki / "admin.crt", pki / "admin.key")
    context.check_hostname = False
    return context


@contextmanager
def folder() -> Iterator[Path]:
    """Make a folder with a short path (sockets) on the disk that holds temporary files, and remove it."""
    path = Path(tempfile.mkdtemp(prefix="bvbench-"))
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


@contextmanager
def running_server(data_dir: Path, store: str = "") -> Iterator[RunningServer]:
    """Run the API server process until the end of the block, on its own file or on the etcd of a store URL."""
    places = open_places(data_dir)
    port = first_free_port(())
    # Without audit, as the original is when nobody configures it.
    quiet = {"audit-policy-file": ["none"]}
    platform = prepare_platform(
        places, Options(port=port, http_port=port, https_port=port, store=store, api_options=quiet)
    )
    settings = settings_for(places, platform, places.private_engine_socket)
    with (data_dir / "server.log").open("wb") as log:
        process = subprocess.Popen([sys.executable, "-m", "bench.apiserver", str(data_dir)], stderr=log)
    try:
        wait_ready(settings, process)
        yield RunningServer(settings, process.pid)
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def wait_ready(settings: Settings, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_SECONDS
    while get_status(settings.apiserver_socket, "/readyz") != 200 or not settings.kubeconfig.exists():
        if process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError("no API server: " + (settings.data_dir / "server.log").read_text()[-2000:])
        time.sleep(0.01)


def _serve(data_dir: str) -> int:
    from bouvier.daemons import apiserver  # noqa: PLC0415 - only in the process that serves

    places = open_places(data_dir)
    platform = prepare_platform(places, Options())
    profile = os.environ.get("BENCH_PROFILE")
    settings = settings_for(places, platform, places.private_engine_socket)
    if not profile:
        return apiserver.main(settings)
    import cProfile  # noqa: PLC0415 - only when asked for

    profiler = cProfile.Profile()
    code = profiler.runcall(apiserver.main, settings)
    profiler.dump_stats(profile)
    return int(code)


if __name__ == "__main__":
    sys.exit(_serve(sys.argv[1]))
