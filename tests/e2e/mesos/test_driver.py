"""Clusters on Mesos, driven by plain kubectl: through Marathon, and by the platform's own framework."""

import pytest

from tests.e2e.clusters.walkthrough import Walk, kubectl_words
from tests.e2e.platform.conftest import Platform
from tests.support.mesos import Mesos


def walk(platform: Platform, cluster: str, mesos: Mesos, name: str = "walk") -> Walk:
    server = f"https://127.0.0.1:{platform.port}/clusters/{cluster}"
    return Walk(kubectl_words(str(platform.data / "kubeconfig"), server), mesos.address, name)


@pytest.fixture(scope="module")
def on_marathon(platform: Platform, mesos: Mesos) -> Walk:
    options = ("--master", f"{mesos.standby}", "--marathon", mesos.marathon)
    platform.run("cluster", "add", "mesos", "m1", *options, "--wait")
    return walk(platform, "m1", mesos)


@pytest.fixture(scope="module")
def on_framework(platform: Platform, mesos: Mesos) -> Walk:
    platform.run("cluster", "add", "mesos", "m2", "--master", mesos.master, "--wait")
    return walk(platform, "m2", mesos)


def test_the_walk_through_on_marathon(on_marathon: Walk) -> None:
    """Deploy, expose, scale, upgrade, roll back, logs, exec, drain, delete; the master was named by a standby."""
    on_marathon.run()


def test_the_walk_through_on_our_own_framework(on_framework: Walk) -> None:
    """The same where only a master is given."""
    on_framework.run()
