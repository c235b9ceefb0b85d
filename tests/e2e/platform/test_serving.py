"""An application that is served without a failed request, whatever happens to it and to the platform."""

import os
import signal
import subprocess
import threading
from collections.abc import Iterator

import pytest

from tests.e2e.platform.conftest import Platform, until
from tests.e2e.platform.traffic import Traffic

HOST = "web.example"


def kubectl(platform: Platform, *words: str, check: bool = True) -> str:
    done = subprocess.run(
        ["kubectl", f"--kubeconfig={platform.data}/kubeconfig", "--request-timeout=20s", *words],
        capture_output=True,
        text=True,
        check=False,
        timeout=90,
    )
    assert not check or done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def http_port(platform: Platform) -> int:
    address = platform.data_of("status")["balancer"]["http"]
    return int(address.rpartition(":")[2])


@pytest.fixture(scope="module")
def served(platform: Platform) -> Iterator[Platform]:
    """A platform that serves the sample in two replicas by kubectl alone."""
    kubectl(platform, "create", "deployment", "web", "--image=bouvier/sample:1", "--replicas=2", "--port=8080")
    kubectl(platform, "expose", "deployment", "web", "--port=80", "--target-port=8080")
    kubectl(platform, "create", "ingress", "web", f"--rule={HOST}/*=web:80")
    kubectl(platform, "rollout", "status", "deployment/web", "--timeout=60s")
    until(lambda: _answers(platform))
    return platform


def _answers(platform: Platform) -> bool:
    with Traffic(http_port(platform), HOST, threads=1) as traffic:
        until(lambda: traffic.answers or traffic.failures)
    return bool(traffic.answers)


def test_upgrade_and_rollback_lose_no_request(served: Platform) -> None:
    """While kubectl rolls forward and back, every request is answered, by both versions in turn."""
    with Traffic(http_port(served), HOST) as traffic:
        kubectl(served, "set", "image", "deployment/web", "*=bouvier/sample:2")
        kubectl(served, "rollout", "status", "deployment/web", "--timeout=60s")
        until(lambda: "sample 2" in traffic.answers[-1])
        kubectl(served, "rollout", "undo", "deployment/web")
        kubectl(served, "rollout", "status", "deployment/web", "--timeout=60s")
        until(lambda: "sample 1" in traffic.answers[-1])

    assert traffic.failures == []
    assert {"sample 1", "sample 2"} <= {text.partition(" on ")[0] for text in traffic.answers}


@pytest.mark.parametrize("name", ["apiserver", "controllers", "node", "engine"])
def test_a_killed_process_costs_no_request(served: Platform, name: str) -> None:
    """kill -9 of each process while requests flow: none fails, and the process comes back."""
    pid = served.pids()[name]
    with Traffic(http_port(served), HOST) as traffic:
        until(lambda: len(traffic.answers) > 20)
        os.kill(pid, signal.SIGKILL)
        until(lambda: served.pids()[name] not in (0, pid) and served.data_of("status", code=None)["ready"])
        seen = len(traffic.answers)
        until(lambda: len(traffic.answers) > seen + 20)

    assert traffic.failures == []


def test_a_killed_api_server_loses_no_acknowledged_write(served: Platform) -> None:
    """What the API server said it stored is there after kill -9 in the midst of writing."""
    acknowledged: list[str] = []
    stop = threading.Event()

    def write(thread: int) -> None:
        number = 0
        while not stop.is_set():
            name = f"kept-{thread}-{number}"
            number += 1
            said = kubectl(served, "create", "configmap", name, "--from-literal=a=b", check=False)
            if "created" in said:
                acknowledged.append(name)

    threads = [threading.Thread(target=write, args=(n,)) for n in range(3)]
    for thread in threads:
        thread.start()
    for kill in range(3):
        until(lambda kill=kill: len(acknowledged) >= 5 * (kill + 1))
        pid = served.pids()["apiserver"]
        os.kill(pid, signal.SIGKILL)
        until(lambda pid=pid: served.pids()["apiserver"] not in (0, pid))
    stop.set()
    for thread in threads:
        thread.join()
    until(lambda: served.data_of("status", code=None)["ready"])
    found = kubectl(served, "get", "configmaps", "-o", "name").split()

    assert {f"configmap/{name}" for name in acknowledged} <= set(found)


def test_pods_reach_services_and_the_api(served: Platform) -> None:
    """From inside a pod: a service by name, and the API with the mounted token."""
    kubectl(served, "run", "asker", "--image=bouvier/busybox:1", "--", "sleep", "3600")
    kubectl(served, "wait", "--for=condition=Ready", "pod/asker", "--timeout=60s")
    asked = until(
        lambda: (
            "sample"
            in (
                text := kubectl(
                    served, "exec", "asker", "--", "timeout", "3", "wget", "-qO-", "http://web/", check=False
                )
            )
            and text
        )
    )
    token = kubectl(served, "exec", "asker", "--", "cat", "/var/run/secrets/kubernetes.io/serviceaccount/token")

    assert asked.startswith("sample 1 on web-")
    assert token.count(".") == 2
    assert "Name:" in kubectl(
        served, "exec", "asker", "--", "nslookup", "kubernetes.default.svc.cluster.local", check=False
    )
