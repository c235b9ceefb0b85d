"""One walk through a cluster by plain kubectl, the same for every orchestrator.

Deploy, expose, scale, upgrade, roll back, logs, exec, drain, delete. From a test:

    walk(kubectl_words(kubeconfig, server), address="127.0.0.1", name="walk")

`address` is one of a host that serves node ports, `name` that of the Deployment and the Service. The hosts need the
images `bouvier/sample:1` and `:2`. By hand:

    walkthrough.py --kubeconfig FILE --server https://HOST:PORT/clusters/NAME [--address 127.0.0.1]
"""

import argparse
import json
import os
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence
from typing import Any

DEADLINE_SECONDS = 60.0
IMAGES = ("bouvier/sample:1", "bouvier/sample:2")


def kubectl_words(kubeconfig: str, server: str) -> list[str]:
    """Return how kubectl is called for a cluster."""
    return ["kubectl", f"--kubeconfig={kubeconfig}", f"--server={server}", "--request-timeout=30s"]


def walk(kubectl: Sequence[str], address: str = "127.0.0.1", name: str = "walk") -> list[str]:
    """Walk all the way; return each step with its seconds."""
    return Walk(kubectl, address, name).run()


class Walk:
    """What a user types, against one cluster."""

    def __init__(self, kubectl: Sequence[str], address: str = "127.0.0.1", name: str = "walk") -> None:
        self._base = list(kubectl)
        self._address = address
        self._name = name
        self._port = 0

    def kubectl(self, *words: str, code: int | None = 0) -> str:
        """Run kubectl and return its output; another exit code than `code` fails."""
        done = subprocess.run(
            [*self._base, *words], capture_output=True, text=True, check=False, env=os.environ, timeout=120
        )
        assert code is None or done.returncode == code, f"kubectl {' '.join(words)}: {done.stdout}{done.stderr}"
        return done.stdout

    def get(self, *words: str) -> Any:
        """Return objects as data."""
        return json.loads(self.kubectl("get", *words, "-o", "json"))

    def until(self, what: str, look: Callable[[], Any]) -> Any:
        """Return the first true answer in time."""
        deadline = time.monotonic() + DEADLINE_SECONDS
        while time.monotonic() < deadline:
            if answer := look():
                return answer
            time.sleep(0.1)
        raise AssertionError(f"not in time: {what}")

    def page(self) -> str:
        """Return what the application answers on its node port, empty when it does not."""
        try:
            with urllib.request.urlopen(f"http://{self._address}:{self._port}/", timeout=3) as answer:
                return str(answer.read().decode())
        except (OSError, urllib.error.URLError):
            return ""

    def version(self, image: str) -> None:
        """Wait until only this version answers."""
        mark = image.rpartition(":")[2]
        self.until(f"version {mark} answers", lambda: all(f" {mark} " in f" {self.page()} " for _ in range(4)))

    def rolled_out(self) -> None:
        """Wait for the rollout as a user would."""
        self.kubectl("rollout", "status", f"deployment/{self._name}", "--timeout=60s")

    def ready(self) -> int:
        """Return how many replicas are ready."""
        return int(self.get("deployment", self._name).get("status", {}).get("readyReplicas", 0))

    def pods(self) -> list[Any]:
        """Return the application's pods that are not ending."""
        found = self.get("pods", "-l", f"app={self._name}")["items"]
        return [pod for pod in found if not pod["metadata"].get("deletionTimestamp")]

    def run(self) -> list[str]:
        """Walk all the way; return what was done."""
        steps = [
            self.deploy,
            self.expose,
            self.scale,
            self.upgrade,
            self.roll_back,
            self.logs,
            self.execute,
            self.drain,
            self.delete,
        ]
        done = []
        for step in steps:
            began = time.monotonic()
            step()
            done.append(f"{step.__name__} {time.monotonic() - began:.1f}s")
        return done

    def deploy(self) -> None:
        """Two replicas run."""
        self.kubectl("create", "deployment", self._name, f"--image={IMAGES[0]}", "--replicas=2", "--port=8080")
        self.rolled_out()
        assert self.ready() == 2

    def expose(self) -> None:
        """The application answers on a node port."""
        self.kubectl("expose", "deployment", self._name, "--type=NodePort", "--port=8080")
        self._port = self.get("service", self._name)["spec"]["ports"][0]["nodePort"]
        self.version(IMAGES[0])

    def scale(self) -> None:
        """Three replicas run."""
        self.kubectl("scale", "deployment", self._name, "--replicas=3")
        self.rolled_out()
        self.until("three replicas", lambda: self.ready() == 3)

    def upgrade(self) -> None:
        """The new version answers."""
        self.kubectl("set", "image", f"deployment/{self._name}", f"*={IMAGES[1]}")
        self.rolled_out()
        self.version(IMAGES[1])

    def roll_back(self) -> None:
        """The old version answers again, and history tells both."""
        assert len(self.kubectl("rollout", "history", f"deployment/{self._name}").split("\n1 ")) == 2
        self.kubectl("rollout", "undo", f"deployment/{self._name}")
        self.rolled_out()
        self.version(IMAGES[0])

    def logs(self) -> None:
        """A container's output is shown."""
        pod = self.pods()[0]["metadata"]["name"]
        self.kubectl("exec", pod, "--", "sh", "-c", "echo a line for the log >/proc/1/fd/1")
        self.until("the log", lambda: "a line for the log" in self.kubectl("logs", pod))

    def execute(self) -> None:
        """A command runs inside, and its exit code comes back."""
        pod = self.pods()[0]["metadata"]["name"]
        assert "inside" in self.kubectl("exec", pod, "--", "sh", "-c", "echo inside")
        self.kubectl("exec", pod, "--", "sh", "-c", "exit 3", code=3)

    def drain(self) -> None:
        """A drained host loses its pods, and gets some again when it is back."""
        node = self.pods()[0]["spec"]["nodeName"]
        self.kubectl(
            "drain",
            node,
            "--ignore-daemonsets",
            "--delete-emptydir-data",
            "--timeout=60s",
            f"--pod-selector=app={self._name}",
        )
        assert not [pod for pod in self.pods() if pod["spec"].get("nodeName") == node]
        self.kubectl("uncordon", node)
        self.until("three replicas again", lambda: self.ready() == 3)

    def delete(self) -> None:
        """Nothing is left."""
        self.kubectl("delete", "service,deployment", self._name, "--ignore-not-found")
        self.until("no pods", lambda: not self.get("pods", "-l", f"app={self._name}")["items"])


def main() -> None:
    """Walk where the command line says."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kubeconfig", required=True)
    parser.add_argument("--server", required=True)
    parser.add_argument("--address", default="127.0.0.1")
    given = parser.parse_args()
    print("\n".join(walk(kubectl_words(given.kubeconfig, given.server), given.address)))


if __name__ == "__main__":
    main()
