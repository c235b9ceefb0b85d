"""When a rollout is complete."""

from typing import Any

import pytest

from bouvier.cli.waiting import failure_of, rollout_lack


def deployment(**status: Any) -> dict[str, Any]:
    return {"kind": "Deployment", "metadata": {"generation": 2}, "spec": {"replicas": 2}, "status": status}


@pytest.mark.parametrize(
    ("status", "lack"),
    [
        ({"observedGeneration": 1, "updatedReplicas": 2, "replicas": 2, "availableReplicas": 2}, "being taken up"),
        ({"observedGeneration": 2, "updatedReplicas": 1, "replicas": 2}, "1 of 2 new replicas exist"),
        ({"observedGeneration": 2, "updatedReplicas": 2, "replicas": 3}, "1 old replicas are still stopping"),
        ({"observedGeneration": 2, "updatedReplicas": 2, "replicas": 2, "availableReplicas": 1}, "1 of 2 replicas are"),
        ({"observedGeneration": 2, "updatedReplicas": 2, "replicas": 2, "availableReplicas": 2}, ""),
    ],
)
def test_a_deployment_lacks_something_until_all_is_new_and_available(status: dict[str, Any], lack: str) -> None:
    """The first thing that is missing is named; nothing is missing in the end."""
    found = rollout_lack(deployment(**status))

    assert lack in found
    assert bool(lack) == bool(found)


def test_a_daemon_set_counts_hosts() -> None:
    """Its status has words of its own."""
    status = {"observedGeneration": 1, "desiredNumberScheduled": 3, "updatedNumberScheduled": 3, "numberAvailable": 2}
    daemon_set = {"kind": "DaemonSet", "metadata": {"generation": 1}, "spec": {}, "status": status}

    assert rollout_lack(daemon_set) == "2 of 3 replicas are ready"


def test_a_deployment_that_gave_up_says_so() -> None:
    """The progress deadline ends the wait."""
    condition = {"type": "Progressing", "status": "False", "reason": "ProgressDeadlineExceeded", "message": "timed out"}

    assert failure_of(deployment(conditions=[condition])) == "timed out"
    assert failure_of(deployment()) == ""
