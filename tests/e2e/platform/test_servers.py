"""Two servers of one platform: joined by one pasted line, one acting, the other taking over."""

import os
import shlex
import shutil
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.platform.conftest import Platform, free_port, until
from tests.support.etcd import Etcd, running_etcd

LEASE = ("get", "lease", "-n", "kube-system", "bouvier-controllers", "-o", "jsonpath={.spec.holderIdentity}")
ENDPOINTS = (
    "get",
    "endpointslices",
    "-l",
    "kubernetes.io/service-name=kubernetes",
    "-o",
    "jsonpath={.items[*].ports[*].port}",
)
CONTAINERS = "jsonpath={range .items[*]}{.metadata.name} {.status.containerStatuses[*].containerID} {.status.containerStatuses[*].restartCount}{'\\n'}{end}"


@pytest.fixture(scope="module")
def etcd() -> Iterator[Etcd]:
    if os.geteuid() != 0 or shutil.which("dockerd") is None or shutil.which("kubectl") is None:
        pytest.skip("needs root, a Docker Engine and kubectl")
    with running_etcd() as running:
        yield running


@pytest.fixture
def folders() -> Iterator[tuple[Platform, Platform]]:
    with tempfile.TemporaryDirectory(prefix="bv") as one, tempfile.TemporaryDirectory(prefix="bv") as two:
        first, second = Platform(Path(one)), Platform(Path(two))
        try:
            yield first, second
        finally:
            first.run("down", code=None)
            second.run("down", "--purge", code=None)


def kubectl(platform: Platform, *words: str) -> str:
    return platform.program(
        "kubectl", f"--kubeconfig={platform.data}/kubeconfig", f"--cache-dir={platform.data}/k", *words
    )


def test_a_second_server_joins_and_takes_over(etcd: Etcd, folders: tuple[Platform, Platform]) -> None:
    """The line serves once; the leader is killed: the other one acts, and no healthy container is started again."""
    first, second = folders
    first.run("server", "--detach", "--store", etcd.url, "--port", str(first.port))
    line = shlex.split(first.run("server", "token"))
    assert line[:3] == ["bouvier", "server", "join"]
    joined = second.run(*line[1:], "--detach", "--port", str(second.port))
    assert "joined platform" in joined
    assert second.data_of("status")["platform"] == first.data_of("status")["platform"]
    assert "wrong, was used already" in Platform(second.data.parent / "x").run(*line[1:], code=1)
    ports = {str(first.port), str(second.port)}
    until(lambda: set(kubectl(second, *ENDPOINTS).split()) == ports, "both servers are endpoints")
    kubectl(first, "create", "secret", "generic", "s", "--from-literal=a=b")
    assert kubectl(second, "get", "secret", "s", "-o", "jsonpath={.data.a}") == "Yg=="
    leader = kubectl(second, *LEASE)
    assert leader.endswith(f":{first.port}")

    second.run("down")
    second.up()  # the joined server becomes a host as well
    second.run("images", "seed")
    second.run("run", "--name", "web", "--wait", "bouvier/sample:1")
    before = kubectl(second, "get", "pods", "-o", CONTAINERS).splitlines()
    assert len(before) == 1

    os.kill(first.supervisor(), signal.SIGKILL)
    until(lambda: kubectl(second, *LEASE) not in ("", leader), "the other server leads")
    second.run("scale", "web", "3", "--wait")
    after = kubectl(second, "get", "pods", "-o", CONTAINERS).splitlines()
    assert len(after) == 3
    assert set(before) < set(after)
    assert {row.split()[2] for row in after} == {"0"}
    until(lambda: kubectl(second, *ENDPOINTS).split() == [str(second.port)], "the dead server is no endpoint")

    first.run("server", "--detach")
    until(lambda: set(kubectl(second, *ENDPOINTS).split()) == ports, "it is back")
    assert kubectl(first, *LEASE).endswith(f":{second.port}")


def test_servers_on_a_file_are_refused(folders: tuple[Platform, Platform]) -> None:
    """One file has one server; the way to several is named."""
    first, _ = folders
    first.run("server", "--detach", "--port", str(free_port()))
    assert "bouvier server --store" in first.run("server", "token", code=1)
