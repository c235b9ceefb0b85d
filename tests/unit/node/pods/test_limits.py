"""Weights, limits and control groups."""

import pytest

from bouvier.node.pods.limits import cgroup_parent, container_resources
from bouvier.node.pods.spec import quality_of_service
from tests.support.pods import container, pod

HOST = 10 * 2**30
BOTH = {"cpu": "500m", "memory": "1Gi"}


@pytest.mark.parametrize(
    ("resources", "expected"),
    [
        ({}, "BestEffort"),
        ({"requests": {"cpu": "1"}}, "Burstable"),
        ({"limits": BOTH}, "Guaranteed"),
        ({"limits": BOTH, "requests": {"cpu": "0.5", "memory": "1Gi"}}, "Guaranteed"),
        ({"limits": BOTH, "requests": {"cpu": "100m"}}, "Burstable"),
        ({"limits": {"cpu": "1"}}, "Burstable"),
    ],
)
def test_quality_of_service(resources: dict, expected: str) -> None:
    """The class follows requests and limits."""
    assert quality_of_service(pod(container(resources=resources))) == expected


def test_numbers() -> None:
    """Requests become weights, limits become quotas and bytes."""
    app = container(resources={"limits": BOTH, "requests": {"cpu": "250m", "memory": "1Gi"}})
    found = container_resources(pod(app), app, HOST)
    assert (found.cpu_shares, found.cpu_quota_microseconds, found.cpu_period_microseconds) == (256, 50_000, 100_000)
    assert found.memory_bytes == 2**30
    assert found.oom_score_adjustment == 900


def test_oom_scores_are_never_negative() -> None:
    """Guaranteed pods are killed last, best-effort ones first."""
    app = container(resources={"limits": BOTH})
    assert container_resources(pod(app), app, HOST).oom_score_adjustment == 0
    assert container_resources(pod(), container(), HOST).oom_score_adjustment == 1000


def test_control_groups() -> None:
    """A folder a class and a pod, or the slice that spells the path."""
    assert cgroup_parent(pod(), "/bouvier-1", "cgroupfs") == "/bouvier-1/pods/besteffort/poduid-1"
    assert cgroup_parent(pod(), "/bouvier-1", "systemd") == "bouvier_1-pods-besteffort-poduid_1.slice"
    guaranteed = pod(container(resources={"limits": BOTH}))
    assert cgroup_parent(guaranteed, "/b", "cgroupfs") == "/b/pods/poduid-1"
