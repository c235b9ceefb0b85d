"""A private Docker Engine for tests, and small images made from what Debian installs.

`tests/conftest.py` offers the fixtures `private_engine` (of the session) and `engine` (connected, cleaned afterwards).
"""

from __future__ import annotations

import asyncio
import contextlib
import io
import os
import shutil
import signal
import socket
import subprocess
import tarfile
import time
import uuid
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from bouvier.engine.docker.engine import DockerEngine

BUSYBOX = "bouvier/busybox:1"
PAUSE = "bouvier/pause:1"
_START_SECONDS = 30.0
_STOP_SECONDS = 20.0

# A mount namespace of its own hides the cgroup v2 part of hybrid hierarchies, which crun refuses. Its mounts are
# shared, as systemd makes them: pods that look at the host's files need it.
_LAUNCH = 'if mountpoint -q /sys/fs/cgroup/unified; then umount /sys/fs/cgroup/unified; fi; mount --make-rshared /; exec "$0" "$@"'


@dataclass(frozen=True, slots=True)
class PrivateDaemon:
    """Where a private engine keeps its things."""

    directory: Path
    """Holds `data`, `exec`, `docker.sock` and `docker.pid`."""
    cgroup_parent: str = "/bouvier"
    """Parent of containers that name no parent themselves."""
    insecure_registries: tuple[str, ...] = ()

    @property
    def socket(self) -> Path:
        """Return the path of the API socket."""
        return self.directory / "docker.sock"

    def pid_files(self) -> tuple[Path, ...]:
        """Return files to remove before a start when no engine of this directory runs.

        A killed engine leaves them behind, and the next one would wait for the process of that number to end.
        """
        return (self.directory / "docker.pid", self.directory / "exec" / "containerd" / "containerd.pid")

    def command(self) -> list[str]:
        """Return the program and its arguments; it stays in the foreground and ends at SIGTERM."""
        unshare = ["unshare", "--mount", "--propagation", "slave", "sh", "-c", _LAUNCH]
        return [*unshare, "dockerd", *self._options()]

    def _options(self) -> list[str]:
        directory = self.directory
        options = ["--data-root", f"{directory}/data", "--exec-root", f"{directory}/exec"]
        options += ["--host", f"unix://{self.socket}", "--pidfile", f"{directory}/docker.pid"]
        options += ["--bridge", "none", "--iptables=false", "--ip-forward=false", "--live-restore"]
        options += ["--cgroup-parent", self.cgroup_parent, "--log-level", "warn"]
        if crun := shutil.which("crun"):
            options += ["--add-runtime", f"crun={crun}", "--default-runtime", "crun"]
        for registry in self.insecure_registries:
            options += ["--insecure-registry", registry]
        return options


@dataclass
class PrivateEngine:
    """A running engine of the test session; `kill` and `start` serve fault tests."""

    daemon: PrivateDaemon
    process: subprocess.Popen[bytes] | None = None

    @property
    def socket(self) -> str:
        return f"unix://{self.daemon.socket}"

    def start(self) -> None:
        """Start the engine and wait until its socket accepts."""
        for path in self.daemon.pid_files():
            path.unlink(missing_ok=True)
        with (self.daemon.directory / "docker.log").open("ab") as log:
            self.process = subprocess.Popen(self.daemon.command(), stdout=log, stderr=log, start_new_session=True)
        _wait_for_socket(self.daemon.socket, self.process)

    def kill(self) -> None:
        """Kill the engine as a power failure would; its containers go on."""
        assert self.process is not None
        self.process.kill()
        self.process.wait(_STOP_SECONDS)

    def stop(self) -> None:
        """End the engine and every container in it."""
        assert self.process is not None
        if self.process.poll() is not None:
            self.start()  # containers outlive their engine: another one must remove them
        _remove_containers(self.daemon)
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()
        _remove_cgroups(self.daemon.cgroup_parent)


