"""A playground for tests, driven only by the command and kubectl."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[3]
DEADLINE_SECONDS = 60.0


class Ground:
    """The folder of a playground, and the commands that a user would type."""

    def __init__(self, folder: Path, driver: str, port: int) -> None:
        self.folder = folder
        self.driver = driver
        self.port = port
        search = os.pathsep.join([str(ROOT / "src"), os.environ.get("PYTHONPATH", "")])
        own = {"BOUVIER_DATA_DIR": str(folder), "PYTHONPATH": search, "KUBECONFIG": str(folder / "kubeconfig")}
        self._environment = os.environ | own

    def up(self) -> None:
        self.bouvier("playground", "--hosts", "3", "--overlay", self.driver, "--detach", "--port", str(self.port))

    def facts(self) -> dict[str, Any]:
        return json.loads((self.folder / "playground.json").read_text())

    def namespace(self, host: str) -> str:
        return f"bvp{self.facts()['id']}-{host.removeprefix('host')}"

    def address(self, host: str) -> str:
        return f"{self.facts()['fabric'].rpartition('.')[0]}.{host.removeprefix('host')}"

    def bouvier(self, *words: str, code: int | None = 0) -> str:
        return self._run([sys.executable, "-m", "bouvier", *words], code)

    def kubectl(self, *words: str, stdin: str = "", code: int | None = 0) -> str:
        return self._run(["kubectl", f"--cache-dir={self.folder}/cache", "--request-timeout=20s", *words], code, stdin)

    def peers(self) -> dict[tuple[str, str], str]:
        rows = json.loads(self.bouvier("network", "peers", "-o", "json"))["peers"]
        return {(row["from"], row["to"]): row["state"] for row in rows}

    def curl(self, url: str, *options: str) -> str:
        return self._run(["curl", "-s", "-m", "3", *options, url], None)

    def fetch(self, pod: str, url: str) -> str:
        """Return what a pod gets from an address; empty when nothing comes."""
        return self.kubectl("exec", pod, "--", "timeout", "3", "wget", "-qO-", url, code=None)

    def processes(self, host: str, name: str = "") -> list[int]:
        listed = self._run(["ip", "netns", "pids", self.namespace(host)], None).split()
        return [int(pid) for pid in listed if name in _name_of(pid)]

    @staticmethod
    def is_alive(pid: int) -> bool:
        """Tell whether a process runs; one that ended and whose parent has not asked for its result does not."""
        try:
            return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
        except OSError:
            return False

    def _run(self, command: list[str], code: int | None, stdin: str = "") -> str:
        done = subprocess.run(command, env=self._environment, input=stdin, capture_output=True, text=True, check=False)
        assert code is None or done.returncode == code, f"{' '.join(command)}: {done.stdout}{done.stderr}"
        return done.stdout

    def run_pod(self, name: str, image: str, host: str, *command: str) -> None:
        spec = json.dumps({"apiVersion": "v1", "spec": {"nodeName": host}})
        self.kubectl("run", name, f"--image={image}", f"--overrides={spec}", *(("--", *command) if command else ()))

    def pod_address(self, name: str) -> str:
        return self.kubectl("get", "pod", name, "-o", "jsonpath={.status.podIP}")


def _name_of(pid: str) -> str:
    try:
        return Path(f"/proc/{pid}/comm").read_text()
    except OSError:
        return ""


def until(look: Callable[[], Any], what: str) -> Any:
    """Return the first true answer, failing when there is none in time."""
    deadline = time.monotonic() + DEADLINE_SECONDS
    while time.monotonic() < deadline:
        answer = look()
        if answer:
            return answer
        time.sleep(0.1)
    raise AssertionError(f"not in time: {what}")


def serve(ground: Ground) -> None:
    """Run a server on host2 and a client on host3, behind a Service with a node port and an Ingress."""
    ground.run_pod("srv", "bouvier/sample:1", "host2")
    ground.run_pod("cli", "bouvier/busybox:1", "host3", "sleep", "600")
    ground.kubectl("expose", "pod", "srv", "--port=80", "--target-port=8080", "--type=NodePort")
    ground.kubectl("create", "ingress", "web", "--rule=web.example/*=srv:80")
    ground.kubectl("wait", "--for=condition=Ready", "pod/srv", "pod/cli", "--timeout=30s")


def check_ways(ground: Ground) -> None:
    """Every way to a pod on another host: by name, by address, by each host's node port and balancer."""
    name = "http://srv.default.svc.cluster.local/"
    until(lambda: "sample 1" in ground.fetch("cli", name), "the service by its name")
    assert "sample 1" in ground.fetch("cli", f"http://{ground.pod_address('srv')}:8080/")
    port = ground.kubectl("get", "service", "srv", "-o", "jsonpath={.spec.ports[0].nodePort}")
    for host in ("host1", "host2", "host3"):
        address = ground.address(host)
        assert "sample 1" in ground.curl(f"http://{address}:{port}/")
        assert "sample 1" in ground.fetch("cli", f"http://{address}:{port}/")
        until(lambda a=address: "sample 1" in ground.curl(f"http://{a}/", "-H", "Host: web.example"), "the balancer")


def check_policies(ground: Ground) -> None:
    """A policy knows a pod of another host by its labels: its address is the same at both ends."""
    address = f"http://{ground.pod_address('srv')}:8080/"
    policy = {"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": {"name": "only"}}
    ingress = [{"from": [{"podSelector": {"matchLabels": {"run": "cli"}}}]}]
    spec = {"podSelector": {"matchLabels": {"run": "srv"}}, "ingress": ingress}
    ground.kubectl("label", "pod", "cli", "run-")
    ground.kubectl("apply", "-f", "-", stdin=json.dumps(policy | {"spec": spec}))
    until(lambda: not ground.fetch("cli", address), "the policy's effect")
    ground.kubectl("label", "pod", "cli", "run=cli")
    until(lambda: "sample 1" in ground.fetch("cli", address), "the effect of the label")
    ground.kubectl("delete", "networkpolicy", "only")
