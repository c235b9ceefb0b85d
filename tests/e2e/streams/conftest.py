"""One platform with three pods, and every kubectl that is at hand: old ones speak SPDY, new ones websocket."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.e2e.platform.conftest import Platform

DEADLINE_SECONDS = 120.0
SDK = Path("/usr/lib/google-cloud-sdk/bin")
"""Where Google's command line installs a kubectl of each version."""

PODS = """
apiVersion: v1
kind: Pod
metadata: {name: box, labels: {app: box}}
spec:
  terminationGracePeriodSeconds: 1
  containers:
  - name: app
    image: bouvier/busybox:1
    command:
    - sh
    - -c
    - |
      trap 'exit 0' TERM
      mkdir /www; echo page >/www/index.html
      httpd -p 127.0.0.1:9100 -h /www
      nc -ll -p 9000 -e cat &
      echo ready
      sleep 100000 & wait
    readinessProbe: {tcpSocket: {port: 9000}, periodSeconds: 1}
---
apiVersion: v1
kind: Pod
metadata: {name: broken}
spec:
  terminationGracePeriodSeconds: 1
  containers:
  - {name: app, image: nowhere.invalid/none:1, imagePullPolicy: Never}
  - {name: other, image: "bouvier/busybox:1", command: [sleep, "100000"]}
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: reader}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: reader}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: view}
subjects: [{kind: User, name: reader}]
"""


def kubectls() -> list[str]:
    """Return the programs to try."""
    found = sorted(str(path) for path in SDK.glob("kubectl.1.*")) if SDK.is_dir() else []
    return found or [path for path in (shutil.which("kubectl"),) if path]


@dataclass
class Ran:
    """How a command ended."""

    code: int
    out: bytes
    err: str


class Kubectl:
    """One version of kubectl, speaking to the platform."""

    def __init__(self, program: str, kubeconfig: Path, home: Path) -> None:
        self.program = program
        self.environment = {"PATH": os.environ["PATH"], "KUBECONFIG": str(kubeconfig), "HOME": str(home)}

    def run(self, *words: str, stdin: bytes = b"") -> Ran:
        """Run a command to its end."""
        done = subprocess.run(
            [self.program, *words],
            env=self.environment,
            input=stdin,
            capture_output=True,
            timeout=DEADLINE_SECONDS,
            check=False,
        )
        return Ran(done.returncode, done.stdout, done.stderr.decode())

    def out(self, *words: str, stdin: bytes = b"") -> bytes:
        """Return the output of a command that must succeed."""
        done = self.run(*words, stdin=stdin)
        assert done.code == 0, done.err
        return done.out

    @contextlib.contextmanager
    def forward(self, what: str, *ports: int) -> Iterator[Forward]:
        """Forward free local ports until the block ends."""
        command = [self.program, "port-forward", "--address=127.0.0.1", what, *(f":{port}" for port in ports)]
        with tempfile.TemporaryFile() as errors:
            process = subprocess.Popen(command, env=self.environment, stdout=subprocess.PIPE, stderr=errors)
            try:
                yield Forward(process, len(ports), errors)
            finally:
                process.kill()
                process.wait()
                assert process.stdout is not None
                process.stdout.close()


class Forward:
    """A running port-forward."""

    def __init__(self, process: subprocess.Popen[bytes], count: int, errors: object) -> None:
        self.process = process
        self._errors = errors
        assert process.stdout is not None
        lines = [process.stdout.readline() for _ in range(count)]
        assert all(lines), self.errors()
        self.ports = {}
        for line in lines:
            found = re.search(rb":(\d+) -> (\d+)", line)
            assert found, line
            self.ports[int(found[2])] = int(found[1])

    def errors(self) -> str:
        self._errors.seek(0)  # type: ignore[attr-defined]
        return str(self._errors.read().decode())  # type: ignore[attr-defined]

    def connect(self, port: int) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.ports[port]), timeout=DEADLINE_SECONDS)

    def exchange(self, port: int, data: bytes) -> bytes:
        """Send everything, say that it was all, and return the answer."""
        with self.connect(port) as connection:
            connection.sendall(data)
            connection.shutdown(socket.SHUT_WR)
            return read_all(connection)


def read_all(connection: socket.socket) -> bytes:
    """Read until the other side ends."""
    pieces = []
    while piece := connection.recv(1 << 16):
        pieces.append(piece)
    return b"".join(pieces)


def until(look: Callable[[], object], what: str) -> None:
    """Wait for a condition, failing when it is not met in time."""
    deadline = time.monotonic() + DEADLINE_SECONDS
    while not look():
        assert time.monotonic() < deadline, f"not in time: {what}"
        time.sleep(0.05)


@pytest.fixture(scope="session")
def kubeconfig() -> Iterator[Path]:
    """Start the platform with its pods; everything is purged at the end."""
    programs = kubectls()
    if os.geteuid() != 0 or shutil.which("dockerd") is None or not programs:
        pytest.skip("needs root, a Docker Engine and kubectl")
    with tempfile.TemporaryDirectory(prefix="bvs") as folder:
        platform = Platform(Path(folder))
        try:
            platform.up()
            platform.run("images", "seed")
            config = platform.data / "kubeconfig"
            prepare(Kubectl(programs[-1], config, Path(folder)))
            yield config
        finally:
            platform.run("down", "--purge", code=None)


def prepare(kubectl: Kubectl) -> None:
    """Make the pods once there is a service account for them."""
    until(lambda: kubectl.run("get", "serviceaccount", "default").code == 0, "default service account")
    kubectl.out("apply", "-f", "-", stdin=PODS.encode())
    kubectl.out("wait", "--for=condition=Ready", "pod/box", f"--timeout={DEADLINE_SECONDS:.0f}s")


@pytest.fixture(params=kubectls(), ids=lambda program: Path(program).name)
def kubectl(request: pytest.FixtureRequest, kubeconfig: Path, tmp_path: Path) -> Kubectl:
    """Offer each kubectl in turn."""
    return Kubectl(request.param, kubeconfig, tmp_path)