def _wait_for_socket(path: Path, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError(f"dockerd ended: {path.with_name('docker.log').read_text()[-2000:]}")
        with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as probe:
            probe.connect(str(path))
            return
        time.sleep(0.02)
    raise TimeoutError(f"dockerd does not listen on {path}")


def _remove_containers(daemon: PrivateDaemon) -> None:
    environment = os.environ | {"DOCKER_HOST": f"unix://{daemon.socket}"}
    listed = subprocess.run(["docker", "ps", "-aq"], env=environment, capture_output=True, text=True, check=False)
    if ids := listed.stdout.split():
        subprocess.run(["docker", "rm", "-fv", *ids], env=environment, capture_output=True, check=False)


def _remove_cgroups(parent: str) -> None:
    for hierarchy in Path("/sys/fs/cgroup").iterdir():
        top = hierarchy / parent.strip("/")
        if not top.is_dir():
            continue
        for folder, _, _ in os.walk(top, topdown=False):
            with contextlib.suppress(OSError):
                Path(folder).rmdir()


def archive_of(files: dict[str, bytes], links: dict[str, str] | None = None) -> bytes:
    """Return a tar archive with executable files and symbolic links."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for name, data in files.items():
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(data), 0o755
            tar.addfile(entry, io.BytesIO(data))
        for name, target in (links or {}).items():
            entry = tarfile.TarInfo(name)
            entry.type, entry.linkname = tarfile.SYMTYPE, target
            tar.addfile(entry)
    return buffer.getvalue()


def busybox_archive() -> bytes:
    """Return the root file system of a shell with all of busybox's programs."""
    program = Path(shutil.which("busybox") or "/bin/busybox")
    names = subprocess.run([program, "--list"], capture_output=True, text=True, check=True).stdout.split()
    files = {
        "bin/busybox": program.read_bytes(),
        "etc/passwd": b"root:x:0:0:root:/:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/sh\n",
        "etc/group": b"root:x:0:\nnogroup:x:65534:\n",
        "tmp/.keep": b"",
    }
    return archive_of(files, {f"bin/{name}": "busybox" for name in names if name != "busybox"})


def pause_archive() -> bytes:
    """Return the root file system of the pause image."""
    return archive_of({"pause": Path(shutil.which("catatonit") or "/usr/bin/catatonit").read_bytes()})


async def seed(engine: DockerEngine) -> None:
    """Put the two test images into the engine."""
    await engine.import_image(busybox_archive(), BUSYBOX, ['CMD ["sh"]', "ENV PATH=/bin"])
    await engine.import_image(pause_archive(), PAUSE, ['ENTRYPOINT ["/pause", "-P"]'])


@pytest.fixture(scope="session")
def private_engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PrivateEngine]:
    """Start an engine with the test images; it lasts for the session."""
    if os.geteuid() != 0:
        pytest.skip("a private engine needs root")
    # Unix socket paths are limited to 107 bytes: pytest's own folders can be longer.
    directory = Path("/tmp") / f"bvengine-{uuid.uuid4().hex[:8]}"
    directory.mkdir(mode=0o700)
    private = PrivateEngine(PrivateDaemon(directory, cgroup_parent=f"/{directory.name}"))
    try:
        private.start()
        _seed_once(private)
        yield private
    finally:
        if private.process is not None:
            private.stop()
        shutil.rmtree(directory, ignore_errors=True)


def _seed_once(private: PrivateEngine) -> None:
    async def work() -> None:
        engine = DockerEngine(private.socket)
        await seed(engine)
        await engine.close()

    asyncio.run(work())


@pytest.fixture
async def engine(private_engine: PrivateEngine) -> AsyncIterator[DockerEngine]:
    """Connect to the session's engine and leave it without containers."""
    client = DockerEngine(private_engine.socket)
    yield client
    for container in await client.containers({}):
        await client.remove(container.id)
    await client.close()
