"""A platform whose objects live in etcd."""

import os
import shutil
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.platform.conftest import Platform, until
from tests.support.etcd import Etcd, running_etcd


@pytest.fixture(scope="module")
def etcd() -> Iterator[Etcd]:
    with running_etcd() as running:
        yield running


def test_a_platform_on_etcd(etcd: Etcd) -> None:
    """It runs an application, says where its objects are, and loses nothing when its API server or etcd is killed."""
    folder = tempfile.mkdtemp(prefix="bv")
    platform = Platform(Path(folder))
    try:
        platform.up("--store", etcd.url)
        assert platform.data_of("status")["store"]["kind"] == "etcd"
        platform.run("images", "seed")
        platform.run("run", "--name", "web", "--wait", "bouvier/sample:1")

        etcd.kill()
        os.kill(platform.pids()["apiserver"], signal.SIGKILL)
        etcd.start_again()

        until(lambda: platform.data_of("status", code=None)["ready"], "ready again")
        assert [w["name"] for w in platform.data_of("ps")["workloads"]] == ["web"]
        platform.run("scale", "web", "2", "--wait")
        assert "a file of its own" not in platform.run("up", "--store", "etcd://elsewhere", code=1)
    finally:
        platform.run("down", "--purge", code=None)
        shutil.rmtree(folder, ignore_errors=True)
