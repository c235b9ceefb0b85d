"""What a ReplicaSet reports."""

from bouvier.controllers.workloads.replicaset_status import Failure, status
from tests.unit.controllers.making import NOW, ago, pod, replica_set


def test_counts_tell_ready_available_and_terminating_apart():
    """`kubectl get rs` shows what users can rely on."""
    pods = [
        pod("a", ready_for=100),
        pod("b", ready_for=1),
        pod("c", ready=False, labels={}),
        pod("d", deletionTimestamp=ago(1)),
        pod("e", phase="Failed"),
    ]
    assert status(replica_set(minReadySeconds=10), pods, None, NOW) == {
        "replicas": 3,
        "fullyLabeledReplicas": 2,
        "readyReplicas": 2,
        "availableReplicas": 1,
        "terminatingReplicas": 1,
        "observedGeneration": 1,
    }


def test_a_failure_is_a_condition_until_it_is_over():
    """A quota that forbids pods is seen on the set, and disappears with the obstacle."""
    owner = replica_set()
    failed = status(owner, [], Failure("FailedCreate", "exceeded quota"), NOW)
    assert failed["conditions"][0]["reason"] == "FailedCreate"
    owner["status"] = failed
    assert status(owner, [], Failure("FailedCreate", "again"), NOW)["conditions"] == failed["conditions"]
    assert "conditions" not in status(owner, [], None, NOW)
