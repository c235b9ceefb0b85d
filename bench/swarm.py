"""A Swarm of one host: an engine of its own in a network namespace, removed in the end."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from bench.engines import RawEngine
from bench.options import MissingError
from bench.platforms import wait_for

OWN, SWARM = "10.213.77.1", "10.213.77.2"
_LAUNCH = 'if mountpoint -q /sys/fs/cgroup/unified; then umount /sys/fs/cgroup/unified; fi; exec nsenter --net="$0" dockerd "$@"'


class Swarm:
    """A manager's API."""

    def __init__(self, socket: Path) -> None:
        self.socket = socket
        self.engine = RawEngine(socket)

    def create(self, name: str, image: str, command: list[str], replicas: int) -> str:
        """Create a replicated service and return its id."""
        task = {"ContainerSpec": {"Image": image, "Command": command}}
        body = {"Name": name, "TaskTemplate": task, "Mode": {"Replicated": {"Replicas": replicas}}}
        return str(self.engine.ask("POST", "/services/create", body)["ID"])

    def running(self, service: str) -> int:
        """Return how many tasks of a service run."""
        tasks = self.engine.ask("GET", f'/tasks?filters={{"service":["{service}"]}}') or []
        return sum(task["Status"]["State"] == "running" for task in tasks)

    def scale(self, service: str, replicas: int) -> None:
        """Change the size of a service as `docker service scale` does."""
        found: dict[str, Any] = self.engine.ask("GET", f"/services/{service}")
        spec = found["Spec"] | {"Mode": {"Replicated": {"Replicas": replicas}}}
        self.engine.ask("POST", f"/services/{service}/update?version={found['Version']['Index']}", spec)

    def remove(self, service: str) -> None:
        """Remove a service."""
        self.engine.ask("DELETE", f"/services/{service}")


@contextmanager
def running_swarm() -> Iterator[Swarm]:
    """Run a Swarm until the end of the block."""
    if os.geteuid() != 0 or shutil.which("dockerd") is None:
        raise MissingError("a Swarm of its own needs root and dockerd")
    folder = Path(tempfile.mkdtemp(prefix="bvs"))
    name = folder.name
    _network(name)
    options = ["--data-root", f"{folder}/data", "--exec-root", f"{folder}/exec", "-H", f"unix://{folder}/s.sock"]
    options += ["--pidfile", f"{folder}/pid", "--bip", "172.29.77.1/24", "--cgroup-parent", f"/{name}"]
    launch = ["unshare", "--mount", "--propagation", "private", "sh", "-c", _LAUNCH, f"/run/netns/{name}", *options]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(launch, stdout=log, stderr=log)
    try:
        wait_for(lambda: _answers(folder / "s.sock"), "the Swarm's engine")
        swarm = Swarm(folder / "s.sock")
        swarm.engine.ask("POST", "/swarm/init", {"ListenAddr": f"{SWARM}:2377", "AdvertiseAddr": SWARM})
        yield swarm
        swarm.engine.ask("POST", "/swarm/leave?force=true")
    finally:
        process.terminate()
        process.wait(30)
        subprocess.run(["ip", "netns", "del", name], check=False)
        subprocess.run(["umount", "-R", "-l", str(folder / "exec")], check=False, capture_output=True)
        shutil.rmtree(folder, ignore_errors=True)


def _network(name: str) -> None:
    for line in (
        f"netns add {name}",
        f"link add {name} type veth peer name eth0 netns {name}",
        f"addr add {OWN}/30 dev {name}",
        f"link set {name} up",
        f"-n {name} addr add {SWARM}/30 dev eth0",
        f"-n {name} link set eth0 up",
        f"-n {name} link set lo up",
    ):
        subprocess.run(["ip", *line.split()], check=True)


def _answers(socket: Path) -> bool:
    with suppress(OSError, RuntimeError):
        engine = RawEngine(socket)
        engine.ask("GET", "/version")
        engine.close()
        return True
    return False
